"""Runs a file of signature vectors through the door: ``python -m local.vectors FILE``.

The file holds ``vectors`` (a signed request and the verdict it must get) and ``handshakes`` (a
question and the answer it must get). Each becomes a door document and an API Gateway event,
delivered twice: with the body as text and as base64. Only ``valid`` and ``response`` bind;
``expect`` is a hint for readers.

Ends with ``N passed, N failed``; exits 1 when one failed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from local.vector_cases import CONNECTION, Vector, door_of, events_of, question_of
from mostik.connections.connection import is_connection_id
from mostik.errors import ConfigurationError
from mostik.inbound.door import parse_door
from mostik.inbound.gateway import arrival_of, response_of
from mostik.inbound.intake import Intake
from mostik.inbound.refusals import Refusals
from mostik.jobs.message import Receipt


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender of a webhook reads, and what was queued for it."""

    status: int
    body: str
    content_type: str
    queued: int


def deliver(document: str, event: Mapping[str, Any], now: int) -> Answer:
    """Hands one event to the webhook function's own path, with a queue in memory.

    This is the only place that knows what the receiver is made of.
    """
    queue = _Queue()
    intake = Intake(
        secrets=_OneDoor(document),
        queue=queue,
        divert=_never,
        blobs=_NoBlobs(),
        refusals=Refusals(lambda _line: None, lambda: now),
        clock=lambda: now,
        random_bytes=bytes,
        max_body=LARGEST_BODY,
        is_connection_id=is_connection_id,
    )
    response = response_of(intake.take(arrival_of(event, now)))
    headers = response["headers"]
    return Answer(
        response["statusCode"],
        response["body"],
        headers["Content-Type"],
        len(queue.sent),
    )


LARGEST_BODY = 6 * 1024 * 1024
"""Bytes; what Lambda takes."""


class _OneDoor:
    def __init__(self, document: str) -> None:
        self._document = document

    def read(self, name: str) -> str | None:
        return self._document if name == f"door/{CONNECTION}" else None

    def refresh(self, name: str) -> str | None:
        return self.read(name)


class _Queue:
    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, body: str, *, group: str, delay: int = 0) -> None:
        del group, delay
        self.sent.append(body)

    def send_many(self, bodies: Sequence[str], *, group: str) -> None:
        del group
        self.sent += bodies

    def return_at(self, receipt_handle: str, seconds: int) -> None:
        del receipt_handle, seconds
        raise AssertionError("the door returns nothing to the queue")


class _NoBlobs:
    def put(self, key: str, data: bytes) -> None:
        """Vectors with big bodies are verified all the same."""

    def get(self, key: str) -> bytes | None:
        del key
        raise AssertionError("the door reads no blobs")


def _never(receipt: Receipt, payload: str) -> NoReturn:
    del receipt, payload
    raise AssertionError("the queue of this run refuses nothing")


def run_vector(vector: Vector) -> str | None:
    """Delivers one vector; returns what went wrong, ``None`` when nothing did."""
    now = int(vector.get("now") or time.time())
    try:
        document = door_of(vector)
        parse_door(document)  # to say what is wrong with it: the door itself answers only 503
        for event in events_of(vector):
            answer = deliver(document, event, now)
            accepted, refused = answer.status // 100 == 2, answer.status // 100 == 4
            if (accepted if vector["valid"] else refused) is False:
                return f"answered {answer.status}, valid is {vector['valid']}"
            if answer.queued != accepted:
                return f"answered {answer.status} and queued {answer.queued} jobs"
            if accepted and "expected_response" in vector:
                wrong = _difference(answer, vector["expected_response"])
                if wrong:
                    return wrong
    except ConfigurationError as error:
        return f"no such door: {error.text}"
    return None


def run_handshake(case: Vector) -> str | None:
    """Asks one handshake; returns what went wrong, ``None`` when nothing did."""
    now = int(case.get("now") or time.time())
    asked = question_of(case, now)
    if asked is None:
        return "no handshake that is known here"
    document, request = asked
    try:
        parse_door(document)
        for event in events_of(request):
            answer = deliver(document, event, now)
            wrong = _difference(answer, case["response"])
            if wrong or answer.queued:
                return wrong or "queued a handshake"
    except ConfigurationError as error:
        return f"no such door: {error.text}"
    return None


def _difference(answer: Answer, expected: Vector) -> str | None:
    if answer.status != expected["status"]:
        return f"answered {answer.status} {answer.body}, {expected['status']} expected"
    kind = answer.content_type.partition(";")[0]
    if "content_type" in expected and kind != expected["content_type"]:
        return f"answered as {kind}, {expected['content_type']} expected"
    if "text" in expected and answer.body != expected["text"]:
        return f"answered {answer.body!r}, {expected['text']!r} expected"
    if "json" in expected and json.loads(answer.body) != expected["json"]:
        return f"answered {answer.body}, {json.dumps(expected['json'])} expected"
    return None


def main(arguments: list[str] | None = None) -> int:
    """Runs the file, prints the count; 1 when a case failed, 2 when there is nothing to run."""
    parser = argparse.ArgumentParser(prog="vectors", description="Runs signature vectors.")
    parser.add_argument("file", type=Path, help="JSON with 'vectors' and 'handshakes'")
    path = parser.parse_args(arguments).file
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    results = [_result(run_vector, case) for case in document.get("vectors", [])]
    results += [_result(run_handshake, case) for case in document.get("handshakes", [])]
    failures = [(name, wrong) for name, wrong in results if wrong is not None]
    for name, wrong in failures:
        print(f"FAILED {name}: {wrong}")
    print(f"{len(results) - len(failures)} passed, {len(failures)} failed")
    if not results:
        return 2
    return 1 if failures else 0


def _result(run: Callable[[Vector], str | None], case: Vector) -> tuple[str, str | None]:
    name = str(case.get("id", "a case without an id"))
    try:
        return name, run(case)
    except KeyError as missing:
        return name, f"the case has no {missing}"


if __name__ == "__main__":
    sys.exit(main())
