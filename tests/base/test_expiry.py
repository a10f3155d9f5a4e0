"""What has expired goes by the clock of the house, and nothing else does."""

from __future__ import annotations

from datetime import timedelta

from models.base.expiry import expires, remove_expired
from models.base.revocations import KEPT, REVOCATIONS
from models.base.store import Document, Store
from tests.machinery import MONDAY

MINUTE = timedelta(minutes=1)

expires("toy_tickets", "gone_at")


async def left(store: Store, collection: str) -> list[str]:
    return [document["_id"] for document in await store.find(collection, {}, sort=[("_id", 1)])]


async def test_what_has_expired_is_removed_and_the_rest_stays(store: Store) -> None:
    tickets: list[Document] = [
        {"_id": "at", "gone_at": MONDAY},
        {"_id": "before", "gone_at": MONDAY - MINUTE},
        {"_id": "later", "gone_at": MONDAY + MINUTE},
        {"_id": "never"},
    ]
    await store.insert("toy_tickets", *tickets)
    assert await remove_expired(store, MONDAY) == 2
    assert await left(store, "toy_tickets") == ["later", "never"]
    assert await remove_expired(store, MONDAY) == 0


async def test_what_is_kept_for_a_while_goes_when_that_is_over(store: Store) -> None:
    await store.insert(REVOCATIONS, {"_id": "session:ses_1", "sid": "ses_1", "at": MONDAY})
    assert await remove_expired(store, MONDAY + KEPT - MINUTE) == 0
    assert await remove_expired(store, MONDAY + KEPT) == 1
