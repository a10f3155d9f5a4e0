"""How often this process asks the database, for /metrics."""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry, Counter
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)


class CommandCounter(CommandListener):
    """Counts the driver's commands by name; each is one round trip."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._commands = Counter(
            "database_commands", "Commands sent to the database", ("command",), registry=registry
        )
        self._of = cache(self._commands.labels)  # which looks each name over every time

    def started(self, event: CommandStartedEvent) -> None:
        self._of(event.command_name).inc()

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...
