"""A connection to the database that loses what it is told to lose."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

LENGTH: Final = struct.Struct("<i")  # the first four bytes of every message of the wire protocol


class Lossy(socketserver.ThreadingTCPServer):
    """Passes on what is asked and answered, in threads of its own, until told to lose something."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, target: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target = target  # the port of the database, which may change
        self.uri = f"mongodb://127.0.0.1:{self.server_address[1]}/?directConnection=true"
        self.lost = 0
        self._command = b""
        self._reaches = False
        self._times = 0

    def lose(self, command: str, times: int, *, reaches: bool) -> None:
        """Cut the connection at the next so many requests that contain `command`: before they
        reach the database, or (`reaches`) before the answer comes back.
        """
        self._command, self._times, self._reaches = command.encode(), times, reaches
        self.lost = 0

    def answer(self, request: bytes, database: socket.socket) -> bytes | None:
        """The database's answer to `request`; None where it is lost."""
        losing = self.lost < self._times and self._command in request
        self.lost += losing
        if losing and not self._reaches:
            return None
        database.sendall(request)
        answer = _message(database)
        return None if losing else answer


class _Connection(socketserver.BaseRequestHandler):
    server: Lossy

    def handle(self) -> None:
        try:
            with socket.create_connection(("127.0.0.1", self.server.target)) as database:
                self._pass_on(database)
        except ConnectionError:
            return  # either side has gone, and so this connection goes

    def _pass_on(self, database: socket.socket) -> None:
        while request := _message(self.request):
            answer = self.server.answer(request, database)
            if not answer:
                return
            self.request.sendall(answer)


def _message(end: socket.socket) -> bytes:
    """The next whole message, or nothing where the other side has gone."""
    head = end.recv(LENGTH.size, socket.MSG_WAITALL)
    if len(head) < LENGTH.size:
        return b""
    return head + end.recv(LENGTH.unpack(head)[0] - LENGTH.size, socket.MSG_WAITALL)


@contextmanager
def lossy(port: int) -> Iterator[Lossy]:
    """A lossy way to the database at `port`, for the length of a block."""
    with Lossy(port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
