"""Access tokens that are refused before they expire, known to every process within a second.

Two things end a token early. Its session ended: `{_id: "session:<sid>", sid, at}`. Or the person it
tells of has changed: `{_id: "person:<id>:<version>", person, version, at}` refuses tokens that were
made from an older version of the person, while those made from the new one pass. Time plays no part
in that, so neither a token of the same second nor a clock that is off can slip through. Both say in
`about` whom they concern, so that one question finds either.

Both are plain inserts, so that they can stand in the transaction that changes the person. A process
asks for them twice a second; where it had no answer for two seconds, each request reads.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.errors import PyMongoError

from models.base.clock import Clock
from models.base.expiry import expires
from models.base.indexes import declare as index
from models.base.signing import ACCESS_TTL, LEEWAY
from models.base.store import Document, Duplicate, Store, StoreError, translated

log = logging.getLogger(__name__)

REVOCATIONS: Final = "revocations"
KEPT: Final = ACCESS_TTL + 2 * LEEWAY  # no token lives longer
POLL: Final = 0.5  # seconds
STALE: Final = timedelta(seconds=2)
OVERLAP: Final = timedelta(seconds=60)  # clocks of processes differ, and commits take their time

expires(REVOCATIONS, "at", after=KEPT)
index(REVOCATIONS, [("about", 1)])


def session_ended(sid: str, now: datetime) -> Document:
    """What refuses every access token of one session."""
    about = f"session:{sid}"
    return {"_id": about, "about": about, "sid": sid, "at": now}


def person_changed(person: str, version: int, now: datetime) -> Document:
    """What refuses access tokens made from a version of `person` before `version`."""
    said = {"about": f"person:{person}", "person": person, "version": version, "at": now}
    return {"_id": f"person:{person}:{version}", **said}


class Revocations:
    """What one process knows of ended tokens."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._sessions: dict[str, datetime] = {}  # sid -> when it ended
        self._versions: dict[str, tuple[int, datetime]] = {}  # person -> oldest version in force
        self._heard_at: datetime | None = None  # when the database was last asked with success
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read what is in force, then keep up with it until `stop`. Raises `StoreError`."""
        await self.poll()
        self._task = asyncio.create_task(self._keep_asking())

    async def stop(self) -> None:
        """Ask no more; from then on every check reads."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._task, self._heard_at = None, None

    async def end_session(self, sid: str) -> None:
        """Refuse the access tokens of a session, here at once and elsewhere within a second."""
        ended = session_ended(sid, self._clock())
        try:
            await self._store.insert(REVOCATIONS, ended)
        except Duplicate:
            pass  # it had ended already
        self.add(ended)

    def add(self, revocation: Document) -> None:
        """Know of a revocation that has been committed."""
        at = revocation["at"]
        if "sid" in revocation:
            self._sessions[revocation["sid"]] = at
        else:
            person, version = revocation["person"], revocation["version"]
            known, _ = self._versions.get(person, (0, at))
            self._versions[person] = max(known, version), at

    def is_revoked(self, claims: Mapping[str, Any]) -> bool | Awaitable[bool]:
        """Whether a verified token is refused; an awaitable where only a read can tell."""
        if self._is_known(claims):
            return True
        heard_at = self._heard_at
        if heard_at is not None and timedelta(0) <= self._clock() - heard_at <= STALE:
            return False
        return self.read(claims)

    def _is_known(self, claims: Mapping[str, Any]) -> bool:
        oldest, _ = self._versions.get(claims["sub"], (0, None))
        return claims["sid"] in self._sessions or claims["ver"] < oldest

    async def read(self, claims: Mapping[str, Any]) -> bool:
        """Whether the database has a token refused, whatever this process has heard."""
        about = [f"session:{claims['sid']}", f"person:{claims['sub']}"]
        found = await self._store.find(REVOCATIONS, {"about": {"$in": about}})
        return any("sid" in each or each["version"] > claims["ver"] for each in found)

    async def poll(self) -> None:
        """Read what has come since the last time. Raises `StoreError`."""
        now = self._clock()
        since = now - KEPT if self._heard_at is None else self._heard_at - OVERLAP
        for revocation in await self._store.find(REVOCATIONS, {"at": {"$gte": since}}):
            self.add(revocation)
        self._heard_at = now
        self._forget(now - KEPT)

    def _forget(self, before: datetime) -> None:
        self._sessions = {sid: at for sid, at in self._sessions.items() if at >= before}
        self._versions = {
            person: known for person, known in self._versions.items() if known[1] >= before
        }

    async def _keep_asking(self) -> None:
        while True:
            await asyncio.sleep(POLL)
            try:
                with translated():
                    await self.poll()
            except (StoreError, PyMongoError) as fault:
                log.warning("revocations cannot be read, so every request reads: %s", fault)
