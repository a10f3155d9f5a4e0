"""Repairs: staff report what is broken, vendors' technicians repair it, and every minute is fair.

A service larger than one file (docs/adr/0003). The life-cycle of a `repair` (lifecycle.py):

    state      transition       by                     to         what happens
    ---------  ---------------  ---------------------  ---------  ----------------------------------
    reported   take             technician             taken      of the pool; exactly one wins
    reported   assign           dispatcher             taken      {person}
    reported   rotate           clock                  taken      next on duty with room; if none is
                                                                  free it stays, for the dispatcher
    reported   change_category  dispatcher, manager    reported   other vendors and targets
    reported,  cancel           owner                  cancelled
    taken      merge            dispatcher, manager    merged     its people follow the other ticket
    taken      start            assignee               started
    taken      give_back        assignee               reported   not what was assigned
    taken,     ask              assignee               paused     the requester's time
    started
    started    pause            assignee               paused     reason, proof, until when
    started    revisit          assignee               paused     a second visit, as agreed
    started    finish           assignee               fixed      the technician is free again
    paused     answer           owner                  started    where the requester was asked
    paused     resume           assignee, clock        started    clock: at the pause's end
    paused     confirm_pause    manager                paused     it may last longer
    fixed      accept           owner, clock           accepted   clock: after so many working days
    fixed      refuse           owner                  taken      same hands; reported, where these
    accepted,  reopen           owner                  taken      have no room or left
    rated
    accepted   rate             owner                  rated
    taken,     hand_over        assignee, dispatcher   same       {person} of the same vendor
    started,   release          clock                  reported   from who left, or whose vendor did
    paused                                                        (reported, too)
    any open   remark           all on it              same
               urge             owner                  same       not when fixed; once in a while
               join             clock                  same       for who has the same fault, too
               absorb           (with a merge)         same       the people of the merged ticket
               escalate         clock                  same       each level once
    any open,  dispute          owner, assignee,       same       whose an interval was
    accepted,                   dispatcher
    rated      settle           manager                same       an interval to a party

What the owner may do, a deputy may while the owner is away, but for rating it. From `ask` in
`taken`, the answer leads back there. While it is open to the pool every vendor of the category sees
a ticket; once taken, one vendor alone: for others it does not exist. A technician is a countable
thing (hands.py), held while he has the ticket on hand. Figures are computed from the timeline
(ledger.py, clocks.py) at every step, by the rules the ticket was reported under.
"""

from models.repairs import farewells, lifecycle, texts

__all__ = ["farewells", "lifecycle", "texts"]
