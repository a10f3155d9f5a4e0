"""The demo campus has the people that contract and load tests name."""

from __future__ import annotations

from models.base.store import Store
from models.people import PEOPLE, UNITS
from scripts.demo_people import id_of, people, phone_of, seed
from scripts.simulator.accounts import openid_of
from tests.machinery import MovingClock


def test_everybody_has_a_number_a_phone_and_an_account_of_their_own() -> None:
    everybody = list(people())

    assert len(everybody) == 2_019
    for field in ("_id", "employee_no", "phone", "openid"):
        assert len({person[field] for person in everybody}) == 2_019
    by_number = {person["employee_no"]: person for person in everybody}
    assert by_number["S0042"]["openid"] == openid_of("S0042")
    assert by_number["S0051"]["roles"] == ["staff", "leader"]
    assert by_number["S0052"]["roles"] == ["staff", "clerk"]
    assert by_number["S0050"]["unit"] == "unt_01"
    assert by_number["S0051"]["unit"] == "unt_02"
    assert by_number["C0001"]["posts"] == [{"role": "canteen", "at": "ctn_1"}]
    assert phone_of("S0042") == "13800190042"


async def test_seeding_again_adds_nobody_and_overwrites_nothing(store: Store) -> None:
    await seed(store, MovingClock())
    await store.update(PEOPLE, {"_id": id_of("S0042")}, {"$set": {"roles": ["librarian"]}})
    await store.delete(PEOPLE, {"_id": id_of("S0043")})

    await seed(store, MovingClock())

    assert await store.count(PEOPLE, {}) == 2_019
    assert await store.count(UNITS, {}) == 43
    ann = await store.get(PEOPLE, id_of("S0042"))
    assert ann is not None
    assert ann["roles"] == ["librarian"]
