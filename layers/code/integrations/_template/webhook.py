"""Which signature proves the API's events, and which records they are about."""

from __future__ import annotations

import json
from collections.abc import Sequence

from integrations._template.models import Settings
from mostik.integration import Finding, Hint, Webhook
from mostik.jobs.message import Receipt


def findings(receipt: Receipt, settings: Settings) -> Sequence[Finding]:
    """Returns the records that an event is about, in a fixed order.

    Raises:
        ValueError: the body is not an event.
    """
    del settings
    event = json.loads(receipt.body or b"")
    key = event.get("id") if isinstance(event, dict) else None
    if not isinstance(key, str) or not key:
        raise ValueError("the event has no id")
    return [Hint("orders", key)]


webhook: Webhook[Settings] = Webhook(
    scheme=lambda _settings: "hmac",
    parameters=lambda _settings: {},
    findings=findings,
)
