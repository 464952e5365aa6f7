"""What the hook in the site's ``init.php`` means (docs/php/mostik_hook.php): a hint, never a state.

The body is ``{"event": "order.saved", "id": 17}``, signed with an HMAC of it (SHA-256, hex) in
``X-Signature``. It carries no time: whoever sends it again has a record read again, and no more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.bitrix_site.models import Settings, Transport
from mostik.commerce.catalog import PRODUCTS
from mostik.commerce.order import ORDERS
from mostik.integration import Finding, Hint, Webhook
from mostik.jobs.message import Receipt

_ABOUT = {"order": ORDERS, "product": PRODUCTS}


def parameters(settings: Settings) -> Mapping[str, Any]:
    """The door's parameters: those of the scheme ``hmac`` are the hook's."""
    del settings
    return {}


def findings(receipt: Receipt, settings: Settings) -> Sequence[Finding]:
    """Returns the record that the hook is about; other events are nothing to us.

    Raises:
        ValueError: the body is not the hook's.
    """
    content = json.loads(receipt.body or b"")
    if not isinstance(content, dict):
        raise ValueError("the body is no object")
    event, key = content.get("event"), content.get("id")
    if not isinstance(event, str) or isinstance(key, bool) or not isinstance(key, int | str):
        raise ValueError("the body has no event and id")
    if key == "" or not str(key).isprintable():
        raise ValueError("the body has no id")
    resource = _ABOUT.get(event.partition(".")[0])
    if resource is None:
        return []
    if resource == PRODUCTS and settings.transport is not Transport.REST:
        return []  # there a good is called by its external code, and is read with the others
    return [Hint(resource, str(key))]


webhook: Webhook[Settings] = Webhook(
    scheme=lambda _settings: "hmac", parameters=parameters, findings=findings
)
