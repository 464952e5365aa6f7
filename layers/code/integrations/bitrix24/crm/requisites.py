"""Requisites of companies and contacts, with their addresses and bank accounts.

Source: apidocs.bitrix24.ru, crm/requisites. They are records of their own, in capitals, all values
text; each is known by its external key (``XML_ID``), else by tax number; an address by its type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.bitrix24.crm.models import EntityType, text_of
from integrations.bitrix24.transport.batch import Command, Refused
from integrations.bitrix24.transport.listing import Listing
from integrations.bitrix24.transport.php import as_list
from integrations.bitrix24.transport.portal import Portal
from mostik.commerce.parties import (
    Address,
    AddressType,
    BankAccount,
    Company,
    LegalForm,
    RequisitePart,
)
from mostik.http.endpoint import Endpoint, Replay

REQUISITE_LIST = Endpoint("POST", "crm.requisite.list", Replay.SAFE)
REQUISITE_ADD = Endpoint("POST", "crm.requisite.add", Replay.UNSAFE)
REQUISITE_UPDATE = Endpoint("POST", "crm.requisite.update", Replay.SAFE)
ADDRESS_LIST = Endpoint("POST", "crm.address.list", Replay.SAFE)
ADDRESS_ADD = Endpoint("POST", "crm.address.add", Replay.SAFE)
"""There is one address of a type: a repeat is refused and changes nothing."""
ADDRESS_UPDATE = Endpoint("POST", "crm.address.update", Replay.SAFE)
BANK_LIST = Endpoint("POST", "crm.requisite.bankdetail.list", Replay.SAFE)
BANK_ADD = Endpoint("POST", "crm.requisite.bankdetail.add", Replay.UNSAFE)
BANK_UPDATE = Endpoint("POST", "crm.requisite.bankdetail.update", Replay.SAFE)

Row = Mapping[str, Any]

_CHUNK = 50
_TEXTS = {
    "full_name": "RQ_COMPANY_FULL_NAME",
    "name": "RQ_COMPANY_NAME",
    "inn": "RQ_INN",
    "kpp": "RQ_KPP",
    "ogrn": "RQ_OGRN",
    "okpo": "RQ_OKPO",
    "director": "RQ_DIRECTOR",
    "accountant": "RQ_ACCOUNTANT",
}
_BANK = {
    "bank": "RQ_BANK_NAME",
    "bic": "RQ_BIK",
    "account": "RQ_ACC_NUM",
    "correspondent_account": "RQ_COR_ACC_NUM",
    "currency": "RQ_ACC_CURRENCY",
}
_ADDRESS = {
    "postcode": "POSTAL_CODE",
    "country": "COUNTRY",
    "region": "PROVINCE",
    "district": "REGION",
    "city": "CITY",
    "apartment": "ADDRESS_2",
}
_TYPES = {
    AddressType.ACTUAL: 1,
    AddressType.HOME: 4,
    AddressType.LEGAL: 6,
    AddressType.BILLING: 9,
    AddressType.DELIVERY: 11,
}
"""Address types (crm.enum.addresstype)."""
_SOLE_TRADER_OGRN = 15


class Requisites:
    """Reads and writes requisites.

    Args:
        portal: carries the calls.
        preset: the template of new ones.
    """

    def __init__(self, portal: Portal, preset: int) -> None:
        self._portal = portal
        self._preset = preset

    def owners(self, kind: EntityType, inn: str, kpp: str | None) -> set[str]:
        """Returns who is registered under a tax number; a KPP counts where both have one."""
        rows = self._rows(REQUISITE_LIST, {"ENTITY_TYPE_ID": kind, "=RQ_INN": inn})
        return {
            text_of(row, "ENTITY_ID")
            for row in rows
            if text_of(row, "RQ_INN") == inn
            and (not kpp or not text_of(row, "RQ_KPP") or text_of(row, "RQ_KPP") == kpp)
        }

    def read(
        self, kind: EntityType, owners: Sequence[str]
    ) -> Mapping[str, Sequence[RequisitePart]]:
        """Returns the requisites of owners, those without any left out."""
        found: dict[str, list[RequisitePart]] = {}
        for begin in range(0, len(owners), _CHUNK):
            chunk = owners[begin : begin + _CHUNK]
            rows, addresses, banks = self._parts(kind, chunk)
            for row in rows:
                id_ = text_of(row, "ID")
                part = _part(row, _of(addresses, id_), _of(banks, id_))
                found.setdefault(text_of(row, "ENTITY_ID"), []).append(part)
        return {owner: tuple(parts) for owner, parts in found.items()}

    def write(
        self, kind: EntityType, owner: str, record: Company, system: str
    ) -> Sequence[RequisitePart]:
        """Makes the requisites of an owner say what a record says; further ones stay.

        Raises:
            MostikError: what a call raised.
        """
        if record.requisites:
            rows, addresses, banks = self._parts(kind, [owner])
            for place, part in enumerate(record.requisites):
                code = f"{system}:{record.key}:{part.key or place}"
                present = _present(part, code, rows)
                id_ = self._write_one(kind, owner, part, code, present)
                self._write_addresses(id_, part, _of(addresses, id_))
                self._write_banks(id_, part, _of(banks, id_))
        return self.read(kind, [owner]).get(owner, ())

    # ── one requisite ─────────────────────────────────────────────────────────────────────────

    def _write_one(
        self, kind: EntityType, owner: str, part: RequisitePart, code: str, present: Row | None
    ) -> str:
        fields = _fields(part)
        if present is None:
            new = {
                **fields,
                "ENTITY_TYPE_ID": kind,
                "ENTITY_ID": owner,
                "PRESET_ID": self._preset,
                "NAME": part.name or part.full_name or part.inn or code,
                "XML_ID": code,
            }
            return str(self._portal.call(REQUISITE_ADD, {"fields": new}))
        if any(text_of(present, name) != value for name, value in fields.items()):
            self._portal.call(REQUISITE_UPDATE, {"id": present["ID"], "fields": fields})
        return text_of(present, "ID")

    def _write_addresses(self, id_: str, part: RequisitePart, present: Sequence[Row]) -> None:
        there = {text_of(row, "TYPE_ID"): row for row in present}
        for address in part.addresses or ():
            type_ = str(_TYPES[address.type or AddressType.ACTUAL])
            known = {"TYPE_ID": type_, "ENTITY_TYPE_ID": EntityType.REQUISITE, "ENTITY_ID": id_}
            fields = _address_fields(address)
            row = there.get(type_)
            if row is None:
                self._portal.call(ADDRESS_ADD, {"fields": {**known, **fields}})
            elif any(text_of(row, name) != value for name, value in fields.items()):
                self._portal.call(ADDRESS_UPDATE, {"fields": {**known, **fields}})

    def _write_banks(self, id_: str, part: RequisitePart, present: Sequence[Row]) -> None:
        there = {text_of(row, "RQ_ACC_NUM"): row for row in present}
        for account in part.accounts or ():
            fields = _known(account, _BANK)
            row = there.get(account.account or "")
            if row is None:
                name = account.name or account.bank or "Bank"
                new = {**fields, "ENTITY_ID": id_, "NAME": name}
                self._portal.call(BANK_ADD, {"fields": new})
            elif any(text_of(row, one) != value for one, value in fields.items()):
                self._portal.call(BANK_UPDATE, {"id": row["ID"], "fields": fields})

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def _parts(
        self, kind: EntityType, owners: Sequence[str]
    ) -> tuple[Sequence[Row], Sequence[Row], Sequence[Row]]:
        rows = self._rows(REQUISITE_LIST, {"ENTITY_TYPE_ID": kind, "@ENTITY_ID": list(owners)})
        ids = [text_of(row, "ID") for row in rows]
        if not ids:
            return rows, (), ()
        addresses, banks = [
            self._all(endpoint, filters)
            for endpoint, filters in (
                (ADDRESS_LIST, {"ENTITY_TYPE_ID": EntityType.REQUISITE, "@ENTITY_ID": ids}),
                (BANK_LIST, {"@ENTITY_ID": ids}),
            )
        ]
        return rows, addresses, banks

    def _rows(self, endpoint: Endpoint, filters: Row) -> Sequence[Row]:
        listing = Listing(endpoint, None, "ID")
        rows: list[Row] = []
        cursor: str | None = None
        while True:
            page = self._portal.rows(listing, filters, cursor=cursor)
            rows += page.items
            cursor = page.cursor
            if cursor is None:
                return rows

    def _all(self, endpoint: Endpoint, filters: Row) -> Sequence[Row]:
        """Rows of a list without ids of their own (addresses), by ``start``."""
        rows: list[Row] = []
        while True:
            params = {"filter": filters, "start": len(rows)}
            (outcome,) = self._portal.batch([Command(endpoint, params)])
            if isinstance(outcome, Refused):
                raise outcome.error
            found = [row for row in as_list(outcome.value) if isinstance(row, Mapping)]
            rows += found
            if len(found) < _CHUNK:
                return rows


def _present(part: RequisitePart, code: str, rows: Sequence[Row]) -> Row | None:
    for row in rows:
        if text_of(row, "XML_ID") == code:
            return row
    for row in rows:
        if part.inn and text_of(row, "RQ_INN") == part.inn:
            kpp = text_of(row, "RQ_KPP")
            if not part.kpp or not kpp or kpp == part.kpp:
                return row
    return None


def _part(row: Row, addresses: Sequence[Row], banks: Sequence[Row]) -> RequisitePart:
    texts = {name: text_of(row, field) or None for name, field in _TEXTS.items()}
    ogrn = texts["ogrn"] or text_of(row, "RQ_OGRNIP") or None
    sole = ogrn is not None and len(ogrn) == _SOLE_TRADER_OGRN
    return RequisitePart(
        key=text_of(row, "ID"),
        form=LegalForm.SOLE_TRADER if sole else None,
        addresses=tuple(_address(one) for one in addresses),
        accounts=tuple(_account(one) for one in banks),
        **{**texts, "ogrn": ogrn},
    )


def _fields(part: RequisitePart) -> dict[str, str]:
    fields = {
        field: str(getattr(part, name))
        for name, field in _TEXTS.items()
        if getattr(part, name) is not None
    }
    if part.ogrn is not None and len(part.ogrn) == _SOLE_TRADER_OGRN:
        fields["RQ_OGRNIP"] = fields.pop("RQ_OGRN")
    return fields


def _address(row: Row) -> Address:
    kinds = {str(number): type_ for type_, number in _TYPES.items()}
    return Address(
        type=kinds.get(text_of(row, "TYPE_ID")),
        street=text_of(row, "ADDRESS_1") or None,
        **{name: text_of(row, field) or None for name, field in _ADDRESS.items()},
    )


def _address_fields(address: Address) -> dict[str, str]:
    line = ", ".join(one for one in (address.street, address.house, address.building) if one)
    fields = _known(address, _ADDRESS)
    first = line or address.full
    return {**fields, "ADDRESS_1": first} if first else fields


def _account(row: Row) -> BankAccount:
    return BankAccount(
        key=text_of(row, "ID"), **{n: text_of(row, field) or None for n, field in _BANK.items()}
    )


def _known(part: Address | BankAccount, names: Mapping[str, str]) -> dict[str, str]:
    return {
        field: str(getattr(part, name))
        for name, field in names.items()
        if getattr(part, name) is not None
    }


def _of(rows: Sequence[Row], id_: str) -> Sequence[Row]:
    return [row for row in rows if text_of(row, "ENTITY_ID") == id_]
