"""Changes of orders as they happen, whichever process made them: one change stream per process,
while somebody listens there.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pymongo.errors import OperationFailure, PyMongoError

from models.base.store import Document, Store, StoreError, closing, paced, translated

REMEMBERED: Final = 4096  # orders whose last told change is kept
FORGOTTEN_AFTER: Final = 60.0  # seconds without the feed after which a gap is assumed
FIRST_PAUSE: Final = 0.2  # seconds before the stream is opened again; doubles up to
LAST_PAUSE: Final = 5.0

# Bookkeeping of the outbox and the timers leaves `version` alone and is nobody's news.
PIPELINE: Final[list[Document]] = [
    {
        "$match": {
            "$or": [
                {"operationType": "insert"},
                {"updateDescription.updatedFields.version": {"$exists": True}},
            ]
        }
    },
    {
        "$project": {
            "documentKey": 1,
            "fullDocument.kind": 1,
            "fullDocument.state": 1,
            "fullDocument.version": 1,
            "fullDocument.seen_by": 1,
        }
    },
]

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An order has a new version; `seen_by` are the tokens of those who may know.

    `hidden_from` are tokens that saw the version told before and see it no more, as far as this
    process has heard of that one: it tells pages, and decides nothing.
    """

    order_id: str
    kind: str
    state: str
    version: int
    seen_by: tuple[str, ...]
    hidden_from: tuple[str, ...] = ()


Told = Callable[[OrderChanged | None], None]


class OrderFeed:
    """Tells subscribers of every new version of an order, and None when some may be missing: also
    as soon as they miss nothing from then on.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._subscribers: dict[object, Told] = {}
        self._waiting: set[object] = set()  # subscribers who have not been told anything yet
        self._wanted = asyncio.Event()  # set while there are subscribers
        self._latest: OrderedDict[str, OrderChanged] = OrderedDict()
        self._resume: Any = None
        self._heard = float("-inf")  # on the loop's clock
        self.open = asyncio.Event()  # set while changes are being heard

    def subscribe(self, told: Told) -> Callable[[], None]:
        """Call `told` from now on; returns how to stop."""
        key = object()
        self._subscribers[key] = told
        self._wanted.set()
        if self.open.is_set():
            told(None)
        else:
            self._waiting.add(key)

        def stop() -> None:
            self._subscribers.pop(key, None)
            self._waiting.discard(key)
            if not self._subscribers:
                self._wanted.clear()

        return stop

    async def run(self) -> None:
        """Listen until cancelled; a cut is mended, resuming where it happened if still known."""
        pause = FIRST_PAUSE
        while True:
            await self._wanted.wait()
            try:
                with translated():
                    await self._listen()
            except (StoreError, PyMongoError) as fault:
                _log.info("feed cut: %s", fault)
                if isinstance(fault, OperationFailure):
                    self._resume = None  # the place to resume at is gone
                pause = FIRST_PAUSE if self.open.is_set() else min(pause * 2, LAST_PAUSE)
            finally:
                self.open.clear()
            await asyncio.sleep(pause)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        gap = self._resume is None or loop.time() - self._heard > FORGOTTEN_AFTER
        async with closing(self._store.watch("orders", PIPELINE, self._resume)) as stream:
            async for event in paced(stream):
                if not self.open.is_set():
                    self._begin(gap)
                self._resume, self._heard = stream.resume_token, loop.time()
                if event is not None:
                    self._take(event)
                if not self._subscribers:
                    return

    def _begin(self, gap: bool) -> None:
        """From here on nothing is missed, nor before it but by those who are told so."""
        self.open.set()
        keys = set(self._subscribers) if gap else self._waiting
        for told in [self._subscribers[key] for key in keys]:
            told(None)
        self._waiting = set()

    def _take(self, event: Document) -> None:
        order = event.get("fullDocument")
        if not order:
            return  # removed since
        order_id, version = event["documentKey"]["_id"], order["version"]
        last = self._latest.get(order_id)
        if last is not None and last.version == version:
            return  # two changes in a row show the same, latest document
        seen_by = tuple(order.get("seen_by", ()))
        gone = tuple(token for token in last.seen_by if token not in seen_by) if last else ()
        told = OrderChanged(order_id, order["kind"], order["state"], version, seen_by, gone)
        self._latest[order_id] = told
        if len(self._latest) > REMEMBERED:
            self._latest.popitem(last=False)
        self._tell(told)

    def _tell(self, change: OrderChanged | None) -> None:
        for told in tuple(self._subscribers.values()):
            told(change)
