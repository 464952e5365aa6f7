"""What the portal's events mean: they carry ids only, so each is a hint to read the record.

Source: apidocs.bitrix24.ru, events. Form-encoded, no delivery id, never sent twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from integrations.bitrix24.models import Settings
from mostik.integration import Finding, Hint, Webhook
from mostik.jobs.message import Receipt

_EVENT = re.compile(r"ONCRM(DEAL|CONTACT)(ADD|UPDATE|DELETE)")
_MOVED = "ONCRMDEALMOVETOCATEGORY"
_RESOURCES = {"DEAL": "deals", "CONTACT": "contacts"}


def parameters(settings: Settings) -> Mapping[str, Any]:
    """The door's parameters: whose events are taken."""
    expected = {"member_id": settings.member_id, "domain": settings.domain}
    return {name: value for name, value in expected.items() if value is not None}


def findings(receipt: Receipt, settings: Settings) -> Sequence[Finding]:
    """Returns the record that an event is about; other events are nothing to us.

    Raises:
        ValueError: the body is not an event.
    """
    del settings
    fields = dict(parse_qsl((receipt.body or b"").decode("utf-8"), keep_blank_values=True))
    event = fields.get("event", "").upper()
    if not event:
        raise ValueError("the body has no field 'event'")
    match = _EVENT.fullmatch(event)
    resource = _RESOURCES[match[1]] if match else "deals" if event == _MOVED else None
    if resource is None:
        return []
    key = fields.get("data[FIELDS][ID]", "")
    if not key.isdecimal():
        raise ValueError("the body has no numeric field 'data[FIELDS][ID]'")
    return [Hint(resource, key)]


webhook: Webhook[Settings] = Webhook(
    scheme=lambda _settings: "bitrix24", parameters=parameters, findings=findings
)
