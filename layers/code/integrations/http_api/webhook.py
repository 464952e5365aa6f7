"""What the declared API's webhooks mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from integrations.http_api.models import EventFields, EventMode, Settings, value_at
from mostik.commerce.order import ORDERS
from mostik.errors import GiveUp, WhoActs
from mostik.integration import Finding, FullState, Hint, Webhook
from mostik.jobs.message import Receipt

NO_EVENTS = "none"


def parameters(settings: Settings) -> Mapping[str, Any]:
    """The door's parameters, as declared."""
    return settings.events.parameters if settings.events is not None else {}


def findings(receipt: Receipt, settings: Settings) -> Sequence[Finding]:
    """Returns the record that an event is about; other types are nothing to us.

    Raises:
        ValueError: the body is not JSON or lacks the declared fields.
        GiveUp: the settings declare no events, or a state event has no delivery id.
    """
    events = settings.events
    if events is None:
        raise GiveUp("This connection declares no webhooks.", who=WhoActs.ADMIN)
    content = json.loads(receipt.body or b"")
    kind = value_at(content, events.type)
    if not isinstance(kind, str):
        raise ValueError("the event has no type")
    about = _resource_of(kind, events)
    if about is None:
        return []
    key = value_at(content, events.key)
    if isinstance(key, bool) or not isinstance(key, str | int) or key == "":
        raise ValueError("the event has no key")
    if events.mode is EventMode.HINT:
        return [Hint(about, str(key))]
    state = value_at(content, events.content)
    if not isinstance(state, dict):
        raise ValueError("the event carries no state")
    if receipt.delivery_id is None:
        raise GiveUp(
            "A full-state event needs a delivery id; this signature scheme has none: use 'hint'.",
            who=WhoActs.ADMIN,
        )
    return [FullState(about, str(key), state)]


def _resource_of(kind: str, events: EventFields) -> str | None:
    """The resource that a type of events is about; those that are declared one by one first."""
    named = (name for name, types in events.resources.items() if fnmatchcase(kind, types))
    return next(named, ORDERS if fnmatchcase(kind, events.orders) else None)


webhook: Webhook[Settings] = Webhook(
    scheme=lambda settings: settings.events.scheme if settings.events else NO_EVENTS,
    parameters=parameters,
    findings=findings,
)
