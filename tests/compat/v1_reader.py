"""How release v1 reads what is stored and queued, frozen: nothing of ours is imported.

A rollback runs this reader on what the newer release wrote. It is never changed; a reader of the
next version is put beside it.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

STATES = frozenset({"queued", "running", "waiting", "held", "unknown", "failed", "done"})
FAMILIES = frozenset({"retry_later", "rate_limited", "unknown", "give_up", "skip", "configuration"})
ACTORS = frozenset(
    {
        "system",
        "administrator of the external system",
        "administrator of this connection",
        "developer of the integration",
    }
)
_WORK = ("connection", "resource", "key", "event")
_RECEIPT = ("id", "connection", "scheme", "key_id", "method", "url")


class RefusedByV1(Exception):
    """v1 turns it into a failed job with its whole text, to be replayed by a release that reads
    it."""


def read_message(text: str) -> dict[str, Any]:
    """What v1 makes of a message. Fields that it does not know are ignored.

    Raises:
        RefusedByV1: it is of another version or kind, or lacks a field.
    """
    document = json.loads(text)
    if document["v"] != 1:
        raise RefusedByV1(f"version {document['v']}")
    match document["kind"]:
        case "receipt":
            means = _texts(document, _RECEIPT)
            means["received_at"] = float(document["received_at"])
            means["headers"] = dict(document["headers"])
            means["body"] = _body(document)
            for name in ("body_key", "delivery_id", "trace_id"):
                means[name] = document.get(name)
            means["repeats"] = int(document.get("repeats", 0))
            return means
        case "touch":
            return {**_texts(document, _WORK), "asked_at": float(document["asked_at"])}
        case "event":
            means = {**_texts(document, ("id", *_WORK)), "asked_at": float(document["asked_at"])}
            means["content"] = dict(document["content"])
            return means
        case kind:
            raise RefusedByV1(f"kind {kind}")


def read_row(item: Mapping[str, Any]) -> dict[str, Any]:
    """What v1 makes of a job's row (plain values). Attributes that it does not know are ignored.

    Raises:
        RefusedByV1: it says what v1 has no word for.
    """
    means: dict[str, Any] = {
        "id": item["id"],
        "connection": item["connection"],
        "state": _word(item["state"], STATES),
        "payload": item["payload"],
        "version": int(item["version"]),
        "asked_at": float(item["asked_at"]),
        "asked": int(item.get("asked", 1)),
        "lease_until": float(item.get("lease_until") or 0.0),
        "writes_unsafely": bool(item.get("writes_unsafely", False)),
        "owner": item.get("owner"),
        "gate": item.get("gate"),
    }
    for name in ("taken", "done", "attempts", "crashes"):
        means[name] = int(item.get(name, 0))
    for name in ("first_attempt_at", "last_attempt_at", "due_at", "sent_at"):
        means[name] = float(item[name]) if item.get(name) is not None else None
    for name in ("lookups", "expires_at"):
        means[name] = int(item[name]) if item.get(name) is not None else None
    failure = item.get("failure")
    means["failure"] = _failure(failure) if failure else None
    return means


def _failure(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "family": _word(item["family"], FAMILIES),
        "text": item["text"],
        "who": _word(item["who"], ACTORS),
        "at": float(item["at"]),
        "code": item.get("code"),
    }


def _body(document: Mapping[str, Any]) -> bytes | None:
    if "body" in document:
        return str(document["body"]).encode()
    if "body_base64" in document:
        return b64decode(document["body_base64"], validate=True)
    return None


def _texts(document: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    for name in names:
        if not isinstance(document[name], str):
            raise RefusedByV1(f"{name} is no text")
    return {name: document[name] for name in names}


def _word(word: str, known: frozenset[str]) -> str:
    if word not in known:
        raise RefusedByV1(f"{word!r} is none of {', '.join(sorted(known))}")
    return word
