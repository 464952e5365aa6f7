"""1C:Enterprise calls here exactly as it calls a Bitrix site."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from mostik.bootstrap.exchange import exchange
from mostik.commerceml.deadline import answer_within
from mostik.commerceml.protocol import Answer
from mostik.inbound.gateway import request_of

_RESERVE_SECONDS = 2.0
"""Of the function's time: the gateway's own error page would end the exchange."""


def handler(event: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
    """Answers one call of ``/exchange/{connection}``; the answers are in ``mostik.commerceml``."""
    seconds = context.get_remaining_time_in_millis() / 1_000 - _RESERVE_SECONDS
    connection = (event.get("pathParameters") or {}).get("connection", "")
    request = request_of(event, time.time())
    trace = event["requestContext"].get("requestId")
    server = exchange()
    answer = answer_within(
        seconds,
        lambda: server.answer(connection, request, seconds, trace),
        late=lambda: server.late(request),
    )
    return _response(answer)


def _response(answer: Answer) -> Mapping[str, Any]:
    return {
        "statusCode": answer.status,
        "headers": {"Content-Type": answer.content_type, **dict(answer.headers)},
        "body": b64encode(answer.body()).decode("ascii"),
        "isBase64Encoded": True,
    }
