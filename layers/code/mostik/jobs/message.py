"""What travels in the queue: frozen, versioned, plain JSON without characters that SQS refuses.

Kinds of messages:

* ``Receipt``: one inbound request that the door accepted, not yet interpreted;
* ``Touch``: a record may have changed, look at it again (it carries no data, so it merges and
  repeats);
* ``StateEvent``: an event that carries the record itself and has a delivery id;
* ``RunPage``: a run goes on: it lists its next pages (it carries no data either);
* ``RunChunk``: up to 50 records that a run has listed are carried over;
* ``Import``: files that were brought are read, and what is in them carried over.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from mostik.jobs.runwork import Import, RunChunk, RunPage

VERSION = 1
_END_OF_TIME = 253_402_300_800.0  # the year 10000: no clock says so, and no key could hold it

_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r")


class UnreadableMessage(Exception):
    """The text in the queue is not a message of this or an earlier release."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One accepted request.

    Attributes:
        id: job id: connection + delivery id where the scheme has one, else connection + a new ULID.
        received_at: unix seconds when the door took it.
        scheme: the signature scheme that proved it.
        key_id: the accepted secret's public name.
        delivery_id: the sender's own id of this delivery, a dedupe key.
        method: HTTP method.
        url: as called, with any secret path token replaced.
        headers: without those that carry proofs or credentials.
        body: the raw bytes, or ``None`` when ``body_key`` says where they are.
        body_key: blob key of a body that was too big for a message.
        trace_id: API Gateway's request id.
        repeats: how often it was sent again from its row; above zero it has a row to settle.
    """

    id: str
    connection: str
    received_at: float
    scheme: str
    key_id: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    body_key: str | None = None
    delivery_id: str | None = None
    trace_id: str | None = None
    repeats: int = 0

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def in_blob(self, key: str) -> Receipt:
        """Returns the receipt without its body, which lies under ``key``."""
        return replace(self, body=None, body_key=key)


@dataclass(frozen=True, slots=True)
class Touch:
    """Look at this record again.

    Attributes:
        connection: where the record lives.
        resource: which collection of it.
        key: its key there.
        event: id of the receipt, run or person that asked, for the trail.
        asked_at: unix seconds when it was asked for.
    """

    connection: str
    resource: str
    key: str
    event: str
    asked_at: float

    @property
    def id(self) -> str:
        """The job id: a touch is known by its record, so two touches are one job."""
        return f"{self.connection}/{self.resource}/{self.key}"


@dataclass(frozen=True, slots=True)
class StateEvent:
    """A full-state event: the record's content as the sender signed it.

    Attributes:
        id: job id (connection + delivery id): claimed once, so a repeat has no effect.
        content: the record in the integration's own words, as JSON.
    """

    id: str
    connection: str
    resource: str
    key: str
    content: Mapping[str, Any]
    event: str
    asked_at: float


Message = Receipt | Touch | StateEvent | RunPage | RunChunk | Import
Work = Touch | StateEvent | RunPage | RunChunk | Import
MERGING = (Touch, RunPage, Import)
"""Kinds that carry no data: one that comes while another is in hand only says: look once more."""
"""What a worker claims and runs."""


def dump(message: Message) -> str:
    """Returns the message as the queue and the rows hold it."""
    document: dict[str, Any]
    match message:
        case Receipt():
            document = {
                "kind": "receipt",
                "id": message.id,
                "connection": message.connection,
                "received_at": message.received_at,
                "scheme": message.scheme,
                "key_id": message.key_id,
                "method": message.method,
                "url": message.url,
                "headers": dict(message.headers),
                "delivery_id": message.delivery_id,
                "trace_id": message.trace_id,
                "body_key": message.body_key,
                "repeats": message.repeats,
                **_body_fields(message.body),
            }
        case Touch():
            document = {
                "kind": "touch",
                "connection": message.connection,
                "resource": message.resource,
                "key": message.key,
                "event": message.event,
                "asked_at": message.asked_at,
            }
        case StateEvent():
            document = {
                "kind": "event",
                "id": message.id,
                "connection": message.connection,
                "resource": message.resource,
                "key": message.key,
                "content": message.content,
                "event": message.event,
                "asked_at": message.asked_at,
            }
        case RunPage():
            document = {
                "kind": "page",
                "connection": message.connection,
                "resource": message.resource,
                "run": message.run,
                "asked_at": message.asked_at,
            }
        case RunChunk():
            document = {
                "kind": "chunk",
                "connection": message.connection,
                "resource": message.resource,
                "run": message.run,
                "page": message.page,
                "number": message.number,
                "asked_at": message.asked_at,
            }
        case Import():
            document = {
                "kind": "import",
                "connection": message.connection,
                "session": message.session,
                "id": message.import_id,
                "asked_at": message.asked_at,
            }
        case _:
            assert_never(message)
    versioned = {"v": VERSION, **document}
    text = _compact(versioned)
    return text if _is_taken_by_sqs(text) else json.dumps(versioned, separators=(",", ":"))


def load(text: str) -> Message:
    """Reads a message.

    Raises:
        UnreadableMessage: the text is not a message of a version that this release knows.
    """
    try:
        document = json.loads(text)
        version = document["v"]
        if version != VERSION:
            raise UnreadableMessage(f"message version {version} is newer than this release")
        match document["kind"]:
            case "receipt":
                return _receipt(document)
            case "touch":
                return Touch(
                    connection=_text(document, "connection"),
                    resource=_text(document, "resource"),
                    key=_text(document, "key"),
                    event=_text(document, "event"),
                    asked_at=_seconds(document, "asked_at"),
                )
            case "event":
                return StateEvent(
                    id=_text(document, "id"),
                    connection=_text(document, "connection"),
                    resource=_text(document, "resource"),
                    key=_text(document, "key"),
                    content=_object(document, "content"),
                    event=_text(document, "event"),
                    asked_at=_seconds(document, "asked_at"),
                )
            case "page":
                return RunPage(
                    connection=_text(document, "connection"),
                    resource=_text(document, "resource"),
                    run=_text(document, "run"),
                    asked_at=_seconds(document, "asked_at"),
                )
            case "chunk":
                return RunChunk(
                    connection=_text(document, "connection"),
                    resource=_text(document, "resource"),
                    run=_text(document, "run"),
                    page=_number(document, "page"),
                    number=_number(document, "number"),
                    asked_at=_seconds(document, "asked_at"),
                )
            case "import":
                return Import(
                    connection=_text(document, "connection"),
                    session=_text(document, "session"),
                    import_id=_text(document, "id"),
                    asked_at=_seconds(document, "asked_at"),
                )
            case kind:
                raise UnreadableMessage(f"unknown kind of message: {kind!r}")
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise UnreadableMessage(f"not a message: {type(error).__name__}") from error


def sent_again(payload: str) -> str:
    """Returns the message to send for a row: a receipt says that it has a row now."""
    message = load(payload)
    if isinstance(message, Receipt):
        return dump(replace(message, repeats=message.repeats + 1))
    return payload


def with_body(receipt: Receipt, body: bytes) -> Receipt:
    """Returns the receipt with a body that was fetched from the blobs."""
    return replace(receipt, body=body)


def _is_taken_by_sqs(text: str) -> bool:
    """Whether SQS takes every character: none of its refused ones, JSON has escaped the controls.

    Written without a regular expression: compiling one of that width costs a cold start 2 %.
    """
    if text.isascii():
        return True
    if "\ufffe" in text or "\uffff" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def _body_fields(body: bytes | None) -> dict[str, str]:
    """Text stays readable in the queue; anything else travels as base64, which is shorter: one
    character that SQS refuses would have every Cyrillic letter written as six bytes."""
    if body is None:
        return {}
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if (
        text is None
        or len(body.translate(None, _CONTROLS)) < len(body)
        or not _is_taken_by_sqs(text)
    ):
        return {"body_base64": b64encode(body).decode("ascii")}
    return {"body": text}


def _receipt(document: Mapping[str, Any]) -> Receipt:
    body: bytes | None = None
    if "body" in document:
        body = document["body"].encode("utf-8")
    elif "body_base64" in document:
        body = b64decode(document["body_base64"], validate=True)
    return Receipt(
        id=_text(document, "id"),
        connection=_text(document, "connection"),
        received_at=_seconds(document, "received_at"),
        scheme=_text(document, "scheme"),
        key_id=_text(document, "key_id"),
        method=_text(document, "method"),
        url=_text(document, "url"),
        headers=_object(document, "headers"),
        body=body,
        body_key=document.get("body_key"),
        delivery_id=document.get("delivery_id"),
        trace_id=document.get("trace_id"),
        repeats=int(document.get("repeats", 0)),
    )


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _object(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document[name]
    if not isinstance(value, dict):
        raise TypeError(name)
    return value


def _number(document: Mapping[str, Any], name: str) -> int:
    value = document[name]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(name)
    return value


def _seconds(document: Mapping[str, Any], name: str) -> float:
    value = float(document[name])
    if not 0 <= value < _END_OF_TIME:  # neither a NaN nor an infinity
        raise ValueError(name)
    return value
