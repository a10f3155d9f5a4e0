"""The floor of reading: a bare Tornado handler that returns bytes made beforehand.

`python -m scripts.bench.bare PORT FILE`
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tornado.web import Application, RequestHandler


class Bare(RequestHandler):
    """Returns what it was given."""

    def initialize(self, content: bytes) -> None:
        self._content = content

    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(self._content)


async def main(port: int, content: bytes) -> None:
    Application([(r"/", Bare, {"content": content})]).listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
