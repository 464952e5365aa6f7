"""Outgoing webhooks: which subscriber is told, and in which bytes.

An event carries the id of the record and never its fields, has no delivery id and no signature: the
only proof is ``auth[application_token]``. Sources: b24restdocs ``api-reference/events/index.md``
and the pages of the single events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from local.sandbox.deliveries import DeliverySender
from local.sandbox.portal.config import ALL_EVENTS, Subscription
from local.sandbox.portal.phpform import encode

SERVER_ENDPOINT = "https://oauth.bitrix.info/rest/"

_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": "Bitrix24 Webhook Engine",
    "Accept": "*/*",
}


def event_body(
    *,
    event: str,
    handler_id: int,
    fields: Mapping[str, object],
    ts: int,
    domain: str,
    client_endpoint: str,
    member_id: str,
    application_token: str,
) -> bytes:
    """The body of an outgoing webhook's POST; an application would get tokens in ``auth`` too."""
    form = {
        "event": event,
        "event_handler_id": handler_id,
        "data": {"FIELDS": fields},
        "ts": ts,
        "auth": {
            "domain": domain,
            "client_endpoint": client_endpoint,
            "server_endpoint": SERVER_ENDPOINT,
            "member_id": member_id,
            "application_token": application_token,
        },
    }
    return encode(form).encode("ascii")


class EventBus:
    """Tells subscribers about changes, also about those that their own calls made.

    Args:
        sender: sends each delivery once; the portal never repeats one.
        clock: unix seconds.
        address: domain and client endpoint of the portal, known once it listens.
        member_id: the portal's stable id.
    """

    def __init__(
        self,
        sender: DeliverySender,
        clock: Callable[[], float],
        address: Callable[[], tuple[str, str]],
        member_id: str,
    ) -> None:
        self._sender = sender
        self._clock = clock
        self._address = address
        self._member_id = member_id
        self._last_handler_id = 0
        self._subscriptions: list[tuple[int, Subscription]] = []

    def subscribe(self, subscription: Subscription) -> int:
        """Adds a subscriber and returns its ``event_handler_id``."""
        self._last_handler_id = subscription.handler_id or self._last_handler_id + 1
        self._subscriptions.append((self._last_handler_id, subscription))
        return self._last_handler_id

    def unsubscribe_all(self) -> None:
        """Nobody is told any more."""
        self._subscriptions.clear()

    def fire(self, event: str, fields: Mapping[str, object]) -> None:
        """Queues one delivery for every subscriber of the event."""
        for handler_id, subscription in self._subscriptions:
            if subscription.event.upper() not in (event, ALL_EVENTS):
                continue
            domain, client_endpoint = self._address()
            body = event_body(
                event=event,
                handler_id=handler_id,
                fields=fields,
                ts=int(self._clock()),
                domain=domain,
                client_endpoint=client_endpoint,
                member_id=self._member_id,
                application_token=subscription.application_token,
            )
            self._sender.submit(event, str(fields.get("ID", "")), subscription.url, body, _HEADERS)
