"""schemathesis walks through the whole API in-process: every answer is as the description says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from mostik.admin.routing import PREFIX
from mostik.jobs.row import JobState
from tests.support.adminrig import AdminRig, by_password
from tests.unit.admin.test_roles import ROUTES
from tests.unit.jobs.rows import row

Case = schemathesis.Case[Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
EXAMPLES = 10
# What fits the schema may still be refused for what it means: a filter that cannot be read,
# settings that no integration takes. Such an answer is a problem with a message, never a defect.
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2xx", 400, 404, 409, 422, 502, 503]}
        }
    }
)


class Wsgi:
    """The admin function as a WSGI application: what API Gateway does between HTTP and an event."""

    def __init__(self, rig: AdminRig) -> None:
        self._rig = rig

    def __call__(
        self, environ: Mapping[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answers one request."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length).decode("utf-8", "replace") or None
        headers = {
            name[5:].replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        if environ.get("CONTENT_TYPE"):
            headers["content-type"] = environ["CONTENT_TYPE"]
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        raw_query = environ["QUERY_STRING"]
        query: dict[str, str] = {}
        for name, value in parse_qsl(raw_query, keep_blank_values=True):
            query[name] = f"{query[name]},{value}" if name in query else value
        reply = self._rig.send(
            environ["REQUEST_METHOD"], path, body, query=query, headers=headers, raw_query=raw_query
        )
        self._rig.slots.empty_at.clear()  # it is not here that guessing is slowed down
        start_response(f"{reply.status} -", list(reply.headers.items()))
        return [reply.text.encode()]


class Password:
    """How schemathesis signs in; it tries without, too."""

    def get(self, case: Case, context: Any) -> str:
        """Returns what is presented."""
        del case, context
        return by_password()["authorization"]

    def set(self, case: Case, data: str, context: Any) -> None:
        """Presents it."""
        del context
        case.headers["Authorization"] = data


@cache
def described() -> Any:
    """The description, as the API itself gives it, over a stack with something in it."""
    rig = AdminRig()
    rig.rig.here.put("1", "first")
    assert rig.rig.rows.write(row(JobState.FAILED), None).done
    schema = schemathesis.openapi.from_wsgi(
        f"{PREFIX}/openapi", Wsgi(rig), config=CONFIG, headers=by_password()
    )
    schema.auth()(Password)
    return schema


def operation(route: str) -> Any:
    method, _, path = route.partition(" ")
    return described()[PREFIX + path.replace("<", "{").replace(">", "}")][method]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("mode", GenerationMode)
def test_every_answer_is_as_described(route: str, mode: GenerationMode) -> None:
    # GIVEN requests that fit the description, or break it
    wanted = operation(route)
    requests = wanted.as_strategy(generation_mode=mode)

    @given(case=requests)
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    def every_answer(case: Case) -> None:
        # THEN status, media type, headers and schema are those of the description
        case.call_and_validate()

    with suppress(Unsatisfiable):  # a route without input has nothing that could be broken
        every_answer()
