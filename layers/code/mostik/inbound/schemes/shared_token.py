"""A shared token anywhere in the request: a header, the query, the body or the secret path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mostik.errors import RejectReason, WebhookRejected
from mostik.inbound.delivery import check_parts, delivery_id
from mostik.inbound.places import Place, place
from mostik.inbound.proof import same, to_bytes, usable
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified


@dataclass(frozen=True, slots=True)
class SharedToken:
    """Equality of one value with the secret, in constant time.

    It proves the sender and not the body: what arrives this way is a hint, and the record is read
    again.

    Attributes:
        token: place of the token (``header:X-Api-Key``, ``query:key``, ``json:token``, ``path``).
        prefix: what stands before it, such as ``Bearer`` and a space, in any case.
        delivery_id: places whose values make the delivery id.
    """

    name: str = "shared_token"
    token: str = "header:Authorization"  # noqa: S105 - a place, no token
    prefix: str = ""
    delivery_id: tuple[str, ...] = ()
    _token: Place = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_parts(self.delivery_id)
        object.__setattr__(self, "_token", place(self.token))

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of ``secrets``, or raises ``WebhookRejected``."""
        live = usable(secrets, request.received_at)
        text = self._token.read(request)
        if not text:
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING)
        if text[: len(self.prefix)].casefold() != self.prefix.casefold():
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING, "another kind of credential")
        presented = to_bytes(text[len(self.prefix) :].strip())
        for secret in live:
            if same(presented, to_bytes(secret.value)):
                return Verified(self.name, secret.id, delivery_id(self.delivery_id, request))
        raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)
