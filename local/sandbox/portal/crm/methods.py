"""``crm.item.*``: the universal methods of CRM records.

Source: b24restdocs ``api-reference/crm/universal/crm-item-*.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.crm.items import CrmItems
from local.sandbox.portal.crm.query import run_query
from local.sandbox.portal.crm.store import Item, ItemStore
from local.sandbox.portal.envelope import Reply, Stamp, missing_parameter
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.phpform import as_list

Params = Mapping[str, Any]


def crm_methods(items: CrmItems, stamp: Stamp, page_size: int) -> dict[str, Method]:
    """The methods of this module by name."""

    def store_of(params: Params) -> ItemStore:
        return items.store(_required(params, "entityTypeId"))

    def add(params: Params, caller: Caller) -> Reply:
        store = store_of(params)
        return Reply({"item": items.add(store, _fields(params), caller.user_id)})

    def update(params: Params, caller: Caller) -> Reply:
        store = store_of(params)
        old = items.item(store, _required(params, "id"))
        return Reply({"item": items.update(store, old, _fields(params), caller.user_id)})

    def get(params: Params, _: Caller) -> Reply:
        item = items.item(store_of(params), _required(params, "id"), "Element not found")
        return Reply({"item": item})

    def delete(params: Params, _: Caller) -> Reply:
        store = store_of(params)
        items.delete(store, items.item(store, _required(params, "id")))
        return Reply([])

    def list_(params: Params, _: Caller) -> Reply:
        store = store_of(params)
        page, total, following = run_query(store, params, stamp, page_size)
        return Reply({"items": _selected(store, page, params.get("select"))}, total, following)

    def fields(params: Params, _: Caller) -> Reply:
        described = {
            name: field.describe()
            for name, field in store_of(params).entity.fields.items()
            if field.access != "response"
        }
        return Reply({"fields": described})

    return {
        "crm.item.add": add,
        "crm.item.update": update,
        "crm.item.get": get,
        "crm.item.delete": delete,
        "crm.item.list": list_,
        "crm.item.fields": fields,
    }


def _required(params: Params, name: str) -> Any:
    if params.get(name) in (None, ""):
        raise missing_parameter(name)
    return params[name]


def _fields(params: Params) -> Mapping[str, Any]:
    fields = params.get("fields")
    if isinstance(fields, Mapping):
        return fields
    if fields == []:  # what PHP makes of an empty map
        return {}
    raise missing_parameter("fields")


def _selected(store: ItemStore, page: list[Item], select: object) -> list[Item]:
    names = [str(name) for name in as_list(select)] if select else ["*"]
    if "*" in names:
        return page
    known = [name for name in names if name in store.entity.fields and name != "fm"]
    return [{name: item[name] for name in known} for item in page]
