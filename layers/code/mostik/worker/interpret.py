"""Turns an accepted receipt into work: which records is it about?"""

from __future__ import annotations

from collections.abc import Sequence

from mostik.connections.open import OpenConnection
from mostik.errors import Family, GiveUp, MostikError, WhoActs
from mostik.http.redact import Redactor
from mostik.ids import ulid
from mostik.integration import FullState, Hint
from mostik.jobs.message import Receipt, StateEvent, Touch, Work, with_body
from mostik.ports import Blobs
from mostik.requestlog.entry import Direction, Exchange, LogEntry

LONGEST_KEY_BYTES = 512
"""A row's sort key takes 1,024 bytes; a record's key stands in it beside times and names."""
_KEPT_BODY = 262_144
BODY_EXPIRED = "body expired"
"""The code of a job that failed because the bucket no longer has its body."""


def load_body(receipt: Receipt, blobs: Blobs) -> Receipt:
    """Fetches a body that was too big for its message.

    Raises:
        GiveUp: the body has expired.
        Busy: it cannot be read now.
    """
    if receipt.body is not None or receipt.body_key is None:
        return receipt
    body = blobs.get(receipt.body_key)
    if body is None:
        raise GiveUp(
            "The body of this event expired: it is no longer stored, and it cannot be handled.",
            who=WhoActs.ADMIN,
            code=BODY_EXPIRED,
        )
    return with_body(receipt, body)


def work_in(receipt: Receipt, opened: OpenConnection) -> Sequence[Work]:
    """Returns the work that a receipt asks for, in a fixed order.

    Raises:
        GiveUp: its body is not what the integration understands.
    """
    webhook = opened.integration.webhook
    if webhook is None:
        raise GiveUp(
            f"The integration {opened.integration.name!r} does not take webhooks.",
            who=WhoActs.DEVELOPER,
        )
    try:
        findings = webhook.findings(receipt, opened.settings)
    except MostikError:
        raise
    except Exception as error:  # it is pure: whatever it raises, it raises again
        raise GiveUp(
            "The body of this event is not what the integration understands"
            f" ({type(error).__name__}).",
            who=WhoActs.DEVELOPER,
        ) from error
    work: list[Work] = []
    for number, finding in enumerate(findings):
        _check_key(finding.key)
        match finding:
            case Hint():
                work.append(
                    Touch(
                        connection=receipt.connection,
                        resource=finding.resource,
                        key=finding.key,
                        event=receipt.id,
                        asked_at=receipt.received_at,
                    )
                )
            case FullState():
                work.append(
                    StateEvent(
                        # Of several each has a row of its own: the receipt's row must not say that
                        # the delivery was handled before the last of them has a home.
                        id=receipt.id if len(findings) == 1 else f"{receipt.id}.{number}",
                        connection=receipt.connection,
                        resource=finding.resource,
                        key=finding.key,
                        content=finding.content,
                        event=receipt.id,
                        asked_at=receipt.received_at,
                    )
                )
    return work


def _check_key(key: str) -> None:
    """A record's key ends in keys of rows, in addresses and in logs: it must fit into all of them.

    Raises:
        GiveUp: it is empty or too long, or holds what cannot be stored.
    """
    if not key.isprintable() or not 0 < len(key.encode()) <= LONGEST_KEY_BYTES:
        raise GiveUp(
            "The event names its record by a key that is empty, too long or not plain text.",
            who=WhoActs.EXTERNAL_ADMIN,
        )


def entry_for(
    receipt: Receipt, redactor: Redactor, *, family: Family | None, error: str | None
) -> LogEntry:
    """Returns the log entry of a receipt, as the door took it."""
    body = receipt.body or b""
    return LogEntry(
        id=ulid(receipt.received_at),
        at=receipt.received_at,
        connection=receipt.connection,
        direction=Direction.IN,
        method=receipt.method,
        endpoint="/webhooks/{connection}",
        url=redactor.url(receipt.url),
        status=200,
        duration_ms=0,
        request=Exchange(
            headers=redactor.headers(
                {
                    **receipt.headers,
                    "mostik-scheme": receipt.scheme,
                    "mostik-key-id": receipt.key_id,
                }
            ),
            body=redactor.body(body, receipt.content_type)[:_KEPT_BODY],
            size=len(body),
        ),
        response=Exchange(),
        family=family,
        error=error,
        job=receipt.id,
        event=receipt.id,
        trace=receipt.trace_id,
    )
