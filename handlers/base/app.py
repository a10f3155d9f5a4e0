"""The web application of one process: every address, with the machinery behind it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tornado.web import Application

from handlers.base import client, system
from handlers.base.access import log_request
from handlers.base.authenticate import Authenticator, Revocations
from handlers.base.dispatch import Desk, Dispatch, routes
from handlers.base.endpoint import Endpoint
from handlers.base.limits import PER_ADDRESS, PER_PERSON, Addresses, Network, RequestLimits
from handlers.base.live import MAX_FRAME, PING, Feed, Hub, Live
from handlers.base.metrics import Metrics
from handlers.base.pages import SharedPages
from models.base.context import House
from models.base.quotas import Rate

API: Final = r"/(?:api|api/.*|healthz|readyz)"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """What the settings decide about the web side."""

    docs_enabled: bool = False
    trusted_proxies: tuple[Network, ...] = ()
    rate_limit_exempt: tuple[Network, ...] = ()
    per_person: Rate = PER_PERSON
    per_address: Rate = PER_ADDRESS  # without a session
    metrics_token: str = ""  # empty: loopback only
    client_dir: Path | None = None  # the built phone client
    allowed_origins: frozenset[str] = frozenset()  # for live updates, besides this host


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What this process hears from the rest of the house."""

    revocations: Revocations
    feed: Feed
    ready: Callable[[], Awaitable[str]]  # "", or what is missing
    metrics: Metrics = field(default_factory=Metrics)


class WebApplication(Application):
    """The application and the loops that belong to it."""

    def __init__(self, desk: Desk, hub: Hub, assets: client.Assets, options: HttpOptions) -> None:
        self.desk = desk
        self.hub = hub
        measured = {
            "measured": desk.metrics,
            "token": options.metrics_token,
            "addresses": desk.addresses,
        }
        super().__init__(
            [
                (r"/api/v1/live", Live, {"hub": hub}),
                (API, Dispatch, {"desk": desk}),
                (r"/metrics", system.MetricsPage, measured),
                (client.SHORT, client.ShortAddress),
                (r"/.*", client.Client, {"assets": assets}),
            ],
            log_function=log_request(desk.metrics),
            websocket_ping_interval=PING,
            websocket_max_message_size=MAX_FRAME,
        )

    async def run(self) -> None:
        """Watch sessions and the event loop until cancelled."""
        await asyncio.gather(self.hub.watch_sessions(), self.desk.metrics.watch_loop())


def make_application(
    house: House, endpoints: Iterable[Endpoint], options: HttpOptions, signals: Signals
) -> WebApplication:
    """The application for `endpoints`. Raises `DeclarationError` or `TypeError` for a wrong one."""
    documented = [*endpoints, *system.health(signals.ready)]
    served = [*documented, *system.reference(documented, page=options.docs_enabled)]
    authenticator = Authenticator(house.keys, signals.revocations)
    desk = Desk(
        house=house,
        router=routes(served),
        authenticator=authenticator,
        limits=RequestLimits(
            lambda: house.clock().timestamp(),
            options.rate_limit_exempt,
            options.per_person,
            options.per_address,
        ),
        addresses=Addresses(options.trusted_proxies),
        pages=SharedPages(time.monotonic),
        metrics=signals.metrics,
    )
    origins, metrics = options.allowed_origins, signals.metrics
    hub = Hub(authenticator, house.clock, metrics, origins, signals.feed)
    return WebApplication(desk, hub, client.load(options.client_dir), options)
