"""What each function is asked, and what must come back."""

from __future__ import annotations

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local import events
from local.sandbox.shop.signing import signed_headers

SIGNING_SECRET = "whsec_" + b64encode(b"made-up-for-the-smoke-test").decode()
LOGIN = "onec:sandbox-1c-password"
_DOORS = {"shop": ("standard_webhooks", SIGNING_SECRET), "onec": ("basic", LOGIN)}


@dataclass(frozen=True, slots=True)
class Asked:
    """One event and what its answer must be."""

    function: str
    event: Mapping[str, Any]
    well: Callable[[Any], bool]


def doors() -> Mapping[str, str]:
    """The door documents that the events need, by connection."""
    return {
        name: json.dumps(
            {
                "v": 1,
                "scheme": scheme,
                "secrets": [{"id": "1", "value": value, "not_after": None}],
            }
        )
        for name, (scheme, value) in _DOORS.items()
    }


def story(password: str) -> list[Asked]:
    """One event for each function, the way it is called on AWS."""
    order = dict(events.read("webhook-order-created"))
    proof = signed_headers(SIGNING_SECRET, "msg_smoke", int(time.time()), order["body"].encode())
    order["headers"] = {**order["headers"], **proof}
    session = dict(events.read("exchange-checkauth"))
    session["headers"] = {**session["headers"], "authorization": _basic(LOGIN)}
    health = dict(events.read("admin-health"))
    health["headers"] = {**health["headers"], "authorization": _basic(f"admin:{password}")}
    page = {**health, "rawPath": "/admin/api/connections"}
    context = health["requestContext"]
    page["requestContext"] = {**context, "http": {**context["http"], "path": page["rawPath"]}}
    return [
        Asked("webhook", order, lambda answer: answer["statusCode"] == 200),
        Asked("exchange", session, lambda answer: b64decode(answer["body"])[:8] == b"success\n"),
        Asked("worker", events.read("worker-batch"), lambda answer: answer == _NOTHING_AGAIN),
        Asked("scheduler", events.read("scheduler-tick"), lambda answer: answer["ran"] is True),
        Asked("admin", health, lambda answer: answer["statusCode"] == 200),
        Asked("admin", page, lambda answer: answer["statusCode"] == 200),
    ]


_NOTHING_AGAIN: Mapping[str, Any] = {"batchItemFailures": []}


def _basic(login: str) -> str:
    return "Basic " + b64encode(login.encode()).decode()
