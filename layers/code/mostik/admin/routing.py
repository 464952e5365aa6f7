"""The JSON API: Powertools' event handler, with a role for every route and problems for errors.

A route cannot be declared without a role, and the role is checked before the input is: somebody who
may not call a route learns nothing of what it wants.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)

from mostik.admin import complaints
from mostik.admin.openapi import described
from mostik.admin.problems import (
    BUSY,
    CONTENT_TYPE,
    NOT_ALLOWED,
    WRONG_INPUT,
    FieldProblem,
    Refused,
    Words,
)
from mostik.admin.roles import Caller, Role
from mostik.errors import CallFailed, ConfigurationError, Skip
from mostik.ports import Busy, RemainingTime

PREFIX = "/admin/api"
_ANSWER_SECONDS = 2.0
"""Kept of an invocation for writing the log and the answer."""
_PLACE = re.compile(r"<(\w+)>")
HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may call a route.

    Attributes:
        method: in capitals.
        path: below the prefix, ``/connections/<connection>``.
        role: that is needed.
    """

    method: str
    path: str
    role: Role

    def fits(self, method: str, path: str) -> bool:
        """Whether a request is for this route."""
        pattern = _PLACE.sub("[^/]+", PREFIX + self.path)
        return method == self.method and re.fullmatch(pattern, path) is not None


class AdminApi:
    """The resolver of ``/admin/api``.

    Attributes:
        rules: the role of every route.
    """

    def __init__(self) -> None:
        self._app = APIGatewayHttpResolver(enable_validation=True, serializer=_json)
        self.rules: list[Rule] = []
        _say_problems(self._app)

    @property
    def caller(self) -> Caller:
        """Who has sent the request that is being answered."""
        found: Caller = self._app.context["caller"]
        return found

    @property
    def remaining(self) -> RemainingTime:
        """Returns the seconds that the answer may still take."""
        context = self._app.lambda_context
        return lambda: context.get_remaining_time_in_millis() / 1_000 - _ANSWER_SECONDS

    def get(self, path: str, role: Role, *, summary: str) -> Callable[[HandlerT], HandlerT]:
        """Declares a route that reads."""
        return self._route("GET", path, role, summary, 200)

    def post(
        self, path: str, role: Role, *, summary: str, status: int = 200
    ) -> Callable[[HandlerT], HandlerT]:
        """Declares a route that acts."""
        return self._route("POST", path, role, summary, status)

    def put(self, path: str, role: Role, *, summary: str) -> Callable[[HandlerT], HandlerT]:
        """Declares a route that replaces."""
        return self._route("PUT", path, role, summary, 200)

    def delete(self, path: str, role: Role, *, summary: str) -> Callable[[HandlerT], HandlerT]:
        """Declares a route that removes."""
        return self._route("DELETE", path, role, summary, 200)

    def _route(
        self, method: str, path: str, role: Role, summary: str, status: int
    ) -> Callable[[HandlerT], HandlerT]:
        self.rules.append(Rule(method, path, role))
        tag = path.strip("/").split("/")[0]
        register: Callable[[HandlerT], HandlerT] = self._app.route(
            PREFIX + path, method, summary=summary, tags=[tag], status_code=status
        )
        return register

    def role_for(self, method: str, path: str) -> Role | None:
        """Returns the role that a request needs; ``None``: there is no such route."""
        fixed_first = sorted(self.rules, key=lambda rule: "<" in rule.path)
        return next((rule.role for rule in fixed_first if rule.fits(method, path)), None)

    def resolve(self, event: Mapping[str, Any], context: Any, caller: Caller) -> dict[str, Any]:
        """Answers a request of somebody who has signed in.

        Raises:
            Refused: there is no such route, or their role does not suffice.
        """
        http = event["requestContext"]["http"]
        needed = self.role_for(http["method"].upper(), event["rawPath"])
        if needed is None:
            raise self._nowhere(event["rawPath"])
        if not caller.role.covers(needed):
            raise Refused(403, NOT_ALLOWED, more={"needs": needed.value})
        # mypy: Powertools leaves it untyped
        self._app.append_context(caller=caller)  # type: ignore[no-untyped-call]
        return self._app.resolve(event, context)

    def _nowhere(self, path: str) -> Refused:
        methods = sorted({rule.method for rule in self.rules if rule.fits(rule.method, path)})
        if not methods:
            return Refused(404, Words("There is no such address.", "Такого адреса нет."))
        return Refused(
            405,
            Words("This address takes other methods.", "Для этого адреса нужен другой метод."),
            headers={"Allow": ", ".join(methods)},
        )

    def openapi(self) -> dict[str, Any]:
        """Returns the OpenAPI document."""
        document = json.loads(self._app.get_openapi_json_schema(title="Mostik", version="1"))
        return described(document, {(r.method, PREFIX + r.path): r.role for r in self.rules})


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _say_problems(app: APIGatewayHttpResolver) -> None:
    """Turns whatever a handler raises into a problem document."""

    def on(kind: type[Exception], answer: Callable[[Any], Refused]) -> None:
        app.exception_handler(kind)(lambda error: _response(answer(error)))

    on(Refused, lambda error: error)
    on(RequestValidationError, _wrong_input)
    on(RequestUnsupportedContentType, _not_json)
    on(ConfigurationError, lambda error: Refused(422, Words(error.text, error.text)))
    on(Skip, lambda error: Refused(409, Words(error.text, error.text)))
    on(Busy, lambda _error: Refused(503, BUSY, headers={"Retry-After": "5"}))
    on(CallFailed, _call_failed)
    on(NotFoundError, lambda _error: Refused(404, Words("There is no such address.", "Нет.")))


def _response(refused: Refused) -> Response[str]:
    return Response(
        status_code=refused.status,
        content_type=CONTENT_TYPE,
        body=json.dumps(refused.document(), ensure_ascii=False),
        headers=refused.headers,
    )


def _wrong_input(error: RequestValidationError) -> Refused:
    found = [
        FieldProblem(
            ".".join(str(part) for part in one["loc"][1:]),
            complaints.words(one["type"], one.get("ctx") or {}),
        )
        for one in error.errors()
    ]
    return Refused(422, WRONG_INPUT, fields=found)


def _not_json(_error: RequestUnsupportedContentType) -> Refused:
    return Refused(415, Words("Send JSON.", "Нужен JSON."))


def _call_failed(error: CallFailed) -> Refused:
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return Refused(
        502,
        Words(error.text, error.text),
        headers=headers,
        more={"who": error.who.value, "family": error.family.value, "code": error.code},
    )
