"""A shared token inside a form-encoded body, as Bitrix24 sends its ``auth[application_token]``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mostik.errors import RejectReason, WebhookRejected
from mostik.inbound.delivery import check_parts, delivery_id
from mostik.inbound.places import form_pairs, single
from mostik.inbound.private import Private
from mostik.inbound.proof import same, to_bytes, usable
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified


@dataclass(frozen=True, slots=True)
class FormToken:
    """Equality of one form field with the secret, and of two others with the expected sender.

    The field's name is matched whole, so a token nested under another name (``data[auth][...]``)
    proves nothing. There is no delivery id by default: Bitrix24 never repeats, and one hint sent
    twice may mean two changes.

    Attributes:
        field: the form field that holds the token.
        member_field: the field with the sender's id.
        member_id: the id that the sender must have; ``None`` admits any.
        domain_field: the field with the sender's domain.
        domain: the domain that the sender must have; ``None`` admits any (a portal can be renamed).
        delivery_id: places whose values make the delivery id.
        private: prefixes of the fields that hold credentials, in small letters; they do not travel.
        plain: fields below these prefixes that hold none.
    """

    name: str = "form_token"
    field: str = "token"
    member_field: str = "auth[member_id]"
    member_id: str | None = None
    domain_field: str = "auth[domain]"
    domain: str | None = None
    delivery_id: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()

    @property
    def credentials(self) -> Private:
        """Which fields of a request hold credentials."""
        return Private(self.private, self.plain)

    def __post_init__(self) -> None:
        check_parts(self.delivery_id)

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of ``secrets``, or raises ``WebhookRejected``."""
        live = usable(secrets, request.received_at)
        fields = form_pairs(request)
        token = single(fields, self.field)
        if not token:
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING)
        presented = to_bytes(token)
        for secret in live:
            if same(presented, to_bytes(secret.value)):
                self._check_sender(fields)
                return Verified(self.name, secret.id, delivery_id(self.delivery_id, request))
        raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)

    def _check_sender(self, fields: list[tuple[str, str]]) -> None:
        for name, expected in (
            (self.member_field, self.member_id),
            (self.domain_field, self.domain),
        ):
            if expected is None:
                continue
            found = single(fields, name) or ""
            if not same(to_bytes(found.casefold()), to_bytes(expected.casefold())):
                raise WebhookRejected(RejectReason.WRONG_PEER, "the sender is another one")
