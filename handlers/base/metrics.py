"""Measurements for Prometheus: requests by route pattern, in flight, and the event loop's lag."""

from __future__ import annotations

import asyncio
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
LAG_INTERVAL: Final = 0.05  # seconds between two looks at the loop
_BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0)  # seconds
_LAGS: Final = (0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.2, 0.5, 2.0)  # seconds


class Metrics:
    """The measurements of one process. Other parts add theirs to `registry`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.in_flight = 0
        self._seconds = Histogram(
            "http_request_seconds",
            "Time to answer",
            ("method", "route"),
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self._replies = Counter(
            "http_replies", "Replies", ("method", "route", "status"), registry=self.registry
        )
        flying = Gauge(
            "http_requests_in_flight", "Requests not yet answered", registry=self.registry
        )
        flying.set_function(lambda: self.in_flight)
        self.sockets = Gauge("live_sockets", "Open live connections", registry=self.registry)
        self._lag = Histogram(
            "event_loop_lag_seconds",
            "How late the event loop wakes",
            registry=self.registry,
            buckets=_LAGS,
        )
        self._timers: dict[tuple[str, str], Histogram] = {}
        self._counters: dict[tuple[str, str, int], Counter] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one reply. `route` is the pattern, never the path, so that the series stay few."""
        timer = self._timers.get((method, route))
        if timer is None:
            timer = self._timers[method, route] = self._seconds.labels(method, route)
        timer.observe(seconds)
        counter = self._counters.get((method, route, status))
        if counter is None:
            counter = self._replies.labels(method, route, str(status))
            self._counters[method, route, status] = counter
        counter.inc()

    def render(self) -> bytes:
        """The text a Prometheus server reads."""
        return generate_latest(self.registry)

    async def watch_loop(self) -> None:
        """Measure, until cancelled, how late the event loop wakes."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_INTERVAL
            await asyncio.sleep(LAG_INTERVAL)
            self._lag.observe(max(0.0, loop.time() - due))
