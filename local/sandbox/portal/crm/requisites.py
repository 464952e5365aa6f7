"""Requisites of contacts and companies, their bank details and addresses.

Source: b24restdocs ``api-reference/crm/requisites``. Names are in capitals, all values are text, an
address is known by its type and its owner and there is one of a type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.crm.fields import COMPANY, CONTACT
from local.sandbox.portal.crm.items import CrmItems
from local.sandbox.portal.envelope import Reply, RestError, Stamp
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.table import Row, Table

Params = Mapping[str, Any]

REQUISITE = 8
"""``ENTITY_TYPE_ID`` of an address that belongs to requisites."""

_COMMON = ["NAME", "CODE", "XML_ID", "ORIGINATOR_ID", "ACTIVE", "SORT"]
_REQUISITE = [
    "ENTITY_TYPE_ID",
    "ENTITY_ID",
    "PRESET_ID",
    "ADDRESS_ONLY",
    "RQ_NAME",
    "RQ_FIRST_NAME",
    "RQ_LAST_NAME",
    "RQ_SECOND_NAME",
    "RQ_COMPANY_NAME",
    "RQ_COMPANY_FULL_NAME",
    "RQ_DIRECTOR",
    "RQ_ACCOUNTANT",
    "RQ_EMAIL",
    "RQ_PHONE",
    "RQ_INN",
    "RQ_KPP",
    "RQ_OGRN",
    "RQ_OGRNIP",
    "RQ_OKPO",
]
_BANK = [
    "ENTITY_ID",
    "COUNTRY_ID",
    "RQ_BANK_NAME",
    "RQ_BANK_ADDR",
    "RQ_BIK",
    "RQ_ACC_NAME",
    "RQ_ACC_NUM",
    "RQ_ACC_CURRENCY",
    "RQ_COR_ACC_NUM",
    "RQ_IBAN",
    "RQ_SWIFT",
    "COMMENTS",
]
_ADDRESS = [
    "TYPE_ID",
    "ENTITY_TYPE_ID",
    "ENTITY_ID",
    "ADDRESS_1",
    "ADDRESS_2",
    "CITY",
    "POSTAL_CODE",
    "REGION",
    "PROVINCE",
    "COUNTRY",
    "COUNTRY_CODE",
    "LOC_ADDR_ID",
    "ANCHOR_TYPE_ID",
    "ANCHOR_ID",
]
_PRESETS = ("Organization", "Sole proprietorship", "Individual")


class Requisites:
    """All requisites of the portal.

    Args:
        items: contacts and companies.
        stamp: the portal's clock.
        page_size: rows a page.
    """

    def __init__(self, items: CrmItems, stamp: Stamp, page_size: int) -> None:
        self._items = items
        self._stamp = stamp
        self._page_size = page_size
        self.clear()

    def clear(self) -> None:
        """No requisites; the presets of a new portal."""
        dates = ["DATE_CREATE", "DATE_MODIFY"]
        self.requisites = self._table([*_COMMON, *_REQUISITE, *dates], "ENTITY_ID")
        self.banks = self._table([*_COMMON, *_BANK, *dates], "ENTITY_ID")
        self.addresses = self._table([*_ADDRESS, "ID"], "ENTITY_ID")
        self.presets = self._table(["NAME", "ENTITY_TYPE_ID", "COUNTRY_ID", "XML_ID", "ACTIVE"])
        for at, name in enumerate(_PRESETS, 1):
            row = {"NAME": name, "ENTITY_TYPE_ID": "8", "COUNTRY_ID": "1", "ACTIVE": "Y"}
            self.presets.insert({**row, "XML_ID": f"#CRM_REQUISITE_PRESET_DEF_{at}#"})

    def methods(self) -> dict[str, Method]:
        """The methods of this module by name."""
        return {
            "crm.requisite.add": self._requisite_add,
            "crm.requisite.update": self._updates(self.requisites_, "Requisite is not found."),
            "crm.requisite.get": self._gets(self.requisites_),
            "crm.requisite.delete": self._requisite_delete,
            "crm.requisite.list": self._lists(self.requisites_),
            "crm.requisite.bankdetail.add": self._bank_add,
            "crm.requisite.bankdetail.update": self._updates(self.banks_, "Not found"),
            "crm.requisite.bankdetail.list": self._lists(self.banks_),
            "crm.requisite.preset.list": self._lists(self.presets_),
            "crm.address.add": self._address_add,
            "crm.address.update": self._address_update,
            "crm.address.list": self._lists(self.addresses_, hidden="ID"),
        }

    def requisites_(self) -> Table:
        """Today's table; ``clear`` makes another one."""
        return self.requisites

    def banks_(self) -> Table:
        """See ``requisites_``."""
        return self.banks

    def presets_(self) -> Table:
        """See ``requisites_``."""
        return self.presets

    def addresses_(self) -> Table:
        """See ``requisites_``."""
        return self.addresses

    # ── methods ───────────────────────────────────────────────────────────────────────────────

    def _requisite_add(self, params: Params, _: Caller) -> Reply:
        fields = _fields(params)
        kind = _whole(fields.get("ENTITY_TYPE_ID"))
        if kind not in (CONTACT, COMPANY):
            raise RestError("", "ENTITY_TYPE_ID is not defined or invalid.")
        owner = _whole(fields.get("ENTITY_ID"))
        if not owner:
            raise RestError("", "ENTITY_ID is not defined or invalid.")
        if _whole(fields.get("PRESET_ID")) not in self.presets.rows:
            raise RestError("", "PRESET_ID is not defined or invalid.")
        if owner not in self._items.stores[kind].items:
            raise RestError("", "Entity not found.")
        row = self._stored(self.requisites, [*_COMMON, *_REQUISITE], fields)
        return Reply(row["ID"])

    def _requisite_delete(self, params: Params, _: Caller) -> Reply:
        row = self.requisites.find(params.get("id"))
        if row is None:
            raise RestError("", "The requisite with this ID is not found.")
        for address in self.addresses.where("ENTITY_ID", row["ID"]):
            self.addresses.remove(address["ID"])
        for bank in self.banks.where("ENTITY_ID", row["ID"]):
            self.banks.remove(bank["ID"])
        self.requisites.remove(row["ID"])
        return Reply(True)

    def _bank_add(self, params: Params, _: Caller) -> Reply:
        fields = _fields(params)
        if _whole(fields.get("ENTITY_ID")) not in self.requisites.rows:
            raise RestError("", "ENTITY_ID is not defined or invalid.")
        return Reply(self._stored(self.banks, [*_COMMON, *_BANK], fields)["ID"])

    def _address_add(self, params: Params, _: Caller) -> Reply:
        fields = _fields(params)
        if not _whole(fields.get("TYPE_ID")):
            raise RestError("", "TYPE_ID is not defined or invalid.")
        if _whole(fields.get("ENTITY_TYPE_ID")) != REQUISITE:
            raise RestError("", "ENTITY_TYPE_ID is not defined or invalid.")
        owner = self.requisites.find(fields.get("ENTITY_ID"))
        if owner is None:
            raise RestError("", "ENTITY_ID is not defined or invalid.")
        if self._address(fields) is not None:
            raise RestError("", "TypeAddress exists.")
        row = self._stored(self.addresses, _ADDRESS, fields)
        row.update(ANCHOR_TYPE_ID=owner["ENTITY_TYPE_ID"], ANCHOR_ID=owner["ENTITY_ID"])
        return Reply(True)

    def _address_update(self, params: Params, _: Caller) -> Reply:
        fields = _fields(params)
        row = self._address(fields)
        if row is None:
            raise RestError("", "TypeAddress not found.")
        given = {name: str(value) for name, value in fields.items() if name in _ADDRESS}
        self.addresses.replace({**row, **given})
        return Reply(True)

    def _updates(self, table: Any, missing: str) -> Method:
        def update(params: Params, _: Caller) -> Reply:
            row = table().find(params.get("id"))
            if row is None:
                raise RestError("", missing)
            given = {n: _text(v) for n, v in _fields(params).items() if n in row and n != "ID"}
            table().replace({**row, **given, "DATE_MODIFY": self._stamp.now()})
            return Reply(True)

        return update

    def _gets(self, table: Any) -> Method:
        def get(params: Params, _: Caller) -> Reply:
            row = table().find(params.get("id"))
            if row is None:
                raise RestError("", "The requisite with this ID is not found.")
            return Reply(_shown(row))

        return get

    def _lists(self, table: Any, hidden: str | None = None) -> Method:
        def list_(params: Params, _: Caller) -> Reply:
            page = table().page(params, self._page_size)
            rows = [_shown(row) for row in page.result]
            for row in rows:
                row.pop(hidden or "", None)
            return Reply(rows, page.total, page.next)

        return list_

    # ── rows ──────────────────────────────────────────────────────────────────────────────────

    def _table(self, names: list[str], *keyed_by: str) -> Table:
        types = {**dict.fromkeys(names, "string"), "ID": "integer"}
        return Table(types, self._stamp, id_="ID", keyed_by=keyed_by, strict=True)

    def _stored(self, table: Table, names: list[str], fields: Params) -> Row:
        row: Row = {name: _text(fields.get(name)) for name in names}
        if "SORT" in row:
            row.update(ACTIVE=row["ACTIVE"] or "Y", SORT=row["SORT"] or "500")
            row.update(DATE_CREATE=self._stamp.now(), DATE_MODIFY="")
        return table.insert(row)

    def _address(self, fields: Params) -> Row | None:
        for row in self.addresses.where("ENTITY_ID", fields.get("ENTITY_ID")):
            if row["TYPE_ID"] == str(fields.get("TYPE_ID")):
                return row
        return None


def _shown(row: Row) -> Row:
    return {name: str(value) if name == "ID" else value for name, value in row.items()}


def _fields(params: Params) -> Params:
    fields = params.get("fields")
    if not isinstance(fields, Mapping):
        raise RestError("", "Parameter 'fields' must be array.")
    return fields


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _whole(value: object) -> int:
    try:
        return int(str(value)) if value not in (None, "") else 0
    except ValueError:
        return 0
