"""``crm.deal.list``: the older way to list deals, with names in capitals and values as text.

Source: b24restdocs ``api-reference/crm/deals/crm-deal-list.md``. It gives a bare list, and is what
client libraries know. Ours, where that page is silent: a name that no field has is ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.crm.fields import DEAL
from local.sandbox.portal.crm.items import CrmItems
from local.sandbox.portal.crm.query import OPERATORS, run_query
from local.sandbox.portal.envelope import Reply, Stamp
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.phpform import as_list, pairs


def deal_methods(items: CrmItems, stamp: Stamp, page_size: int) -> dict[str, Method]:
    """The methods of this module by name."""
    names = {field.upper_name: name for name, field in items.stores[DEAL].entity.fields.items()}
    names |= {"DATE_CREATE": "createdTime", "DATE_MODIFY": "updatedTime"}

    def list_(params: Mapping[str, Any], _: Caller) -> Reply:
        said = {key.lower(): value for key, value in params.items()}
        query = {
            "filter": _renamed(said.get("filter"), names),
            "order": _renamed(said.get("order"), names) or {"id": "ASC"},
            "start": said.get("start"),
        }
        page, total, following = run_query(items.stores[DEAL], query, stamp, page_size)
        wanted = [str(name) for name in as_list(said["select"])] if said.get("select") else ["*"]
        chosen = list(names) if "*" in wanted else [name for name in wanted if name in names]
        if "ID" not in chosen:
            chosen.insert(0, "ID")
        rows = [{name: _text(item[names[name]]) for name in chosen} for item in page]
        return Reply(rows, total, following)

    return {"crm.deal.list": list_}


def _renamed(conditions: object, names: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for key, value in pairs(conditions):
        operator = next((one for one in OPERATORS if key.startswith(one)), "")
        name = names.get(key[len(operator) :])
        if name is not None:
            found[operator + name] = value
    return found


def _text(value: object) -> object:
    return value if value is None or isinstance(value, list) else str(value)
