"""``crm.duplicate.findbycomm``: who has one of these phones or e-mails.

Source: b24restdocs ``api-reference/crm/duplicates/crm-duplicate-find-by-comm.md``. Once a type has
20 matches the types after it are not looked at: without ``entity_type``, twenty contacts hide every
company. Ours: phones are compared by their digits, a leading 8 of eleven counting as 7.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.crm.fields import COMPANY, CONTACT
from local.sandbox.portal.crm.items import CrmItems
from local.sandbox.portal.envelope import Reply, RestError
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.phpform import as_list

CUT_OFF = 20
MOST_VALUES = 20

_ORDER = {"LEAD": None, "CONTACT": CONTACT, "COMPANY": COMPANY}


def duplicate_methods(items: CrmItems) -> dict[str, Method]:
    """The methods of this module by name."""

    def find_by_comm(params: Mapping[str, Any], _: Caller) -> Reply:
        kind = str(params.get("type") or "")
        if not kind:
            raise RestError("Communication type is not defined", "Parameter 'type' is required.")
        if kind not in ("PHONE", "EMAIL"):
            raise RestError(
                f"Communication type '{kind}' is not supported in current context", "Wrong type."
            )
        values = [str(value) for value in as_list(params.get("values") or [])][:MOST_VALUES]
        if not values:
            raise RestError(
                "Communication values is not defined", "Parameter 'values' is required."
            )
        asked = str(params.get("entity_type") or "").upper()
        found: dict[str, list[int]] = {}
        wanted = {_plain(kind, value) for value in values}
        for name, entity in _ORDER.items():
            if asked and name != asked:
                continue
            ids = _having(items, entity, kind, wanted)
            if ids:
                found[name] = ids[:CUT_OFF]
            if len(ids) >= CUT_OFF:
                break
        return Reply(found or [])

    return {"crm.duplicate.findbycomm": find_by_comm}


def _having(items: CrmItems, entity: int | None, kind: str, wanted: set[str]) -> list[int]:
    if entity is None:
        return []
    return [
        item["id"]
        for item in items.stores[entity]
        if any(one["typeId"] == kind and _plain(kind, one["value"]) in wanted for one in item["fm"])
    ]


def _plain(kind: str, value: str) -> str:
    if kind == "EMAIL":
        return value.strip().casefold()
    digits = re.sub(r"\D", "", value.partition(";")[0])
    return f"7{digits[1:]}" if len(digits) == 11 and digits.startswith("8") else digits
