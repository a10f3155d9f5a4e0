"""How often this process asks the database, for /metrics."""

from __future__ import annotations

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

    def started(self, event: CommandStartedEvent) -> None:
        self._commands.labels(event.command_name).inc()

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...
