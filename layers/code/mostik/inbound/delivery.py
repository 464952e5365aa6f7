"""The sender's own name of a delivery: a dedupe key where a scheme has one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from mostik.errors import WebhookRejected
from mostik.inbound.places import place
from mostik.inbound.proof import to_bytes
from mostik.inbound.request import InboundRequest

LONGEST_ID = 128

BODY = "body"
"""As a part of a delivery id: a hash of the body, to tell apart what a vendor's id does not.

Never alone: one hint sent twice may mean two changes.
"""

_CLEAN = re.compile(r"[A-Za-z0-9._:=+/@-]{1,128}")


def clean(text: str) -> str | None:
    """An id that is safe in keys, URLs and logs: as sent when it is plain and short, else its hash.

    Never cut: two ids that differ at the end must stay two. ``None`` when the text is blank.
    """
    text = text.strip()
    if not text:
        return None
    if _CLEAN.fullmatch(text):
        return text
    return "sha256:" + hashlib.sha256(to_bytes(text)).hexdigest()[:40]


def delivery_id(parts: Sequence[str], request: InboundRequest) -> str | None:
    """The parts joined with ``:``, ``None`` when one of them is missing or cannot be read.

    Args:
        parts: places, or ``body`` for a short hash of the body.
        request: a request that was verified.
    """
    values = []
    for part in parts:
        value = _body_hash(request) if part == BODY else _read(part, request)
        if not value:
            return None
        values.append(value)
    return clean(":".join(values))


def check_parts(parts: Sequence[str]) -> None:
    """Refuses parts that name no place.

    Raises:
        ConfigurationError: with the places that there are.
    """
    for part in parts:
        if part != BODY:
            place(part)


def _read(part: str, request: InboundRequest) -> str | None:
    try:
        return place(part).read(request)
    except WebhookRejected:
        return None


def _body_hash(request: InboundRequest) -> str:
    return hashlib.sha256(request.body).hexdigest()[:16]
