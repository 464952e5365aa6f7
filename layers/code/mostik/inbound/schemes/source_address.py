"""The sender's address as the proof, where a vendor signs nothing (YooKassa)."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

from mostik.errors import ConfigurationError, RejectReason, WebhookRejected
from mostik.inbound.delivery import check_parts, delivery_id
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """The gateway's own view of the peer's address lies in one of the networks.

    A forwarded header is never looked at: anyone can write one. What arrives is a hint: the object
    is read again with our own key.

    Attributes:
        networks: CIDR networks or single addresses.
        delivery_id: places whose values make the delivery id.
    """

    name: str = "source_address"
    networks: tuple[str, ...] = ()
    delivery_id: tuple[str, ...] = ()
    _networks: tuple[tuple[str, _Network], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_parts(self.delivery_id)
        if not self.networks:
            raise ConfigurationError("'networks' must name at least one network")
        object.__setattr__(
            self, "_networks", tuple((text, _network(text)) for text in self.networks)
        )

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the sender by its address, or raises ``WebhookRejected``."""
        del secrets  # the contract of all schemes; this one needs none
        try:
            address = ipaddress.ip_address(request.source_ip)
        except ValueError:
            raise WebhookRejected(RejectReason.SOURCE_ADDRESS, "no address") from None
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        for text, network in self._networks:
            if address in network:
                return Verified(self.name, text, delivery_id(self.delivery_id, request))
        raise WebhookRejected(RejectReason.SOURCE_ADDRESS)


def _network(text: str) -> _Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise ConfigurationError(f"{text!r} is no network; write it as 192.0.2.0/24") from None
