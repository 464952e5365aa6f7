"""People and companies: who buys, where they are, and what they are registered as."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime

from mostik.commerce.record import Canonical, Model, Part, Ref

CUSTOMERS, COMPANIES, REQUISITES = "customers", "companies", "requisites"


class AddressType(StrEnum):
    """What an address is for."""

    DELIVERY = "delivery"
    BILLING = "billing"
    LEGAL = "legal"
    ACTUAL = "actual"
    HOME = "home"


class Address(Part):
    """An address, whole or in pieces.

    Attributes:
        type: what it is for.
        full: in one line, as a person wrote it.
        country: name or ISO 3166 code.
    """

    type: AddressType | None = None
    full: str | None = None
    postcode: str | None = None
    country: str | None = None
    region: str | None = None
    district: str | None = None
    city: str | None = None
    street: str | None = None
    house: str | None = None
    building: str | None = None
    apartment: str | None = None


class BankAccount(Part):
    """A bank account of a requisite."""

    name: str | None = None
    bank: str | None = None
    bic: str | None = None
    account: str | None = None
    correspondent_account: str | None = None
    currency: str | None = None


class Consent(Model):
    """What a person has agreed to."""

    marketing: bool | None = None
    personal_data: bool | None = None
    given_at: AwareDatetime | None = None


class Customer(Canonical):
    """A person who buys. Several phones are merged, never replaced.

    Attributes:
        name: the whole name as one text.
        phone: the main phone, E.164 where it could be read.
        email: the main e-mail.
        phones: all of them, the main one first; ``None``: only the main one is known.
        emails: all of them, the main one first.
        company: where the person works, or whom the person buys for.
        anonymous: the side keeps all orders without an account under this one.
    """

    refers: ClassVar[Mapping[str, tuple[str, ...]]] = {"company": (COMPANIES,)}
    pieces: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "name": ("first_name", "middle_name", "last_name")
    }

    name: str = ""
    phone: str = ""
    email: str = ""
    first_name: str | None = None
    last_name: str | None = None
    middle_name: str | None = None
    phones: tuple[str, ...] | None = None
    emails: tuple[str, ...] | None = None
    addresses: tuple[Address, ...] | None = None
    company: Ref | None = None
    consent: Consent | None = None
    anonymous: bool | None = None
    birthday: date | None = None
    login: str | None = None
    comment: str | None = None


class LegalForm(StrEnum):
    """Who is registered."""

    COMPANY = "company"
    SOLE_TRADER = "sole_trader"
    PERSON = "person"


class RequisitePart(Part):
    """What a buyer is registered as, inside of its owner.

    Attributes:
        form: firm, sole trader, person.
        inn: tax number, 10 or 12 digits; ``valid_inn`` checks it.
        kpp: 9 digits, of a firm only.
        ogrn: 13 digits, 15 of a sole trader.
    """

    form: LegalForm | None = None
    name: str | None = None
    full_name: str | None = None
    inn: str | None = None
    kpp: str | None = None
    ogrn: str | None = None
    okpo: str | None = None
    director: str | None = None
    accountant: str | None = None
    addresses: tuple[Address, ...] | None = None
    accounts: tuple[BankAccount, ...] | None = None


class Company(Canonical):
    """A firm or a sole trader.

    Attributes:
        name: what people call it.
        full_name: as it is registered.
        requisites: what it is registered as.
    """

    name: str = ""
    full_name: str | None = None
    phones: tuple[str, ...] | None = None
    emails: tuple[str, ...] | None = None
    addresses: tuple[Address, ...] | None = None
    requisites: tuple[RequisitePart, ...] | None = None
    comment: str | None = None


class Requisite(Canonical):
    """What a buyer is registered as, where it is a record of its own.

    Attributes:
        owner: the company or person.
        body: what is registered.
    """

    refers: ClassVar[Mapping[str, tuple[str, ...]]] = {"owner": (COMPANIES, CUSTOMERS)}

    owner: Ref
    body: RequisitePart


def valid_inn(inn: str) -> bool:
    """Whether a tax number's check digits are right (order of the Federal Tax Service ММВ-7-6/435,
    2012: weights modulo 11 modulo 10)."""
    if not inn.isascii() or not inn.isdecimal():
        return False
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
    if len(inn) == 10:
        return _check_digit(inn[:9], weights[2:]) == int(inn[9])
    if len(inn) == 12:
        return _check_digit(inn[:10], weights[1:]) == int(inn[10]) and _check_digit(
            inn[:11], weights
        ) == int(inn[11])
    return False


def valid_ogrn(ogrn: str) -> bool:
    """Whether a registration number's check digit is right (13 digits: modulo 11; 15: modulo
    13)."""
    if not ogrn.isascii() or not ogrn.isdecimal() or len(ogrn) not in (13, 15):
        return False
    return int(ogrn[:-1]) % (len(ogrn) - 2) % 10 == int(ogrn[-1])


def _check_digit(digits: str, weights: tuple[int, ...]) -> int:
    pairs = zip(digits, weights, strict=True)
    return sum(int(digit) * weight for digit, weight in pairs) % 11 % 10
