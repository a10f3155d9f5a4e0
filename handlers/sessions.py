"""Signing in and out, and binding a WeChat account."""

from __future__ import annotations

from handlers.base.content import Empty
from handlers.base.endpoint import delete, post
from models.base.context import Context
from models.base.roles import EVERYONE, PUBLIC
from models.sessions import bindings, codes, sign_in, tokens
from models.sessions.bindings import BindingRequest
from models.sessions.codes import CodeRequest, CodeRequested
from models.sessions.sign_in import SignIn
from models.sessions.tokens import Granted, Refresh


@post("/api/v1/sessions", allow=PUBLIC, status=201)
async def start(ctx: Context, body: SignIn) -> Granted:
    """Sign in with the code of wx.login, or with a phone and the code sent to it.

    409 `not-bound` carries a `binding_token` for `POST /api/v1/bindings`.
    """
    return await sign_in.sign_in(ctx, body)


@post("/api/v1/sessions/refresh", allow=PUBLIC, status=201)
async def refresh(ctx: Context, body: Refresh) -> Granted:
    """Get the next pair of tokens; an old refresh token used again ends the session.

    Used again within 10 seconds it gives the same successor, as when two pages refresh at once.
    """
    return await tokens.refresh(ctx, body)


@delete("/api/v1/sessions/current", allow=EVERYONE)
async def end(ctx: Context) -> Empty:
    """Sign out; in force everywhere within a second."""
    await tokens.sign_out(ctx)


@post("/api/v1/sms-codes", allow=PUBLIC, status=202)
async def send_code(ctx: Context, body: CodeRequest) -> CodeRequested:
    """Have an SMS code sent; the answer does not tell whether there is such a person."""
    return await codes.request_code(ctx, body)


@post("/api/v1/bindings", allow=PUBLIC, status=201)
async def bind(ctx: Context, body: BindingRequest) -> Granted:
    """Bind a WeChat account to the person whose phone got the code, and sign in."""
    return await bindings.bind(ctx, body)
