"""Funnels, stages, currencies, users and user fields.

Sources: b24restdocs ``api-reference/crm/universal/category/crm-category-list.md``,
``crm/status/crm-status-list.md``, ``crm/currency/crm-currency-list.md``, ``user/user-get.md``,
``crm/deals/user-defined-fields``, ``crm/universal/userfieldconfig``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from local.sandbox.portal.config import PortalConfig, UserField
from local.sandbox.portal.crm.fields import COMPANY, CONTACT, DEAL, Field
from local.sandbox.portal.envelope import Reply, RestError, Stamp
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.table import Row, Table

Params = Mapping[str, Any]

_NAMES = {DEAL: "DEAL", CONTACT: "CONTACT", COMPANY: "COMPANY"}
_STAGE_NAMES = {"NEW": "New", "WON": "Deal won", "LOSE": "Deal lost"}
_USERS = ((1, "Anna", "Admin"), (7, "Petr", "Manager"))


def directory_methods(
    config: PortalConfig, stamp: Stamp, currencies: Callable[[], list[str]]
) -> dict[str, Method]:
    """The methods of this module by name."""

    def category_list(params: Params, _: Caller) -> Reply:
        if str(params.get("entityTypeId")) not in ("2", "3", "4"):
            raise RestError("NOT_FOUND", "Smart process not found")
        found = [_category(id_) for id_ in config.funnels if str(params["entityTypeId"]) == "2"]
        return Reply({"categories": found}, len(found))

    def currency_list(_: Params, __: Caller) -> Reply:
        rows = [_currency(code, at) for at, code in enumerate(currencies())]
        return Reply(rows, len(rows))

    def users(params: Params, _: Caller) -> Reply:
        table = Table({"ACTIVE": "string", "ID": "integer"}, stamp, id_="_at")
        for id_, name, last_name in _USERS:
            row = {"ID": str(id_), "ACTIVE": True, "NAME": name, "LAST_NAME": last_name}
            table.insert({**row, "EMAIL": f"{name.lower()}@example.test"})
        rows = [{k: v for k, v in row.items() if k != "_at"} for row in table.rows.values()]
        del params
        return Reply(rows, len(rows))

    methods: dict[str, Method] = {
        "crm.category.list": category_list,
        "crm.status.list": _listed(lambda: _stages(config), stamp, config.page_size),
        "crm.currency.list": currency_list,
        "user.get": users,
        "userfieldconfig.list": _config_list(config),
        "userfieldconfig.get": _config_get(config),
    }
    for type_, name in _NAMES.items():
        own = partial(_upper_rows, config, type_)
        methods[f"crm.{name.lower()}.userfield.list"] = _listed(own, stamp, config.page_size)
    return methods


def _listed(rows: Callable[[], list[Row]], stamp: Stamp, size: int) -> Method:
    def list_(params: Params, _: Caller) -> Reply:
        for name in ("order", "filter"):
            if not isinstance(params.get(name) or {}, Mapping):
                raise RestError("", f"Parameter '{name}' must be array.")
        found = rows()
        types = {name: "string" for row in found for name in row}
        table = Table({**types, "_at": "integer"}, stamp, id_="_at")
        for row in found:
            table.insert(dict(row))
        page = table.page({"filter": params.get("filter"), "start": params.get("start")}, size)
        for row in page.result:
            row.pop("_at", None)
        return Reply(page.result, page.total, page.next)

    return list_


def _category(id_: int) -> Row:
    name = "General" if id_ == 0 else f"Funnel {id_}"
    row: Row = {"id": id_, "name": name, "sort": 300, "entityTypeId": DEAL}
    if id_ == 0:
        return {**row, "isDefault": "Y"}
    return {**row, "isDefault": "N", "originId": "", "originatorId": ""}


def _stages(config: PortalConfig) -> list[Row]:
    rows: list[Row] = []
    for funnel, codes in config.funnels.items():
        for place, code in enumerate(codes, 1):
            semantics = "S" if code == "WON" else "F" if code in ("LOSE", "APOLOGY") else None
            rows.append(
                {
                    "ID": str(100 + len(rows)),
                    "ENTITY_ID": f"DEAL_STAGE_{funnel}" if funnel else "DEAL_STAGE",
                    "STATUS_ID": f"C{funnel}:{code}" if funnel else code,
                    "NAME": _STAGE_NAMES.get(code, code.replace("_", " ").capitalize()),
                    "NAME_INIT": "",
                    "SORT": str(place * 10),
                    "SYSTEM": "Y" if code in _STAGE_NAMES else "N",
                    "CATEGORY_ID": str(funnel) if funnel else None,
                    "COLOR": "#39A8EF",
                    "SEMANTICS": semantics,
                    "EXTRA": {"SEMANTICS": "process", "COLOR": "#39A8EF"},
                }
            )
    return rows


def _currency(code: str, place: int) -> Row:
    return {
        "CURRENCY": code,
        "AMOUNT_CNT": "1",
        "AMOUNT": "1.0000" if place == 0 else "90.0000",
        "SORT": str(100 * (place + 1)),
        "BASE": "Y" if place == 0 else "N",
        "FULL_NAME": code,
        "LID": "en",
        "DECIMALS": "2",
    }


# ── user fields ───────────────────────────────────────────────────────────────────────────────


def _of(config: PortalConfig, type_: int | None = None) -> list[UserField]:
    return [one for one in config.user_fields if type_ in (None, one.entity_type_id)]


def enum_rows(one: UserField) -> list[Row]:
    """The values of a list field; ids are a number that only this portal knows."""
    return [
        {
            "ID": str(enum_id(one, at)),
            "SORT": str(at * 10),
            "VALUE": text,
            "DEF": "N",
            "XML_ID": key,
        }
        for at, (key, text) in enumerate(one.enum, 1)
    ]


def enum_id(one: UserField, place: int) -> int:
    """The id of a value of a list field."""
    return 1000 + int(hashlib.sha256(one.name.encode()).hexdigest()[:4], 16) * 10 + place


def _upper_rows(config: PortalConfig, type_: int) -> list[Row]:
    return [_upper(one) for one in _of(config, type_)]


def _id_of(config: PortalConfig, one: UserField) -> str:
    return str(5000 + config.user_fields.index(one))


def _upper(one: UserField) -> Row:
    row: Row = {
        "ID": str(enum_id(one, 0)),
        "ENTITY_ID": f"CRM_{_NAMES[one.entity_type_id]}",
        "FIELD_NAME": Field(one.name).upper_name,
        "USER_TYPE_ID": one.type,
        "XML_ID": None,
        "SORT": "100",
        "MULTIPLE": "Y" if one.multiple else "N",
        "MANDATORY": "N",
        "SHOW_FILTER": "N",
        "SHOW_IN_LIST": "Y",
        "EDIT_IN_LIST": "Y",
        "IS_SEARCHABLE": "N",
        "SETTINGS": {},
        "EDIT_FORM_LABEL": one.label or one.name,
        "LIST_COLUMN_LABEL": one.label or one.name,
    }
    return {**row, "LIST": enum_rows(one)} if one.type == "enumeration" else row


def _camel(config: PortalConfig, one: UserField) -> Row:
    label = {"en": one.label or one.name}
    return {
        "id": _id_of(config, one),
        "entityId": f"CRM_{_NAMES[one.entity_type_id]}",
        "fieldName": Field(one.name).upper_name,
        "userTypeId": one.type,
        "xmlId": None,
        "sort": "100",
        "multiple": "Y" if one.multiple else "N",
        "mandatory": "N",
        "showFilter": "N",
        "showInList": "Y",
        "editInList": "Y",
        "isSearchable": "N",
        "settings": {},
        "languageId": {"en": "en"},
        "editFormLabel": label,
        "listColumnLabel": label,
    }


def _config_list(config: PortalConfig) -> Method:
    def list_(params: Params, _: Caller) -> Reply:
        _check_module(params)
        conditions = params.get("filter") or {}
        rows = [_camel(config, one) for one in _of(config)]
        rows = [row for row in rows if all(row.get(k) == v for k, v in conditions.items())]
        return Reply({"fields": rows}, len(rows))

    return list_


def _config_get(config: PortalConfig) -> Method:
    def get(params: Params, _: Caller) -> Reply:
        _check_module(params)
        for one in _of(config):
            if _id_of(config, one) == str(params.get("id")):
                values = [
                    {
                        "id": value["ID"],
                        "userFieldId": _id_of(config, one),
                        "value": value["VALUE"],
                        "def": value["DEF"],
                        "sort": value["SORT"],
                        "xmlId": value["XML_ID"],
                    }
                    for value in enum_rows(one)
                ]
                return Reply({"field": {**_camel(config, one), "enum": values}})
        raise RestError("", "The entity is not found")

    return get


def _check_module(params: Params) -> None:
    if params.get("moduleId") != "crm":
        raise RestError("", "You do not have permission to view user field settings")
