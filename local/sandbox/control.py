"""``/_sandbox/...``: how a test or a demo in another process drives a sandbox and reads it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.sandbox.faults import Fault

if TYPE_CHECKING:
    from local.sandbox.server import Sandbox

CONTROL_PREFIX = "/_sandbox/"

Endpoint = Callable[[Request], Awaitable[Response]]


def control_routes(sandbox: Sandbox) -> list[Route]:
    """The endpoints that both sandboxes have, and ``POST /_sandbox/{action}`` for those of one."""

    async def health(_: Request) -> Response:
        return JSONResponse({"sandbox": type(sandbox).__name__, "url": sandbox.url})

    async def state(_: Request) -> Response:
        with sandbox.lock:
            data = {
                **sandbox.state(),
                "requests": sandbox.requests,
                "refused": sandbox.refused,
                "calls": dict(sandbox.calls),
                "deliveries_pending": sandbox.deliveries.pending,
            }
            return JSONResponse(data)

    async def reset(_: Request) -> Response:
        sandbox.reset()
        return JSONResponse({"ok": True})

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.faults.clear()
        elif request.method == "POST":
            data = await _json(request)
            sandbox.faults.add(
                *(
                    Fault.parse(one, target=sandbox.fault_target, verb=sandbox.fault_verb)
                    for one in (data if isinstance(data, list) else [data])
                )
            )
        return JSONResponse(sandbox.faults.as_json())

    async def deliveries(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.deliveries.forget()
        event = request.query_params.get("event")
        kept = sandbox.deliveries.kept()
        return JSONResponse([one.as_json() for one in kept if event in (None, one.event)])

    async def resend(request: Request) -> Response:
        delivery = sandbox.deliveries.resend(int(request.path_params["id"]))
        return JSONResponse(delivery.as_json())

    async def act(request: Request) -> Response:
        name = request.path_params["action"]
        actions = sandbox.actions()
        if name not in actions:
            known = ", ".join(sorted(actions))
            return JSONResponse({"error": f"no action {name!r}; there are {known}"}, 404)
        return JSONResponse(actions[name](await _json(request)))

    return [
        Route("/_sandbox/health", _guarded(health), methods=["GET"]),
        Route("/_sandbox/state", _guarded(state), methods=["GET"]),
        Route("/_sandbox/reset", _guarded(reset), methods=["POST"]),
        Route("/_sandbox/faults", _guarded(faults), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/deliveries", _guarded(deliveries), methods=["GET", "DELETE"]),
        Route("/_sandbox/deliveries/{id:int}/resend", _guarded(resend), methods=["POST"]),
        Route("/_sandbox/{action}", _guarded(act), methods=["POST"]),
    ]


def _guarded(endpoint: Endpoint) -> Endpoint:
    async def wrapper(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return wrapper


async def _json(request: Request) -> Any:
    body = await request.body()
    return json.loads(body) if body else {}
