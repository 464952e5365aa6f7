"""Documents: orders and what was done because of them, both ways."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from mostik.commerceml.models import Attribute, Contact, PostalAddress, Record, Tax
from mostik.commerceml.models_goods import Good


class Bank(NamedTuple):
    """``Банк``."""

    name: str | None = None
    bic: str | None = None
    swift: str | None = None
    correspondent_account: str | None = None


class Account(NamedTuple):
    """``РасчетныйСчет``."""

    number: str | None = None
    bank: Bank | None = None
    comment: str | None = None


class Representative(NamedTuple):
    """``Представитель``: whom to speak to."""

    key: str | None = None
    name: str | None = None
    relation: str | None = None
    comment: str | None = None
    contacts: tuple[Contact, ...] | None = None


class Party(NamedTuple):
    """``Контрагент``: a person has a name in pieces, a firm an official one.

    Attributes:
        key: what the site calls it: ``id#login#name``; stable.
        role: Покупатель, Продавец, Плательщик, Получатель.
        full_name: of a person.
        official_name: of a firm.
    """

    key: str | None = None
    name: str | None = None
    role: str | None = None
    comment: str | None = None
    full_name: str | None = None
    official_name: str | None = None
    title: str | None = None
    last_name: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    birthday: datetime | None = None
    gender: str | None = None
    inn: str | None = None
    kpp: str | None = None
    ogrn: str | None = None
    okpo: str | None = None
    egrpo: str | None = None
    okved: str | None = None
    address: PostalAddress | None = None
    registered_address: PostalAddress | None = None
    legal_address: PostalAddress | None = None
    contacts: tuple[Contact, ...] | None = None
    representatives: tuple[Representative, ...] | None = None
    accounts: tuple[Account, ...] | None = None


class Discount(NamedTuple):
    """``Скидка``, or ``ДопРасход`` where it adds to the price."""

    name: str = ""
    amount: Decimal | None = None
    percent: Decimal | None = None
    included: bool | None = None
    comment: str | None = None


class LineStock(NamedTuple):
    """``Склад`` of a line or of a document."""

    key: str | None = None
    name: str | None = None
    quantity: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Line(Good):
    """``Товар`` of a document.

    Attributes:
        key: what 1C called the good, or ORDER_DELIVERY and the like; empty: none, it is outside of
            the catalogue.
        catalog: ``ИдКаталога``.
        amount: the line's sum; it need not be price × quantity.
        unit_name: ``Единица``.
        coefficient: how many base units that is.
    """

    key: str = ""
    catalog: str | None = None
    classifier: str | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None
    amount: Decimal | None = None
    unit_name: str | None = None
    coefficient: Decimal | None = None
    origin_country: str | None = None
    customs_declaration: str | None = None
    taxes: tuple[Tax, ...] | None = None
    discounts: tuple[Discount, ...] | None = None
    expenses: tuple[Discount, ...] | None = None
    further_attributes: tuple[Attribute, ...] | None = None
    stock: tuple[LineStock, ...] | None = None


class OrderPayment(NamedTuple):
    """``Оплата`` of 2.09."""

    number: str | None = None
    transaction: str | None = None
    date: datetime | None = None
    amount: Decimal | None = None
    system: str | None = None
    system_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Document(Record):
    """``Документ`` or ``ПодчиненныйДокумент``.

    Attributes:
        number: what people call it; 1C keeps 11 characters.
        number_1c: what 1C calls it, as ``date_1c``; newer files only, older ones use attributes.
        date: its day, with the time where the file gives one.
        operation: ``ХозОперация``: Заказ товара, Отпуск товара, ...
        role: Продавец, Покупатель.
        currency: as written.
        rate: to 1C's own currency.
        amount: the declared total.
        due: ``СрокПлатежа``.
        basis: ``Основание``: the document that it was made from.
        attributes: ``ЗначенияРеквизитов``: statuses, flags, numbers and dates of 1C.
        children: ``ПодчиненныеДокументы`` of 2.10.
        container: documents of one ``Контейнер`` have one number, from 1 on.
    """

    number: str | None = None
    number_1c: str | None = None
    date_1c: datetime | None = None
    date: datetime | None = None
    operation: str | None = None
    role: str | None = None
    currency: str | None = None
    rate: Decimal | None = None
    amount: Decimal | None = None
    parties: tuple[Party, ...] | None = None
    due: datetime | None = None
    comment: str | None = None
    basis: str | None = None
    taxes: tuple[Tax, ...] | None = None
    discounts: tuple[Discount, ...] | None = None
    expenses: tuple[Discount, ...] | None = None
    warehouses: tuple[LineStock, ...] | None = None
    lines: tuple[Line, ...] | None = None
    payments: tuple[OrderPayment, ...] | None = None
    attributes: tuple[Attribute, ...] | None = None
    children: tuple[Document, ...] | None = None
    container: int | None = None

    def attribute(self, *names: str) -> str | None:
        """Returns the first value of the first attribute that has one of these names."""
        for one in self.attributes or ():
            if one.name in names:
                return one.values[0] if one.values else ""
        return None
