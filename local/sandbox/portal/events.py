"""Events: which subscriber is told, in which bytes, and what goes into the offline queue.

An event carries the id of the record and never its fields, has no delivery id and no signature: the
only proof is ``auth[application_token]``. An application also gets tokens of the user who made the
change, and none when a robot made it. Sources: b24restdocs ``api-reference/events/*.md`` and the
pages of the single events, most of which show a refresh token too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.sandbox.deliveries import DeliverySender
from local.sandbox.portal.config import ALL_EVENTS, Subscription
from local.sandbox.portal.offline import OfflineQueue
from local.sandbox.portal.phpform import encode

SERVER_ENDPOINT = "https://oauth.bitrix.info/rest/"
WAKE_UP = "ONOFFLINEEVENT"

_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": "Bitrix24 Webhook Engine",
    "Accept": "*/*",
}

Tokens = Callable[[int], Mapping[str, Any]]
"""Fresh tokens of a user, for an event to an application."""


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


@dataclass(slots=True)
class Binding:
    """An event of the application, as ``event.bind`` made it.

    Attributes:
        id: ``event_handler_id``.
        event: its name in capitals.
        handler: who is told; empty for an offline one.
        auth_type: whose tokens the event carries; 0: those of whoever made the change.
        offline: whether it goes into the queue instead.
        connector: the source key.
        min_timeout: seconds between two wake-ups.
        told_at: when it was told last.
    """

    id: int
    event: str
    handler: str = ""
    auth_type: int = 0
    offline: bool = False
    connector: str = ""
    min_timeout: float = 1.0
    told_at: float = float("-inf")


@dataclass(slots=True)
class Acting:
    """Who makes the change at this moment.

    Attributes:
        user_id: whose tokens events carry; ``None``: a robot, so they carry none.
        connector: ``auth_connector`` of the call.
    """

    user_id: int | None = None
    connector: str = ""


@dataclass
class EventBus:
    """Tells subscribers about changes, also about those that their own calls made.

    Args:
        sender: sends each delivery once; the portal never repeats one.
        clock: unix seconds.
        address: domain and client endpoint of the portal, known once it listens.
        member_id: the portal's stable id.
        queue: the offline queue of the application.
        tokens: makes the tokens of an event to the application.
    """

    sender: DeliverySender
    clock: Callable[[], float]
    address: Callable[[], tuple[str, str]]
    member_id: str
    queue: OfflineQueue
    tokens: Tokens = lambda _user: {}
    acting: Acting = field(default_factory=Acting)
    application_token: str = ""
    app_listens: bool = False
    bindings: list[Binding] = field(default_factory=list)
    _last_handler_id: int = 0
    _subscriptions: list[tuple[int, Subscription]] = field(default_factory=list)

    def subscribe(self, subscription: Subscription) -> int:
        """Adds an outgoing webhook and returns its ``event_handler_id``."""
        self._last_handler_id = subscription.handler_id or self._last_handler_id + 1
        self._subscriptions.append((self._last_handler_id, subscription))
        return self._last_handler_id

    def unsubscribe_all(self) -> None:
        """No outgoing webhook is told any more."""
        self._subscriptions.clear()

    def bind(self, event: str, **how: Any) -> Binding:
        """Adds an event of the application."""
        self._last_handler_id += 1
        binding = Binding(self._last_handler_id, event, **how)
        self.bindings.append(binding)
        return binding

    def fire(self, event: str, fields: Mapping[str, object]) -> None:
        """Queues one delivery for every subscriber of the event."""
        for handler_id, subscription in self._subscriptions:
            if subscription.event.upper() not in (event.upper(), ALL_EVENTS):
                continue
            domain, client_endpoint = self.address()
            body = event_body(
                event=event,
                handler_id=handler_id,
                fields=fields,
                ts=int(self.clock()),
                domain=domain,
                client_endpoint=client_endpoint,
                member_id=self.member_id,
                application_token=subscription.application_token,
            )
            self.sender.submit(event, str(fields.get("ID", "")), subscription.url, body, _HEADERS)
        if self.app_listens:
            self._tell_the_app(event, fields)

    def tell(
        self,
        url: str,
        event: str,
        data: Mapping[str, object],
        auth: Mapping[str, Any],
        handler_id: int | None = None,
    ) -> None:
        """Sends one event to the application."""
        form: dict[str, Any] = {"event": event}
        if handler_id is not None:
            form["event_handler_id"] = handler_id
        form |= {"data": data, "ts": int(self.clock()), "auth": auth}
        subject = data.get("FIELDS")
        named = str(subject.get("ID", "")) if isinstance(subject, Mapping) else ""
        self.sender.submit(event, named, url, encode(form).encode("ascii"), _HEADERS)

    def identity(self) -> dict[str, Any]:
        """The part of ``auth`` that every event to the application has."""
        domain, client_endpoint = self.address()
        return {
            "domain": domain,
            "client_endpoint": client_endpoint,
            "server_endpoint": SERVER_ENDPOINT,
            "member_id": self.member_id,
            "application_token": self.application_token,
        }

    def _tell_the_app(self, event: str, fields: Mapping[str, object]) -> None:
        fresh = False
        for binding in self.bindings:
            if binding.event != event.upper():
                continue
            if not binding.offline:
                user = binding.auth_type or self.acting.user_id
                tokens = self.tokens(user) if user is not None else {}
                auth = {**tokens, **self.identity()}
                self.tell(binding.handler, event, {"FIELDS": fields}, auth, binding.id)
            elif not binding.connector or binding.connector != self.acting.connector:
                fresh = self.queue.push(binding.event, fields, binding.connector) or fresh
        if fresh:
            self._wake(event)

    def _wake(self, event: str) -> None:
        now = self.clock()
        for binding in self.bindings:
            if binding.event != WAKE_UP or now - binding.told_at < binding.min_timeout:
                continue
            binding.told_at = now
            data = {
                "type": "add",
                "event": event,
                "handler": binding.handler,
                "minTimeout": binding.min_timeout,
            }
            user = binding.auth_type or self.acting.user_id
            tokens = self.tokens(user) if user is not None else {}
            self.tell(binding.handler, WAKE_UP, data, {**tokens, **self.identity()}, binding.id)
