"""The admin's JSON API behind Basic auth. Routes only; what they show is in queries and views."""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from mostik.admin.health import Health
from mostik.admin.parameters import entry_id, read_filter
from mostik.admin.views import log_detail, log_page
from mostik.errors import ConfigurationError
from mostik.inbound.reply import problem
from mostik.ports import Busy, Clock, Secrets
from mostik.requestlog.query import LogReader
from mostik.telemetry import Emit, log_line

LOGIN = "admin"
_SECRET = "admin"  # noqa: S105 - the secret's name, not its value
_CHALLENGE = 'Basic realm="Mostik", charset="UTF-8"'


def build_api(
    *,
    secrets: Secrets,
    health: Health,
    log: Callable[[], LogReader],
    clock: Clock,
    emit: Emit,
) -> APIGatewayHttpResolver:
    """Returns the resolver of ``/admin``.

    Args:
        secrets: holds the admin's password.
        health: figures for ``/admin/health``.
        log: makes a reader of the log.
        clock: unix seconds.
        emit: writes one line to the function's log: who has seen personal data.
    """
    app = APIGatewayHttpResolver()

    def authenticated(
        app: APIGatewayHttpResolver, next_middleware: NextMiddleware
    ) -> Response[Any]:
        """Deny by default: every route is behind this."""
        header = app.current_event.headers.get("authorization", "")
        if not _is_admin(header, secrets.read(_SECRET)):
            return _problem(401, "Not authenticated", {"WWW-Authenticate": _CHALLENGE})
        return next_middleware(app)

    app.use(middlewares=[authenticated])

    @app.get("/admin/health")
    def read_health() -> Mapping[str, Any]:
        return health.read()

    @app.get("/admin/log")
    def read_log() -> Mapping[str, Any]:
        query = app.current_event.query_string_parameters or {}
        wanted, limit, cursor = read_filter(query, clock())
        return log_page(log().search(wanted, limit=limit, cursor=cursor))

    @app.get("/admin/log/<entry>")
    def read_entry(entry: str) -> Any:
        found = log().get(entry_id(entry))
        if found is None:
            return _problem(404, "There is no such entry; it may have expired.")
        query = app.current_event.query_string_parameters or {}
        reveal = query.get("reveal") == "1"
        if reveal:
            emit(log_line("AUDIT", "log entry revealed", {"entry": found.id, "by": LOGIN}))
        return log_detail(found, reveal=reveal)

    @app.exception_handler(ConfigurationError)  # type: ignore[untyped-decorator]  # Powertools'
    def wrong_parameter(error: ConfigurationError) -> Response[Any]:
        return _problem(400, error.text)

    @app.exception_handler(Busy)  # type: ignore[untyped-decorator]  # as above
    def busy(_error: Busy) -> Response[Any]:
        return _problem(503, "A service behind the admin is busy: try again.", {"Retry-After": "5"})

    @app.not_found
    def not_found(_error: Exception) -> Response[Any]:
        return _problem(404, "There is no such page.")

    return app


def _is_admin(header: str, password: str | None) -> bool:
    """Checks Basic credentials in constant time; without a password nobody gets in."""
    if not password or not header.startswith("Basic "):
        return False
    try:
        presented = b64decode(header[6:], validate=True)
    except ValueError:
        return False
    expected = f"{LOGIN}:{password}".encode()
    return hmac.compare_digest(presented, expected)


def _problem(status: int, title: str, headers: Mapping[str, str] | None = None) -> Response[Any]:
    reply = problem(status, title)
    return Response(
        status_code=reply.status,
        content_type=reply.content_type,
        body=reply.body,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
