"""What the door says: an acknowledgement, or a problem (RFC 9457) that gives nothing away."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from mostik.errors import RejectReason


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: str = ""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


_STATUS: dict[RejectReason, int] = {
    RejectReason.METHOD: 405,
    RejectReason.TOO_LARGE: 413,
    RejectReason.UNKNOWN_CONNECTION: 404,
    RejectReason.CONTENT_TYPE: 415,
    RejectReason.SOURCE_ADDRESS: 403,
    RejectReason.WRONG_PEER: 403,
    RejectReason.TOO_MANY_FAILURES: 429,
}
"""Everything else is 401: the proof is missing or wrong, and which of the two is nobody's
business."""

_TITLES = {
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    415: "Unsupported media type",
    429: "Too many requests",
}


def refusal(reason: RejectReason) -> Reply:
    """Returns the answer to a refused request: a status and its name, never why."""
    status = _STATUS.get(reason, 401)
    return problem(status, _TITLES[status], retry_after=60 if status == 429 else None)


def problem(status: int, title: str, *, retry_after: int | None = None) -> Reply:
    """Returns a problem document."""
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    body = json.dumps({"type": "about:blank", "title": title, "status": status})
    return Reply(status, body, "application/problem+json", headers)
