"""What others do in a staged house meanwhile: requests over HTTP, made as anyone of the demo."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from models.base.clock import campus_date
from scripts.processes import Failed, until
from scripts.staged import Stage

MESSAGE_SECONDS = 15.0

Answer = Any


@dataclass(frozen=True)
class Campus:
    """The people of the staged house."""

    stage: Stage

    def sign_in(self, employee_no: str) -> Answer:
        """A new session, by WeChat, of somebody who has agreed to the privacy text."""
        granted = self.send("POST", "/sessions", {"code": f"demo-{employee_no}"})
        if granted["consent_needed"]:
            version = {"version": self.send("GET", "/privacy")["version"]}
            self.send("PUT", "/me/consent", version, token=granted["access_token"])
        return granted

    def ask(self, employee_no: str, method: str, path: str, body: Any = None) -> Answer:
        """One request of a person; it must succeed."""
        return self.send(method, path, body, token=self.sign_in(employee_no)["access_token"])

    def send(self, method: str, path: str, body: Any = None, *, token: str = "") -> Answer:
        """The JSON that a request is answered with, each with an idempotency key of its own.

        A body of bytes is sent as a photo.
        """
        photo = isinstance(body, bytes)
        data = body if photo or body is None else json.dumps(body).encode()
        address = f"{self.stage.server}/api/v1{path}"
        request = Request(address, data, method=method)  # noqa: S310 - ours, on loopback
        request.add_header("Content-Type", "image/jpeg" if photo else "application/json")
        request.add_header("Idempotency-Key", secrets.token_hex(16))
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urlopen(request, timeout=10) as reply:  # noqa: S310
                text = reply.read()
        except HTTPError as refusal:
            with refusal:
                raise Failed(f"{method} {path}: {refusal.read().decode()}") from refusal
        return json.loads(text) if text else None

    def day(self, ahead: int = 0) -> str:
        """A date of the staged campus: today, or so many days on."""
        return (campus_date(self.stage.now()) + timedelta(days=ahead)).isoformat()

    def order(self, employee_no: str, sitting: str, **body: Any) -> Answer:
        """A meal ordered by a person."""
        return self.ask(employee_no, "POST", "/meals", {"sitting_id": sitting, **body})

    def orders(self, employee_no: str) -> list[Answer]:
        """A person's orders, newest first."""
        return list(self.ask(employee_no, "GET", "/orders")["items"])

    def told(self, employee_no: str, words: str) -> None:
        """Wait until a message with these words has reached a person."""

        def reached() -> bool:
            messages = self.ask(employee_no, "GET", "/messages")["items"]
            return any(words in message["text"] for message in messages)

        if not until(reached, MESSAGE_SECONDS):
            raise Failed(f"{employee_no} was not told: {words}")

    def dishes(self, day: str, sitting: str) -> list[Answer]:
        """What a sitting offers."""
        found = self.ask("S0500", "GET", f"/meals/sittings?date={day}")["items"]
        return list(next(one["dishes"] for one in found if one["id"] == sitting))


def sitting_at(day: str, starts: str, meal: str = "lunch", canteen: int = 1) -> str:
    """The id of a sitting of the demo, by its day and time."""
    return f"sit_{canteen}_{day.replace('-', '')}_{meal}_{starts.replace(':', '')}"
