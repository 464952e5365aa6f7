"""Installations: a vendor hands over an application's first tokens, before anything proves it.

Such a request comes to an address with a secret path segment of its own, which a person has copied
from here into the vendor's form (docs/decisions, bitrix24-app). Its credentials are deposited where
the door may write and not read; what travels on is the event without them. Whether they are worth
anything is for the worker to find out from the vendor's token service.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mostik.errors import Busy, RejectReason, WebhookRejected
from mostik.inbound.proof import live, same, to_bytes
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified

SCHEME = "install"
"""Name of the proof in receipts."""
VERSION = 1
_MOST_BYTES = 16_384
"""A deposit is a handful of tokens."""

Deposit = Callable[[str, str], None]
"""Stores the document of a connection's newest installation. Raises ``Busy``."""


def refuse(_connection: str, _document: str) -> None:
    """Takes no deposit: a door that was wired without a place for them."""
    raise Busy("there is no place for an installation's credentials")


def proven(secrets: tuple[AcceptedSecret, ...], request: InboundRequest) -> Verified:
    """Proves an installation by its path.

    Raises:
        WebhookRejected: no live secret is its path segment.
    """
    presented = to_bytes(request.path_token or "")
    usable = live(secrets, request.received_at)
    if not usable:
        raise WebhookRejected(RejectReason.NO_SECRET, "installations are not expected now")
    for secret in usable:
        if same(presented, to_bytes(secret.value)):
            return Verified(SCHEME, secret.id)
    raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)


@dataclass(frozen=True, slots=True)
class Deposited:
    """An installation's credentials, as they were handed over. Nothing of it is proven.

    Attributes:
        at: unix seconds.
        fields: form fields by name.
    """

    at: int
    fields: Mapping[str, str] = field(repr=False)


def deposit_of(fields: Mapping[str, str], at: int) -> str:
    """The document to store.

    Raises:
        WebhookRejected: there are no credentials, or far too many.
    """
    text = json.dumps({"v": VERSION, "at": at, "fields": dict(fields)}, separators=(",", ":"))
    if not fields or len(text) > _MOST_BYTES:
        raise WebhookRejected(RejectReason.MALFORMED, "no credentials, or too many")
    return text


def read_deposit(text: str | None) -> Deposited | None:
    """The deposit in a stored document; ``None`` when there is none (it was taken)."""
    try:
        document = json.loads(text or "null")
        fields = document["fields"]
        return Deposited(int(document["at"]), {str(k): str(v) for k, v in fields.items()})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
