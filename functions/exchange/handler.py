"""1C:Enterprise calls here exactly as it calls a Bitrix site."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from mostik.bootstrap.exchange import exchange
from mostik.commerceml.protocol import ENCODING
from mostik.inbound.gateway import request_of


def handler(event: Mapping[str, Any], _context: object) -> Mapping[str, Any]:
    """Answers one call of ``/exchange/{connection}``; the answers are in ``mostik.commerceml``."""
    connection = (event.get("pathParameters") or {}).get("connection", "")
    answer = exchange().answer(connection, request_of(event, time.time()))
    return {
        "statusCode": answer.status,
        "headers": {"Content-Type": f"text/html; charset={ENCODING}", **dict(answer.headers)},
        "body": b64encode(answer.body()).decode("ascii"),
        "isBase64Encoded": True,
    }
