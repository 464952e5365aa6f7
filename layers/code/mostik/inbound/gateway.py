"""API Gateway's HTTP API events (payload 2.0) in, its answers out. Pure."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from mostik.inbound.intake import Arrival
from mostik.inbound.reply import Reply
from mostik.inbound.request import InboundRequest


def request_of(event: Mapping[str, Any], received_at: float) -> InboundRequest:
    """Reads a request: the body as the raw bytes that were sent.

    Args:
        event: the Lambda event.
        received_at: unix seconds.
    """
    context = event["requestContext"]
    http = context["http"]
    query = event.get("rawQueryString", "")
    path = event.get("rawPath", "")
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if cookies := event.get("cookies"):
        headers.setdefault("cookie", "; ".join(cookies))
    url = f"https://{headers.get('host') or context.get('domainName', '')}{path}"
    return InboundRequest(
        method=http["method"].upper(),
        url=f"{url}?{query}" if query else url,
        query=query,
        headers=headers,
        body=_body(event),
        source_ip=http.get("sourceIp", ""),
        received_at=int(received_at),
        path_token=(event.get("pathParameters") or {}).get("token"),
    )


def arrival_of(event: Mapping[str, Any], received_at: float) -> Arrival:
    """Reads a webhook request: which connection, and the request itself."""
    return Arrival(
        connection=(event.get("pathParameters") or {}).get("connection", ""),
        request=request_of(event, received_at),
        trace_id=event["requestContext"].get("requestId"),
    )


def response_of(reply: Reply) -> dict[str, Any]:
    """Returns a reply as API Gateway wants it."""
    return {
        "statusCode": reply.status,
        "headers": {
            "Content-Type": reply.content_type,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            **reply.headers,
        },
        "body": reply.body,
    }


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode("utf-8", "surrogatepass")
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""  # the gateway made it; an empty body proves nothing
