"""What every user of the API needs to know, shown at the head of its reference."""

from __future__ import annotations

from typing import Any, Final

from handlers.base import live

GUIDE: Final = """\
**Signing in.** `POST /api/v1/sessions` with the code of `wx.login`, or with a phone and the code
sent to it, gives an access token (15 minutes) and a refresh token. Send the first as
`Authorization: Bearer …`. In the demo the code `demo-S0001` signs in the person with that employee
number. `POST /api/v1/sessions/refresh` gives the next pair.

**Placing something.** Where `Idempotency-Key` is required, make one per intent (16 to 64 of
`A-Z a-z 0-9 _ -`) and send it again with every repetition: the same key always means the same one
order. The same key with another request is 422 `idempotency-key-reused`.

**Changing something.** Every order has a `version`, and `can` lists what you may do with it now.
`If-Match: "3"` says which version you decided on; another one is 409 `stale-version`. It is
required (428) where the state alone cannot tell a repeat. Repeating your own step is harmless: you
get the order as it is.

**Refusals** are `application/problem+json` (RFC 9457) with a stable `code`, a `detail` for people,
`errors: [{pointer, detail}]` for fields, and a `request_id` to report. `detail` is Chinese; send
`Accept-Language: en` for English. 404 means that it is not there or not yours to see, 403 that you
see it and may not. 429 and 503 say in `Retry-After` how many seconds to wait; repeat with the same
key.

**Lists** are `{items, next}`. Ask for the next page with `?after=<next>`; `limit` is at most 100.

**Values.** Money is a whole number of fen. Times are RFC 3339 in UTC; dates and `"HH:MM"` are the
campus's (Asia/Shanghai). Unknown fields are refused, never ignored.

**Pages that many read** carry an `ETag`, and may be a second old; what is taken is decided when it
is taken.

**Live updates.** A WebSocket at `/api/v1/live` says which order has changed, to those who may see
it: `x-live` in this document, and docs/live.md.
"""

LIVE: Final[dict[str, Any]] = {
    "address": live.Live.route,
    "first_frame": {"token": "<access token>"},
    "frames": [
        {"order_id": "ord_…", "kind": "meal", "state": "booked", "version": 3},
        {"order_id": "ord_…", "kind": "repair", "gone": True},
        {"resync": True},
    ],
    "close_codes": {
        str(live.NOT_UNDERSTOOD): "a frame was not understood, or was of another person",
        str(live.SIGN_IN_NEEDED): "no greeting in time, or the session has ended: sign in",
        str(live.TOO_SLOW): "a frame was not read for 30 seconds: connect again",
        str(live.REPLACED): "the person has opened more than 8 connections; this was the oldest",
        str(live.GOING_AWAY): "the server stops: connect again",
        str(live.TRY_AGAIN): "the session could not be checked just now: connect again",
    },
}
