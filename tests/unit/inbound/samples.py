"""Requests for the door's tests: one bare, and one that proves itself under every scheme."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from local.vector_cases import door_of, events_of
from mostik.inbound.door import Door, parse_door
from mostik.inbound.gateway import request_of
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret

NOW = 1_760_000_000

VECTORS_FILE = Path(__file__).parents[2] / "vectors" / "schemes.json"


def a_request(
    body: bytes | str = b"{}",
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "POST",
    query: str = "",
    path: str = "/webhooks/shop",
    source_ip: str = "203.0.113.10",
    now: int = NOW,
    path_token: str | None = None,
) -> InboundRequest:
    """A request as the gateway would give it, with what a test cares about."""
    url = f"https://door.example{path}"
    return InboundRequest(
        method=method,
        url=f"{url}?{query}" if query else url,
        query=query,
        headers={name.lower(): value for name, value in (headers or {}).items()},
        body=body.encode() if isinstance(body, str) else body,
        source_ip=source_ip,
        received_at=now,
        path_token=path_token,
    )


def secret(value: str, *, id: str = "1", not_after: int | None = None) -> AcceptedSecret:
    """One accepted secret."""
    return AcceptedSecret(id, value, not_after)


@cache
def vectors_file() -> dict[str, list[dict[str, Any]]]:
    """The project's own vectors."""
    document: dict[str, list[dict[str, Any]]] = json.loads(VECTORS_FILE.read_text("utf-8"))
    return document


@dataclass(frozen=True, slots=True)
class Sample:
    """A door and a request that it accepts."""

    door: Door
    request: InboundRequest


def samples() -> dict[str, Sample]:
    """For every scheme of the vectors file the first request that it must accept."""
    found: dict[str, Sample] = {}
    for vector in vectors_file()["vectors"]:
        if not vector["valid"]:
            continue
        door = parse_door(door_of(vector))
        if door.scheme_name not in found:
            event = next(events_of(vector))
            request = request_of(event, vector.get("now", NOW))
            found[door.scheme_name] = Sample(door, request)
    return found
