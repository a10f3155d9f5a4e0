"""A running simulator, as the product meets it: over its real protocols, on loopback."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass
class Simulator:
    """The process and its control interface."""

    host: str  # 127.0.0.1:port

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """(status, JSON) of one plain request."""
        connection = http.client.HTTPConnection(self.host, timeout=10)
        try:
            content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
            connection.request(method, path, content)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        is_json = text[:1] in (b"{", b"[")
        return response.status, json.loads(text) if is_json else text.decode()

    def control(self, path: str, **body: Any) -> Any:
        """Post one act of control."""
        status, answer = self.ask("POST", f"/control/{path}", body)
        assert status in (200, 204), answer
        return answer

    def fault(self, api: str, **what: Any) -> None:
        """Make the next call of `api` go wrong."""
        self.control("faults", api=api, **what)

    def consents(self, openid: str, left: int | None, template_id: str = "") -> None:
        wish = {"openid": openid, "left": left, "template_id": template_id}
        assert self.ask("PUT", "/control/consents", wish)[0] == 204

    def sent(self, **wanted: str) -> list[dict[str, Any]]:
        """What was sent, newest first."""
        answer = self.ask("GET", f"/control/sent?{urlencode(wanted)}")[1]
        return list(answer["items"])

    def calls(self, api: str) -> int:
        return int(self.ask("GET", "/control/calls")[1].get(api, 0))


@contextmanager
def simulating() -> Iterator[Simulator]:
    """A process of the simulator; it must end cleanly."""
    command = [sys.executable, "-m", "scripts.simulator", "--port", "0"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        try:
            yield Simulator(line.removeprefix("listening on http://"))
        finally:
            process.terminate()
            assert process.wait(10) == 0
