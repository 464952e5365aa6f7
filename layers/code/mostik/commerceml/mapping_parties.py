"""Buyers: a person, or a firm with its tax numbers, as a counterparty of 1C and back."""

from __future__ import annotations

from mostik.commerce.order import Order
from mostik.commerce.parties import Address, Customer, LegalForm, RequisitePart
from mostik.commerceml.mapping_catalog import address
from mostik.commerceml.models import AddressField, Contact, PostalAddress
from mostik.commerceml.models_orders import Account, Bank, Document, Party

_MAIL = ("Почта", "Электронная почта", "E-Mail")
_FIELDS = (
    ("Почтовый индекс", "postcode"),
    ("Страна", "country"),
    ("Регион", "region"),
    ("Район", "district"),
    ("Город", "city"),
    ("Улица", "street"),
    ("Дом", "house"),
    ("Корпус", "building"),
    ("Квартира", "apartment"),
)


def party_of(order: Order, system: str) -> Party:
    """Returns the buyer of an order. Its key is stable: 1C's own where it is known, else
    ``id#login#name``."""
    buyer = order.customer or Customer(key=order.customer_ref.key if order.customer_ref else "")
    body = order.requisite
    name = (body.name if body else None) or buyer.name or buyer.phone or buyer.email or "Покупатель"
    key = buyer.external_ids.get(system) or f"{buyer.key}#{buyer.login or ''}#{buyer.name or name}"
    firm = (
        body is not None and body.form is not LegalForm.PERSON and bool(body.inn or body.full_name)
    )
    contacts = [Contact("Телефон рабочий", one) for one in _all(buyer.phone, buyer.phones)]
    contacts += [Contact("Почта", one) for one in _all(buyer.email, buyer.emails)]
    home = _postal(next(iter(buyer.addresses or ()), None))
    legal = _postal(next(iter(body.addresses or ()), None)) if body else None
    common = Party(
        key=key,
        name=name,
        role="Покупатель",
        inn=body.inn if body else None,
        contacts=tuple(contacts),
        accounts=_accounts(body),
    )
    if firm and body is not None:
        return common._replace(
            official_name=body.full_name or body.name or name,
            kpp=body.kpp,
            ogrn=body.ogrn,
            okpo=body.okpo,
            legal_address=legal or home,
        )
    return common._replace(
        full_name=buyer.name or name,
        last_name=buyer.last_name,
        first_name=buyer.first_name,
        middle_name=buyer.middle_name,
        registered_address=home,
    )


def buyer_of(found: Document, system: str) -> Customer | None:
    """Returns the buyer of a document; its key is the first piece of ``id#login#name``."""
    parties = found.parties or ()
    buyer = next((one for one in parties if one.role == "Покупатель"), None)
    buyer = buyer or next(iter(parties), None)
    if buyer is None:
        return None
    key = buyer.key or ""
    pieces = key.split("#")
    phones = [one.value for one in buyer.contacts or () if one.kind.startswith("Телефон")]
    mails = [one.value for one in buyer.contacts or () if one.kind in _MAIL]
    home = address(buyer.registered_address or buyer.address or buyer.legal_address)
    return Customer(
        key=pieces[0] if len(pieces) > 2 else key,
        external_ids={system: key} if key else {},
        name=buyer.full_name or buyer.official_name or buyer.name or "",
        phone=phones[0] if phones else "",
        email=mails[0] if mails else "",
        phones=tuple(phones) if buyer.contacts is not None else None,
        emails=tuple(mails) if buyer.contacts is not None else None,
        first_name=buyer.first_name,
        last_name=buyer.last_name,
        middle_name=buyer.middle_name,
        addresses=(home,) if home else None,
        login=pieces[1] if len(pieces) > 2 and pieces[1] else None,
    )


def requisite_of(party: Party) -> RequisitePart | None:
    """Returns what a counterparty is registered as; ``None``: it says no tax number."""
    if not party.inn:
        return None
    sole = len(party.inn) == 12
    form = LegalForm.COMPANY if not sole else LegalForm.SOLE_TRADER
    if sole and party.official_name is None:
        form = LegalForm.PERSON
    legal = address(party.legal_address)
    return RequisitePart(
        form=form,
        name=party.name,
        full_name=party.official_name or party.full_name,
        inn=party.inn,
        kpp=party.kpp or None,
        ogrn=party.ogrn or None,
        okpo=party.okpo or None,
        addresses=(legal,) if legal else None,
    )


def _all(main: str, others: tuple[str, ...] | None) -> list[str]:
    return [one for one in dict.fromkeys((main, *(others or ()))) if one]


def _postal(found: Address | None) -> PostalAddress | None:
    if found is None:
        return None
    fields = tuple(
        AddressField(kind, getattr(found, name)) for kind, name in _FIELDS if getattr(found, name)
    )
    whole = found.full or ", ".join(one.value for one in fields)
    return PostalAddress(text=whole, fields=fields) if whole else None


def _accounts(body: RequisitePart | None) -> tuple[Account, ...] | None:
    found = tuple(
        Account(one.account, Bank(one.bank, one.bic, None, one.correspondent_account))
        for one in (body.accounts if body else None) or ()
        if one.account
    )
    return found or None
