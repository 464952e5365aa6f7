"""Records of the catalogue: groups, properties, units, goods, offers, prices, stock."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from mostik.commerceml.models import Attribute, Contact, Owner, PostalAddress, Record, Tax


@dataclass(frozen=True, kw_only=True)
class Group(Record):
    """``Группа``. Those above come before those below."""

    parent: str | None = None
    name: str | None = None
    description: str | None = None
    code: str | None = None
    sort: Decimal | None = None
    picture: str | None = None


@dataclass(frozen=True, kw_only=True)
class Category(Record):
    """``Категория``: a kind of goods, with the properties that such goods have."""

    name: str | None = None
    properties: tuple[str, ...] | None = None


class PropertyVariant(NamedTuple):
    """A value that a property may have. Two may have one text: the key tells them apart."""

    key: str | None = None
    text: str | None = None
    default: bool | None = None
    sort: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Property(Record):
    """``Свойство``.

    Attributes:
        group: the group that it is defined for, where it is defined inside of one.
        kind: ``ТипЗначений``: Строка, Число, Справочник, ...
        required: as written: true, or what it is required for.
        variants: what it may be; a boolean is a list of ``true`` and ``false``.
    """

    group: str | None = None
    name: str | None = None
    description: str | None = None
    kind: str | None = None
    required: str | None = None
    multiple: bool | None = None
    for_goods: bool | None = None
    for_offers: bool | None = None
    for_documents: bool | None = None
    external: bool | None = None
    used: bool | None = None
    variants: tuple[PropertyVariant, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class UnitOfMeasure(Record):
    """``ЕдиницаИзмерения`` of a classifier. Its key is its ``Ид``, else its code."""

    code: str | None = None
    full_name: str | None = None
    short_name: str | None = None
    international: str | None = None


@dataclass(frozen=True, kw_only=True)
class PriceType(Record):
    """``ТипЦены``; may stand in a file that was sent hours before the prices."""

    name: str | None = None
    currency: str | None = None
    description: str | None = None
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Warehouse(Record):
    """``Склад`` of a package or classifier."""

    name: str | None = None
    comment: str | None = None
    address: PostalAddress | None = None
    contacts: tuple[Contact, ...] | None = None


class Conversion(NamedTuple):
    """``Пересчет``: how many of this unit the base unit is."""

    unit: str | None = None
    coefficient: Decimal | None = None
    data: tuple[Attribute, ...] | None = None


class BaseUnit(NamedTuple):
    """``БазоваяЕдиница``: a code in an attribute, or as text, or a bare symbol."""

    code: str | None = None
    full_name: str | None = None
    short_name: str | None = None
    international: str | None = None
    text: str | None = None
    conversions: tuple[Conversion, ...] = ()


class PropertyValue(NamedTuple):
    """``ЗначенияСвойства``: a value is a text or the key of a variant; the property knows which."""

    key: str | None = None
    name: str | None = None
    values: tuple[str, ...] = ()


class Characteristic(NamedTuple):
    """``ХарактеристикаТовара``. Their order in the file is kept."""

    key: str | None = None
    name: str = ""
    value: str = ""


class Component(NamedTuple):
    """``Комплектующее`` of a kit, or an ``Аналог``."""

    key: str | None = None
    name: str | None = None
    article: str | None = None
    catalog: str | None = None
    classifier: str | None = None
    quantity: Decimal | None = None


class Excise(NamedTuple):
    """``Акциз``."""

    name: str = ""
    amount: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, kw_only=True)
class Good(Record):
    """What goods, offers and lines of documents have in common.

    Attributes:
        status: Новый, Изменен, Удален.
        barcodes: all spellings of Штрихкод.
        pictures: paths beside the file.
        files: further files.
        attributes: ``ЗначенияРеквизитов``.
    """

    status: str | None = None
    barcodes: tuple[str, ...] | None = None
    article: str | None = None
    code: str | None = None
    name: str | None = None
    full_name: str | None = None
    unit: BaseUnit | None = None
    groups: tuple[str, ...] | None = None
    category: str | None = None
    description: str | None = None
    pictures: tuple[str, ...] | None = None
    files: tuple[str, ...] | None = None
    manufacturer: Owner | None = None
    country: str | None = None
    brand: str | None = None
    weight: Decimal | None = None
    counterparty_key: str | None = None
    properties: tuple[PropertyValue, ...] | None = None
    characteristics: tuple[Characteristic, ...] | None = None
    tax_rates: tuple[Tax, ...] | None = None
    excises: tuple[Excise, ...] | None = None
    components: tuple[Component, ...] | None = None
    analogues: tuple[Component, ...] | None = None
    attributes: tuple[Attribute, ...] | None = None

    def attribute(self, *names: str) -> str | None:
        """Returns the first value of the first attribute that has one of these names."""
        for one in self.attributes or ():
            if one.name in names:
                return one.values[0] if one.values else ""
        return None


@dataclass(frozen=True, kw_only=True)
class Product(Good):
    """``Товар`` of a catalogue. Its key may itself be ``good#characteristic`` in old files."""


class Price(NamedTuple):
    """``Цена``.

    Attributes:
        shown: ``Представление``, for people; never read.
        type: ``ИдТипаЦены``.
        amount: for one unit.
        currency: as written: RUB, руб, 643.
        min_quantity: from this quantity on.
        max_quantity: up to this one.
    """

    shown: str | None = None
    type: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    unit: str | None = None
    coefficient: Decimal | None = None
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    catalog: str | None = None
    data: tuple[Attribute, ...] | None = None


class StockRow(NamedTuple):
    """What is in one warehouse; ``None``: the file names no warehouse."""

    warehouse: str | None = None
    quantity: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Offer(Good):
    """``Предложение``: identity, prices and stock, or any part of them.

    Attributes:
        characteristic: ``ИдХарактеристики``, where the key has no ``#``.
        unit_code: ``КодЕдиницыИзмерения``.
        prices: ``None``: the file says nothing of prices. Empty: it says there are none.
        quantity: over all warehouses.
        stock: by warehouse.
    """

    characteristic: str | None = None
    unit_code: str | None = None
    prices: tuple[Price, ...] | None = None
    quantity: Decimal | None = None
    stock: tuple[StockRow, ...] | None = None
