"""What the request log keeps of one exchange of the client."""

from __future__ import annotations

from collections.abc import Mapping

import requests

from mostik.http.endpoint import Endpoint
from mostik.http.redact import Redactor
from mostik.http.result import Result
from mostik.http.trail import Trail
from mostik.http.trimming import trimmed
from mostik.ids import ulid
from mostik.requestlog.entry import Direction, Exchange, LogEntry

_KEPT_BODY = 262_144
"""Bytes of a body that the log keeps."""
_BEGINNING = 65_536
"""About how much it keeps of JSON that is longer: whole elements of a list of thousands of rows,
and no time is spent on masking the others."""


def entry_of(
    endpoint: Endpoint,
    prepared: requests.PreparedRequest,
    result: Result,
    attempt: int,
    started: float,
    took: float,
    *,
    connection: str,
    redactor: Redactor,
    trail: Trail,
) -> LogEntry:
    """Returns the log entry of an exchange, without secrets."""
    error = result.error
    return LogEntry(
        id=ulid(started),
        at=started,
        connection=connection,
        direction=Direction.OUT,
        method=endpoint.method,
        endpoint=endpoint.path,
        url=redactor.url(prepared.url or ""),
        status=result.status,
        duration_ms=round(took * 1000),
        request=_kept(redactor, prepared.headers, _bytes(prepared.body)),
        response=_hidden(redactor, result) if endpoint.private else _received(redactor, result),
        family=getattr(error, "family", None),
        error=redactor.text(str(error)) if error is not None else None,
        attempt=attempt,
        job=trail.job,
        event=trail.event,
        record=trail.record,
        trace=trail.trace,
    )


def _received(redactor: Redactor, result: Result) -> Exchange:
    known = result.content is not None
    if known and len(result.body) > _KEPT_BODY and result.body.lstrip()[:1] in (b"{", b"["):
        try:
            body = redactor.content(trimmed(result.content, _BEGINNING))
        except RecursionError:
            pass  # it is nested too deep, and has a word for that
        else:
            headers = redactor.headers(result.headers)
            return Exchange(headers=headers, body=body[:_KEPT_BODY], size=len(result.body))
    return _kept(redactor, result.headers, result.body)


def _hidden(redactor: Redactor, result: Result) -> Exchange:
    size = len(result.body)
    body = f"[{size} bytes that hold credentials]".encode()
    return Exchange(headers=redactor.headers(result.headers), body=body, size=size)


def _kept(redactor: Redactor, headers: Mapping[str, str], body: bytes) -> Exchange:
    kind = next((v for k, v in headers.items() if k.lower() == "content-type"), "")
    return Exchange(
        headers=redactor.headers(headers),
        body=redactor.body(body, kind.lower())[:_KEPT_BODY],
        size=len(body),
    )


def _bytes(body: bytes | str | None) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""
