"""The addresses of transitions: one endpoint for each step of each declared life-cycle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from handlers.base.endpoint import DeclarationError, Endpoint, Registry
from models.base.context import Context
from models.base.roles import EVERYONE
from models.base.shapes import Id
from models.base.transitions import transition
from models.base.views import OrderView, full
from models.base.workflow import Transition, Workflow, clock, workflows


def declare_steps(registry: Registry) -> None:
    """Register `POST /api/v1/<service>/{order_id}/<transition>` for each step people take.

    Kinds of one service may share a step, as a meal and a batch of meals are both cancelled; its
    body must then be the same, or one kind has a path of its own. Raises `DeclarationError`.
    """
    taken: dict[str, Endpoint] = {endpoint.path: endpoint for endpoint in registry}
    for workflow in workflows():
        for step in workflow.transitions:
            if step.by in ((), (clock,)):
                continue
            endpoint = _endpoint(workflow, step)
            shared = taken.get(endpoint.path)
            if shared is not None and shared.body is not endpoint.body:
                raise DeclarationError(f"{endpoint.path}: its kinds need different bodies")
            if shared is None:
                taken[endpoint.path] = registry.register(endpoint)


def _endpoint(workflow: Workflow, step: Transition) -> Endpoint:
    return Endpoint(
        method="POST",
        path=f"/api/v1/{workflow.path or workflow.service}/{{order_id}}/{step.name}",
        call=_taking(step.name, step.needs is not None),
        allow=EVERYONE,
        summary=step.summary,
        reply=OrderView,
        name=f"{workflow.kind}_{step.name}",
        path_types={"order_id": Id},
        body=step.needs,
        versioned=True,
        fresh=step.approves,
        tag=workflow.service,
    )


def _taking(name: str, has_body: bool) -> Callable[..., Awaitable[OrderView]]:
    async def take(ctx: Context, order_id: str, body: Any = None) -> OrderView:
        return await full(ctx, await transition(ctx, order_id, name, body))

    return take
