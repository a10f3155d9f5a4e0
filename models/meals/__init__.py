"""Meals: staff order lunch in a sitting, the canteen cooks what was ordered and redeems the code.

A service larger than one file (docs/adr/0003). Its life-cycle:

    state     transition   by                 to         what happens
    booked    change       owner              booked     other dishes, portions or sitting, before
    cut-off booked    cancel       owner, clerk       cancelled  before cut-off; the place is free
    again booked    hand_over    owner              booked     to a named colleague, with a new
    code booked    redeem       canteen            eaten      the code is shown at the counter
    booked    deliver      canteen, clock     eaten      brought to the place it was ordered to
    booked    miss         clock              missed     nobody came; it counts against the owner
    booked    call_off     canteen, clock     called_off the sitting was cancelled eaten     undo
    canteen            booked     a mistaken redemption, within two minutes eaten     rate
    owner              rated missed    appeal       owner              appealed   within a week,
    with a reason missed    pardon       manager            pardoned   it no longer counts appealed
    pardon       manager            pardoned appealed  uphold       manager            upheld
    waiting   offer        clock              offered    a place is held for ten minutes waiting
    leave        owner              left waiting   lapse        clock              lapsed     the
    cut-off has passed waiting   call_off     canteen, clock     called_off offered   accept
    owner              booked offered   leave        owner              left offered   lapse
    clock              lapsed     nobody took the offer up offered   call_off     canteen, clock
    called_off
"""

from models.meals import batches, counter, lifecycle, texts

__all__ = ["batches", "counter", "lifecycle", "texts"]
