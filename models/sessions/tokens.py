"""Access and refresh tokens: staying signed in, and signing out.

A session is a document {_id, person, epoch, generation, rotated_at, created_at, expires_at}. Its
refresh token is `<session>.<generation>.<key>.<mac>`: each refresh raises the generation by a
conditional write. The token before the present one gives the same successor for ten seconds, since
a phone fires several requests at once; used later it must have been stolen, and the session ends.
A key that is taken off the ring ends the sessions it signed: leave it on for `IDLE`.
"""

from __future__ import annotations

import hmac
import logging
from datetime import timedelta
from typing import Annotated, Any, Final

from msgspec import Meta

from models import people
from models.base import ids
from models.base.clock import campus_date
from models.base.context import Context
from models.base.errors import SignInNeeded
from models.base.expiry import expires
from models.base.shapes import Input, Struct
from models.base.signing import ACCESS_TTL
from models.base.store import Document

log = logging.getLogger(__name__)

SESSIONS: Final = "sessions"
IDLE: Final = timedelta(days=30)
SAME_SUCCESSOR: Final = timedelta(seconds=10)

expires(SESSIONS, "expires_at")


class SessionEnded(SignInNeeded):
    """The refresh token is not, or no longer, good for anything."""

    code = "session-ended"


class Refresh(Input):
    """The refresh token of the last reply."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=256)]


class Granted(Struct):
    """A session: send `access_token` as Bearer for `expires_in` seconds, then refresh."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    person: people.PersonView
    consent_needed: bool


async def open_session(ctx: Context, person: Document) -> Granted:
    """A new session for somebody who has proved to be `person`."""
    session = {
        "_id": ids.new_id("ses"), "person": person["_id"], "epoch": person["epoch"],
        "generation": 1, "rotated_at": ctx.now, "created_at": ctx.now,
        "expires_at": ctx.now + IDLE,
    }  # fmt: skip
    await ctx.store.insert(SESSIONS, session)
    return await _granted(ctx, session, person)


async def refresh(ctx: Context, body: Refresh) -> Granted:
    """The next pair of tokens, for the person as they are now. Raises `SessionEnded`."""
    sid, generation = _parsed(ctx, body.refresh_token)
    session = await _rotated(ctx, sid, generation)
    person = await ctx.store.get(people.PEOPLE, session["person"])
    if person is None or not person["active"] or person["epoch"] != session["epoch"]:
        await _end(ctx, sid)
        raise SessionEnded
    return await _granted(ctx, session, person)


async def sign_out(ctx: Context) -> None:
    """End the actor's session: neither of its tokens is good for anything any more."""
    await _end(ctx, ctx.actor.session)


async def _rotated(ctx: Context, sid: str, generation: int) -> Document:
    """The session after its refresh token `generation` was used. Raises `SessionEnded`."""
    present = {"_id": sid, "generation": generation, "expires_at": {"$gt": ctx.now}}
    step = {
        "$set": {"rotated_at": ctx.now, "expires_at": ctx.now + IDLE},
        "$inc": {"generation": 1},
    }
    session = await ctx.store.change(SESSIONS, present, step)
    if session is not None:
        return session
    session = await ctx.store.get(SESSIONS, sid)
    if session is None or session["expires_at"] <= ctx.now:
        raise SessionEnded
    again = generation == session["generation"] - 1
    if again and ctx.now - session["rotated_at"] <= SAME_SUCCESSOR:
        return session
    log.warning("an old refresh token of %s was used; the session ends", session["person"])
    await _end(ctx, sid)
    raise SessionEnded


async def _end(ctx: Context, sid: str) -> None:
    await ctx.store.delete(SESSIONS, {"_id": sid})
    await ctx.house.revocations.end_session(sid)


async def _granted(ctx: Context, session: Document, person: Document) -> Granted:
    keys = ctx.house.keys
    claims: dict[str, Any] = people.claims(person, campus_date(ctx.now))
    claims |= {"sid": session["_id"], "jti": ids.new_id("jti")}
    kid, generation = keys.current.kid, session["generation"]
    mac = keys.refresh_mac(session["_id"], generation, kid)
    return Granted(
        access_token=keys.sign_access(claims, ctx.now),
        token_type="Bearer",
        expires_in=int(ACCESS_TTL.total_seconds()),
        refresh_token=f"{session['_id']}.{generation}.{kid}.{mac}",
        person=await people.view(ctx, person),
        consent_needed=person.get("consent", {}).get("version") != people.PRIVACY_VERSION,
    )


def _parsed(ctx: Context, token: str) -> tuple[str, int]:
    """The session and generation of a refresh token we made. Raises `SessionEnded`."""
    keys = ctx.house.keys
    head, _, mac = token.rpartition(".")
    sid, _, rest = head.partition(".")
    number, _, kid = rest.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise SessionEnded
    if keys.find(kid, ctx.now) is None or not mac.isascii():
        raise SessionEnded
    if not hmac.compare_digest(keys.refresh_mac(sid, int(number), kid), mac):
        raise SessionEnded
    return sid, int(number)
