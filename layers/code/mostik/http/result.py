"""What one exchange came to, and how its body is read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mostik.errors import MostikError
from mostik.http.gate import Feedback

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer.

    Attributes:
        content: read as the endpoint says (``Endpoint.answers``), ``None`` when the body was empty.
        url: what was called, without query and credentials of the signature.
    """

    status: int
    headers: Mapping[str, str]
    content: Any
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """One exchange, successful or not.

    Attributes:
        status: HTTP status, ``None`` without an answer.
        headers: of the answer.
        body: raw.
        content: parsed.
        error: what the call raises.
        feedback: see ``Feedback``.
        stale: refused for credentials that may have run out; it had no effect.
        moved_to: the host of a declared rename, where the call is made once more.
    """

    status: int | None
    headers: Mapping[str, str]
    body: bytes = b""
    content: Any = None
    error: MostikError | None = None
    feedback: Feedback | None = None
    stale: bool = False
    moved_to: str | None = None


def parsed(body: bytes) -> Any:
    """JSON can escape half a surrogate pair, which no row, key or request can hold: it becomes "?".

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deep.
    """
    content = json.loads(body)
    if _SURROGATE.search(body):
        content = json.loads(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))
    return content
