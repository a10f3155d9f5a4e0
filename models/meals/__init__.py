"""Meals: staff order lunch in a sitting, the canteen cooks what was ordered and redeems the code.

A service larger than one file (docs/adr/0003). Its life-cycle:

    state     transition  by                    to          what happens
    --------  ----------  --------------------  ----------  -----------------------------------
    booked    change      owner                 booked      before the cut-off: other dishes,
                                                            portions, sitting or place
    booked    cancel      owner, clerk          cancelled   before the cut-off: the place is free
    booked    hand_over   owner                 booked      after it: to a colleague, a new code
    booked    redeem      canteen               eaten       the code is shown at the counter
    booked    deliver     canteen, clock        eaten       brought to where it was ordered to
    booked    miss        clock                 missed      nobody came: a no-show of who ordered it
    booked    call_off    canteen, clock        called_off  the sitting was cancelled
    eaten     undo        canteen               booked      a mistake, taken back in two minutes
    eaten     rate        owner                 rated
    missed    appeal      owner                 appealed    with a reason, within some days
    missed    pardon      manager               pardoned    it no longer counts
    appealed  pardon      manager               pardoned
    appealed  uphold      manager               upheld      it counts
    waiting   offer       clock                 offered     a place is held for ten minutes
    waiting   cancel      owner                 left        out of the waiting list
    waiting   lapse       clock                 lapsed      the cut-off has passed
    waiting   call_off    canteen, clock        called_off
    offered   accept      owner                 booked
    offered   cancel      owner                 left        the place goes to the next
    offered   lapse       clock                 lapsed      nobody took the offer up
    offered   call_off    canteen, clock        called_off

A mistaken walk-in has no order to go back to: `undo` makes it cancelled. A clerk's batch is a
`meal_batch` (batches.py) with ordinary meals as its children.
"""

from models.meals import batches, counter, lifecycle, texts

__all__ = ["batches", "counter", "lifecycle", "texts"]
