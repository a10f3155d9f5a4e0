"""Meetings: staff book a room, meeting services approve and prepare, nobody meets a second group.

A service larger than one file (docs/adr/0003). The life-cycle of a `meeting` (lifecycle.py):

    state      transition  by                  to          what happens
    ---------  ----------  ------------------  ----------  --------------------------------------
    requested  approve     meetings            booked      takes the room; the rivals that were
                                                           shown are refused with it
    requested  refuse      meetings            refused     with a reason
    requested  change      owner, deputy       requested
    requested  cancel      owner, deputy       cancelled
    requested  lapse       clock               lapsed      the time has come undecided
    waiting    offer       clock               offered     the room is held for ten minutes
    waiting    cancel      owner, deputy       left        out of the waiting list
    waiting    lapse       clock               lapsed      the time has come
    offered    accept      owner, deputy       booked      requested, where the room wants approval
    offered    cancel      owner, deputy       left        the room goes to the next
    offered    lapse       clock               lapsed      nobody took the offer up
    booked     change      owner, deputy       booked      requested again, where a room that wants
                                                           approval gets another time or meeting
    booked     move        meetings            booked      to another room, with a note
    booked     swap        (with a swap)       booked      two meetings exchange their rooms
    booked     cancel      owner, deputy       cancelled   until ten minutes after the start
    booked     check_in    owner, deputy,      in_use      some minutes before and after the start
                           invited
    booked     release     clock               released    nobody checked in: the room is free
    booked     remind      clock               booked
    booked     finish      owner, deputy,      finished    rooms without check-in
                           clock
    in_use     finish      owner, deputy,      finished    early: the rest is given back
                           clock
    finished   rate        owner               rated
    requested, waiting, offered, booked    call_off  meetings, clock     called_off  with a reason;
                                                       the clock when the owner has left the campus
    booked, in_use                         displace  (with an emergency) displaced   or elsewhere

A series (series.py) and a swap (swaps.py) are orders of their own that move meetings along; an
emergency (emergencies.py) is a meeting that does.

A requested meeting takes no room: several may ask for the same time. Quotas it takes at once. What
is over keeps what it took of the past, so that a day's record stays true.
"""

from models.meetings import (
    calendar_feed,
    emergencies,
    farewells,
    lifecycle,
    series,
    series_texts,
    services,
    swaps,
    texts,
)

__all__ = [
    "calendar_feed",
    "emergencies",
    "farewells",
    "lifecycle",
    "series",
    "series_texts",
    "services",
    "swaps",
    "texts",
]
