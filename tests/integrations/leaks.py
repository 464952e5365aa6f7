"""Where a secret could end up, and every spelling in which it could stand there."""

from __future__ import annotations

import json
import traceback
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from mostik.integration import secret_values
from mostik.jobs.message import Receipt
from tests.integrations.subjects import Subject
from tests.integrations.world import World

_SHORTEST = 6
"""A shorter part of a secret address says nothing by itself."""


def secrets_of(subject: Subject) -> list[str]:
    """Everything of a connection that must be kept: of a secret address its path, part by part."""
    found = {subject.sample.door_secret, *secret_values(subject.settings)}
    for secret in list(found):
        if "://" in secret:
            found |= {part for part in urlsplit(secret).path.split("/") if len(part) >= _SHORTEST}
    return sorted(secret for secret in found if secret)


def spellings(secret: str) -> set[str]:
    """A secret as it stands, and as an address, a form, JSON or Basic auth would spell it."""
    return {
        secret,
        secret.removeprefix("whsec_"),
        secret.strip("/"),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        b64encode(secret.encode()).decode(),
        secret[::-1],
    }


def leaks(subject: Subject, texts: Mapping[str, str]) -> list[str]:
    """Which secrets stand in which texts."""
    return [
        f"{place} holds {secret!r}"
        for secret in secrets_of(subject)
        for place, text in texts.items()
        if any(spelling in text for spelling in spellings(secret))
    ]


def kept_by(world: World) -> dict[str, str]:
    """Every text that a stack keeps or shows: log entries, rows, blobs, log lines, replies."""
    texts = {f"row {number}": _text(row) for number, row in enumerate(world.table.rows())}
    texts |= {f"job row {row.id} ({row.state})": repr(row) for row in world.job_rows}
    texts |= {
        f"log entry {entry.direction} {entry.endpoint} {entry.status}": repr(entry)
        for entry in world.entries
    }
    texts |= {f"blob {key}": data.decode("latin-1") for key, data in world.blobs.objects.items()}
    texts |= {f"line {number}": line for number, line in enumerate(world.lines)}
    return texts


def queued_by(world: World) -> dict[str, str]:
    """Every message in the queues."""
    bodies = [*world.queue.bodies, *world.queue.dead.bodies]
    return {f"message {number}": body for number, body in enumerate(bodies)}


def shown_by(world: World) -> dict[str, str]:
    """What a debugger, an error page or a careless print would show of the objects in hand."""
    opened = world.opened
    client = opened.integration.client(opened.api, opened.settings)
    objects: list[Any] = [
        opened,
        opened.settings,
        opened.api,
        opened.redactor,
        opened.integration.auth(opened.settings),
        client,
        world.resource(),
        world.worker,
        world.intake,
        world.subject.door(),
        *_receipts(world),
    ]
    texts = {f"repr of {type(one).__name__}": repr(one) for one in objects}
    return texts | {f"str of {type(one).__name__}": str(one) for one in objects}


def told_by(errors: Iterable[BaseException]) -> dict[str, str]:
    """What exceptions say: their text, their traceback with every cause, and what they carry."""
    return {
        f"{type(error).__name__} {number}": "".join(
            [
                *traceback.format_exception(error),
                repr(error),
                repr(error.args),
                repr(vars(error)),
            ]
        )
        for number, error in enumerate(errors)
    }


def _receipts(world: World) -> Iterator[Receipt]:
    yield from (message for message in world.queue.messages if isinstance(message, Receipt))


def _text(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, default=repr)
