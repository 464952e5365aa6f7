"""Pure functions between contacts, companies and canonical customers and companies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from integrations.bitrix24.crm.mapping import external_ids
from integrations.bitrix24.crm.models import Item
from mostik.commerce.parties import Company, Customer
from mostik.commerce.record import Ref

PHONE, EMAIL = "PHONE", "EMAIL"
MOST_VALUES = 20
"""Of one look-up (crm.duplicate.findbycomm)."""


def customer_from(item: Item) -> Customer:
    """Reads a contact as a customer."""
    phones, emails = values(item, PHONE), values(item, EMAIL)
    company = item.company_id
    return Customer(
        key=str(item.id),
        external_ids=external_ids(item),
        changed_at=item.updated_time,
        name=" ".join(one for one in (item.name, item.second_name, item.last_name) if one),
        first_name=item.name or "",
        middle_name=item.second_name or "",
        last_name=item.last_name or "",
        phone=phones[0] if phones else "",
        email=emails[0] if emails else "",
        phones=phones,
        emails=emails,
        company=Ref(key=str(company)) if company else None,
        comment=item.comments or "",
    )


def contact_fields(customer: Customer) -> dict[str, Any]:
    """Returns what a customer says about a contact; phones and e-mails apart."""
    first, _, rest = customer.name.partition(" ")
    fields: dict[str, Any] = {
        "name": first if customer.first_name is None else customer.first_name,
        "lastName": rest if customer.last_name is None else customer.last_name,
    }
    if customer.middle_name is not None:
        fields["secondName"] = customer.middle_name
    if customer.comment is not None:
        fields["comments"] = customer.comment
    return fields


def company_from(item: Item) -> Company:
    """Reads a company, without its requisites."""
    return Company(
        key=str(item.id),
        external_ids=external_ids(item),
        changed_at=item.updated_time,
        name=item.title or "",
        phones=values(item, PHONE),
        emails=values(item, EMAIL),
        comment=item.comments or "",
    )


def company_fields(company: Company) -> dict[str, Any]:
    """Returns what a company says about a company of the portal; phones and e-mails apart."""
    fields: dict[str, Any] = {"title": company.name or company.full_name or ""}
    if company.comment is not None:
        fields["comments"] = company.comment
    return fields


def ways(record: Customer | Company) -> Mapping[str, Sequence[str]]:
    """Returns the phones and e-mails of a record, the main ones first, each once."""
    phones: list[str] = list(record.phones or ())
    emails: list[str] = list(record.emails or ())
    if isinstance(record, Customer):
        phones = [record.phone, *phones]
        emails = [record.email, *emails]
    return {PHONE: _once(PHONE, phones), EMAIL: _once(EMAIL, emails)}


def new_ways(record: Customer | Company, present: Item | None) -> list[dict[str, str]]:
    """Returns the phones and e-mails that a contact or company lacks. What it has stays: a portal
    only adds (object-fields, ``fm``), and so do we."""
    added = []
    for kind, known in ways(record).items():
        there = {plain(kind, one) for one in (values(present, kind) if present else ())}
        added += [
            {"typeId": kind, "valueType": "WORK", "value": one}
            for one in known
            if plain(kind, one) not in there
        ]
    return added


def values(item: Item, kind: str) -> tuple[str, ...]:
    """Returns the phones or e-mails of an item."""
    found = (str(way.get("value") or "") for way in item.fm if way.get("typeId") == kind)
    return tuple(one for one in found if one)


def plain(kind: str, value: str) -> str:
    """Returns a phone by its digits (8 and 9... as a Russian number), an e-mail in lower case."""
    if kind == EMAIL:
        return value.strip().casefold()
    digits = re.sub(r"\D", "", value)
    if len(digits) == 11 and digits.startswith("8"):
        return f"7{digits[1:]}"
    return f"7{digits}" if len(digits) == 10 and digits.startswith("9") else digits


def spellings(kind: str, known: Sequence[str]) -> Sequence[str]:
    """Returns how phones or e-mails may be written, for a look-up."""
    if kind == EMAIL:
        return list(dict.fromkeys(plain(kind, one) for one in known))[:MOST_VALUES]
    found: list[str] = []
    for one in known:
        digits = plain(kind, one)
        found += [f"+{digits}", digits]
        if len(digits) == 11 and digits.startswith("7"):
            found += [f"8{digits[1:]}"]
    return list(dict.fromkeys(found))[:MOST_VALUES]


def _once(kind: str, known: Iterable[str]) -> Sequence[str]:
    """Each value once, however it is written; the first spelling stays."""
    first: dict[str, str] = {}
    for one in known:
        if plain(kind, one):
            first.setdefault(plain(kind, one), one)
    return list(first.values())
