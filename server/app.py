"""The composition root: every part is made here, once, and handed to those who need it."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import time
from dataclasses import dataclass, field
from typing import Any, Final

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

import handlers
import models
from handlers.base.app import HttpOptions, Signals, WebApplication, make_application
from handlers.base.endpoint import registry
from handlers.base.limits import RequestLimits
from handlers.base.metrics import Metrics
from handlers.base.steps import declare_steps
from models.base.clock import system_clock
from models.base.context import House
from models.base.feeds import OrderFeed
from models.base.holds import Queues
from models.base.messages import check_tells
from models.base.policies import Policies
from models.base.ports import Ports
from models.base.states import check_states
from models.base.store import Store
from models.base.workflow import workflows
from server.adapters.aliyun_calls import AliyunCalls, CallsAccess
from server.adapters.aliyun_sms import AliyunSms, SmsAccess
from server.adapters.files import StoredFiles
from server.adapters.labels import LabelSheets
from server.adapters.passes import PassPictures
from server.adapters.qr import QrCodes
from server.adapters.sheets import Workbooks
from server.adapters.wechat import WeChatAccess, WeChatApi
from server.commands import CommandCounter
from server.database import connect, disconnect, missing_indexes, prepare
from server.settings import Settings
from server.worker import Worker

MAX_BODY: Final = 64 * 1024  # bytes; an endpoint that takes more says so itself
BODY_TIMEOUT: Final = 60.0  # seconds a body may take to arrive
IDLE_TIMEOUT: Final = 75.0  # seconds an unused connection is kept; nginx keeps its own for 60
DRAIN: Final = 10.0  # seconds for requests under way when the process is asked to stop


def discover() -> None:
    """Import every service, so that its orders, endpoints, policies and messages are declared."""
    for package in (models, handlers):
        for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
            importlib.import_module(f"{package.__name__}.{module}")
    declare_steps(registry)
    check_tells(workflows())


@dataclass
class App:
    """One server process: what it holds open, and how it starts and stops."""

    settings: Settings
    house: House
    web: WebApplication
    feed: OrderFeed
    worker: Worker
    server: HTTPServer = field(init=False)
    port: int = 0
    _tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    async def start(self) -> None:
        """Listen, and run the loops. `port` is the one really taken."""
        await self.house.revocations.start()
        sockets = bind_sockets(self.settings.port, self.settings.address)
        self.port = sockets[0].getsockname()[1]
        self.server = HTTPServer(
            self.web,
            max_body_size=MAX_BODY,
            body_timeout=BODY_TIMEOUT,
            idle_connection_timeout=IDLE_TIMEOUT,
        )
        self.server.add_sockets(sockets)
        self._tasks = [asyncio.create_task(self.feed.run()), asyncio.create_task(self.web.run())]
        if self.settings.worker:
            self.worker.start(self.house)

    async def drain(self) -> None:
        """Take no more, finish what has been accepted, and let everything go."""
        self.server.stop()
        await self.worker.stop()
        async with asyncio.timeout(DRAIN):
            await self.house.queues.drain()
            await self.house.errands.drain()
            await self.server.close_all_connections()
        await self.house.revocations.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for port in vars(self.house.ports).values():
            port.close()
        disconnect(self.house.store)


async def build_app(settings: Settings, **replacements: Any) -> App:
    """Connect, bring the database up to date, and compose. Raises DatabaseRefused, StoreError.

    `replacements` are fields of `House` (such as `step` or `clock`) that a test puts in their
    place.
    """
    discover()
    metrics = Metrics()
    store = connect(settings.mongodb_uri, settings.database, [CommandCounter(metrics.registry)])
    clock = replacements.get("clock", system_clock)
    await prepare(store, clock, production=settings.production)
    await check_states(store)
    worker = Worker()
    step = replacements.get("step", lambda name: None)
    parts: dict[str, Any] = {
        "clock": clock,
        "keys": settings.keys,
        "queues": Queues(store, clock, step),
        "policies": Policies(store, clock),
        "ports": _ports(settings, store),
        "wake": worker.wake,
        "post": worker.post,
        "wechat_templates": settings.wechat_templates,
        "sms_templates": settings.sms_templates,
        "production": settings.production,
        "exempts": RequestLimits(time.time, settings.rate_limit_exempt).exempts,
    }
    house = House(store, **(parts | replacements))
    feed = OrderFeed(store)
    signals = Signals(
        revocations=house.revocations, feed=feed, ready=lambda: _missing(store), metrics=metrics
    )
    web = make_application(house, registry, _options(settings), signals)
    return App(settings, house, web, feed, worker)


def _options(settings: Settings) -> HttpOptions:
    return HttpOptions(
        docs_enabled=settings.docs_enabled,
        trusted_proxies=settings.trusted_proxies,
        rate_limit_exempt=settings.rate_limit_exempt,
        metrics_token=settings.metrics_token,
        client_dir=settings.client_dir,
        allowed_origins=frozenset(settings.allowed_origins),
    )


def _ports(settings: Settings, store: Store) -> Ports:
    wechat = WeChatAccess(settings.wechat_url, settings.wechat_appid, settings.wechat_secret)
    ours: dict[str, Any] = {
        "key_id": settings.sms_access_key_id,
        "key_secret": settings.sms_access_key_secret,
        "protocol": settings.sms_scheme,
    }
    sms = SmsAccess(domain=settings.sms_domain, sign_name=settings.sms_sign_name, **ours)
    calls = CallsAccess(
        domain=settings.calls_domain,
        region=settings.calls_region,
        pool_key=settings.calls_pool_key,
        **ours,
    )
    return Ports(
        wechat=WeChatApi(wechat, system_clock),
        sms=AliyunSms(sms, system_clock),
        qr=QrCodes(),
        sheets=Workbooks(),
        files=StoredFiles(store, system_clock),
        labels=LabelSheets(),
        calls=AliyunCalls(calls, system_clock),
        passes=PassPictures(),
    )


async def _missing(store: Store) -> str:
    missing = await missing_indexes(store)
    return f"indexes missing: {', '.join(missing)}" if missing else ""
