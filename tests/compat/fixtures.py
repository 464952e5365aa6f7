"""What release v1 left in queues and tables: frozen files, written once by that release."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mostik.dynamodb import from_attributes

_FOLDER = Path(__file__).parent / "v1"


def _frozen(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    return content


MESSAGES: Mapping[str, Mapping[str, Any]] = _frozen("messages")
"""By what they are: ``text`` as the queue holds it, ``class``, and what it ``means``."""

ROWS: Mapping[str, Mapping[str, Any]] = _frozen("rows")
"""By what they are: ``item`` as DynamoDB holds it, and what it ``means``."""

_OTHERS = _frozen("others")
OTHER_ROWS = [from_attributes(item) for item in _OTHERS["state"]]
"""Connections, gates, links, pairs."""
ENTRY = _OTHERS["entry"]
"""What the entry of the request log says."""


def log_rows() -> list[dict[str, Any]]:
    """The rows of that entry."""
    return [{**row, "e": b64decode(row["e"]["base64"])} for row in _OTHERS["log"]]


def row_item(name: str) -> dict[str, Any]:
    """A job's row."""
    return from_attributes(ROWS[name]["item"])


def body_of(means: Mapping[str, Any]) -> bytes | None:
    """The body of a receipt as the fixture says it."""
    body = means["body"]
    return b64decode(body["base64"]) if body is not None else None
