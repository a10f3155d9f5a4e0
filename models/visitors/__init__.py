"""Visitors: invited on the phone, scanned at the desk, known in an emergency.

A service larger than one file (docs/adr/0003). The life-cycle of a `visit` (lifecycle.py):

    state      transition  by                     to         what happens
    ---------  ----------  ---------------------  ---------  -----------------------------------
    requested  approve     whose turn it is       expected   or requested: the next stage
    requested  refuse      whose turn it is       refused    with a reason
    requested  pass_on     clock                  requested  nobody decided: security and the
                                                             office may, too
    requested  lapse       clock                  lapsed     the time is over, undecided
    announced  confirm     whose turn it is       expected   a walk-in's host: let them in
    announced  decline     whose turn it is       refused    with a reason
    announced  call        clock                  announced  the host is silent: deputies and the
                                                             unit's leader may, too
    announced  turn_away   desk, clock            refused    nobody answered
    requested, change      owner, deputy          same       requested again, where the type wants
    expected                                                 approval of another time or person
    requested, fill_in     clock                  same       the visitor, through the link
    announced,
    expected
    expected   reissue     owner, deputy          expected   a new code and link; the old are void
    expected,  admit       desk                   inside     in at a gate, by code or by hand
    left
    inside     leave       desk                   left       or ended, revoked: not in again
    inside     fetch       owner, deputy          inside     the host is on the way
    inside     unfetched   clock                  inside     nobody came: deputies are told
    inside     overstay    clock                  inside     host and desk are told
    expected   renew       clock                  expected   a long-term pass: the next day of it
    expected   miss        clock                  missed     nobody came all day
    left       close       clock                  ended      the day is over
    expected,  end         clock                  ended      the last day, or the ticket, is over
    left
    inside     close_up    clock                  inside     the ticket is over: out, and not in
    requested, cancel      owner, deputy, clock   cancelled  the clock: with the group, or where the
    announced,                                               host has left the campus
    expected
    requested, revoke      security               revoked    with a reason
    announced,
    expected,
    left
    inside     revoke      security               inside     once out (`leave`) it is revoked

A `visit_group` (groups.py) holds the visits of one application together:

    placed     cancel      owner, deputy, clock   cancelled  and with it all who have not come

What a visitor's name, phone, plate and belongings are stands in `private` alone, and goes after
the days the administration has set (retention.py). Whether a scan admits is one conditional write;
every scan, also a refused one, is in the log (log.py). Whose turn it is are the tokens in
`waits_for`.
"""

from models.visitors import farewells, groups, lifecycle, log, retention, technicians, texts

__all__ = ["farewells", "groups", "lifecycle", "log", "retention", "technicians", "texts"]
