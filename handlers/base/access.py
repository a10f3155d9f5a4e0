"""The access log: one line of fields per reply, without path values, query or secrets."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from tornado.web import RequestHandler

from handlers.base.metrics import Metrics

_log: Final = logging.getLogger("access")
_METHODS: Final = frozenset(RequestHandler.SUPPORTED_METHODS)


def log_request(metrics: Metrics) -> Callable[[RequestHandler], None]:
    """What Tornado calls after every reply; `route` is the declared pattern."""

    def log(handler: RequestHandler) -> None:
        request, status = handler.request, handler.get_status()
        route = getattr(handler, "route", "(none)")
        method = request.method if request.method in _METHODS else "(other)"
        seconds = request.request_time()
        metrics.observe(method, route, status, seconds)
        fields = {
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "request_id": getattr(handler, "request_id", ""),
            "person": getattr(handler, "person", ""),
            "address": getattr(handler, "address", request.remote_ip),
        }
        _log.info("request", extra=fields)

    return log
