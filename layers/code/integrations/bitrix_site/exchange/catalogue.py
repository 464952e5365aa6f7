"""Goods as files for the site: groups, properties, goods, offers with prices and stock. Pure.

Every file says that it holds changes only (``СодержитТолькоИзменения``), so nothing that it does
not name is switched off or deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from mostik.commerce.catalog import (
    Product,
    PropertyDef,
    PropertyType,
    PropertyValue,
    Section,
    Variant,
)
from mostik.commerce.prices import Price, PriceType
from mostik.commerce.record import Ref
from mostik.commerce.stock import Stock, Warehouse
from mostik.commerceml.writer import closing, opening
from mostik.commerceml.xmlout import Leaf, many, node, rendered

_SCHEMA = "2.07"
_ENCODING = "utf-8"
_CHANGES = {"СодержитТолькоИзменения": "true"}
_KINDS = {
    PropertyType.NUMBER: "Число",
    PropertyType.ENUM: "Справочник",
    PropertyType.DATE: "Время",
    PropertyType.TIME: "Время",
}
NO_VAT = "Без НДС"


def file_of(parts: Iterable[Leaf], formed_at: datetime) -> bytes:
    """Returns a whole file."""
    pieces = [opening(_SCHEMA, formed_at, encoding=_ENCODING)]
    pieces += [rendered(part).encode(_ENCODING) for part in parts]
    return b"".join([*pieces, closing(encoding=_ENCODING)])


def classifier(
    catalog: str, sections: Sequence[Section] = (), properties: Sequence[PropertyDef] = ()
) -> Leaf:
    """Returns groups and properties. A group stands in the one above it, so those above must be
    among ``sections``."""
    below: dict[str | None, list[Section]] = {}
    keys = {one.key for one in sections}
    for one in sections:
        parent = one.parent.key if one.parent is not None else None
        below.setdefault(parent if parent in keys else None, []).append(one)

    def group(one: Section) -> Leaf:
        inner = below.get(one.key)
        return node(
            "Группа",
            [
                node("Ид", one.key),
                node("Наименование", one.name),
                many("Группы", inner, group),
            ],
        )

    return node(
        "Классификатор",
        [
            node("Ид", catalog),
            node("Наименование", "Каталог"),
            many("Группы", below.get(None), group),
            many("Свойства", properties or None, _property),
        ],
        _CHANGES,
    )


def catalogue(catalog: str, products: Sequence[Product]) -> Leaf:
    """Returns goods."""
    return node(
        "Каталог",
        [
            node("Ид", catalog),
            node("ИдКлассификатора", catalog),
            node("Наименование", "Каталог"),
            many("Товары", products, _product),
        ],
        _CHANGES,
    )


def offers(
    catalog: str,
    *,
    variants: Sequence[Variant] = (),
    prices: Mapping[str, Sequence[Price]] | None = None,
    stock: Mapping[str, Sequence[Stock]] | None = None,
    named: Sequence[PriceType | Warehouse] = (),
) -> Leaf:
    """Returns a package of offers.

    Args:
        catalog: key of the catalogue.
        variants: offers that are told whole.
        prices: all prices of an owner, by its key: the site deletes those that are left out.
        stock: what is in the warehouses, by the owner's key.
        named: price types and warehouses that are told by themselves.
    """
    told = {one.key: one for one in variants}
    prices, stock = prices or {}, stock or {}
    keys = dict.fromkeys([*told, *prices, *stock])
    kinds = {one.key: one.name for one in named if isinstance(one, PriceType)}
    places = {one.key: one.name for one in named if isinstance(one, Warehouse)}
    for price in (one for rows in prices.values() for one in rows):
        kinds.setdefault(price.type.key, price.type.name or "")
    for level in (one for rows in stock.values() for one in rows):
        if level.warehouse is not None:
            places.setdefault(level.warehouse.key, level.warehouse.name or "")
    return node(
        "ПакетПредложений",
        [
            node("Ид", f"{catalog}#"),
            node("Наименование", "Пакет предложений"),
            node("ИдКаталога", catalog),
            node("ИдКлассификатора", catalog),
            _directory("ТипыЦен", "ТипЦены", kinds),
            _directory("Склады", "Склад", places),
            many(
                "Предложения",
                keys,
                lambda key: _offer(key, told.get(key), prices.get(key), stock.get(key)),
            ),
        ],
        _CHANGES,
    )


def _directory(container: str, name: str, rows: Mapping[str, str]) -> Leaf:
    return many(
        container,
        rows.items() or None,
        lambda row: node(name, [node("Ид", row[0]), node("Наименование", row[1] or row[0])]),
    )


def _property(one: PropertyDef) -> Leaf:
    variants = one.values if one.type is PropertyType.ENUM else None
    return node(
        "Свойство",
        [
            node("Ид", one.key),
            node("Наименование", one.name),
            node("Множественное", one.multiple),
            node("ТипЗначений", _KINDS.get(one.type, "Строка") if one.type else "Строка"),
            many(
                "ВариантыЗначений",
                variants,
                lambda each: node(
                    "Справочник",
                    [node("ИдЗначения", each.code or each.key), node("Значение", each.name)],
                ),
            ),
        ],
    )


def _product(one: Product) -> Leaf:
    return node(
        "Товар",
        [
            node("Ид", one.key),
            _switched_off(one),
            Leaf("", [node("Штрихкод", code) for code in one.barcodes or ()]),
            node("Артикул", one.article),
            node("Наименование", one.name),
            _unit(one.unit),
            many("Группы", [one.section] if one.section else None, lambda ref: node("Ид", ref.key)),
            node("Описание", one.description),
            many("ЗначенияСвойств", one.properties, _values),
            _rates(one),
        ],
    )


def _offer(
    key: str,
    variant: Variant | None,
    prices: Sequence[Price] | None,
    stock: Sequence[Stock] | None,
) -> Leaf:
    told: list[Leaf] = []
    if variant is not None:
        told = [
            _switched_off(variant),
            Leaf("", [node("Штрихкод", code) for code in variant.barcodes or ()]),
            node("Артикул", variant.article),
            node("Наименование", variant.name),
            _unit(variant.unit),
            many(
                "ХарактеристикиТовара",
                variant.characteristics,
                lambda one: node(
                    "ХарактеристикаТовара",
                    [node("Наименование", one.name), node("Значение", one.value)],
                ),
            ),
            _rates(variant),
        ]
    return node(
        "Предложение",
        [
            node("Ид", key),
            *told,
            many("Цены", prices, _price),
            many("Остатки", _placed(stock), _place),
            node("Количество", _total(stock)),
        ],
    )


def _switched_off(one: Product | Variant) -> Leaf:
    """A mark of deletion switches a good off; a site deletes it only where it was told to."""
    return node("ПометкаУдаления", None if one.active is None else not one.active)


def _price(one: Price) -> Leaf:
    return node(
        "Цена",
        [
            node("ИдТипаЦены", one.type.key),
            node("ЦенаЗаЕдиницу", one.amount),
            node("Валюта", one.currency),
            node("МинКоличество", one.min_quantity),
        ],
    )


def _placed(stock: Sequence[Stock] | None) -> Sequence[Stock] | None:
    rows = [one for one in stock or () if one.warehouse is not None]
    return rows or None


def _place(one: Stock) -> Leaf:
    key = one.warehouse.key if one.warehouse is not None else ""
    inner = [node("Ид", key), node("Количество", amount_of(one))]
    return node("Остаток", [node("Склад", inner)])


def _total(stock: Sequence[Stock] | None) -> Decimal | None:
    return None if stock is None else sum(map(amount_of, stock), Decimal(0))


def amount_of(one: Stock) -> Decimal:
    """What a stock record says that there is: what can be sold, else what lies there."""
    amount = one.available if one.available is not None else one.on_hand
    return amount if amount is not None else Decimal(0)


def _unit(unit: Ref | None) -> Leaf:
    if unit is None:
        return node("БазоваяЕдиница", None)
    return node("БазоваяЕдиница", unit.name or "", {"Код": unit.key})


def _rates(one: Product | Variant) -> Leaf:
    if one.vat is None:
        return node("СтавкиНалогов", None)
    rate = NO_VAT if one.vat.rate is None else f"{one.vat.rate.normalize():f}"
    inner = [node("Наименование", "НДС"), node("Ставка", rate)]
    return node("СтавкиНалогов", [node("СтавкаНалога", inner)])


def _values(one: PropertyValue) -> Leaf:
    return node(
        "ЗначенияСвойства",
        [
            node("Ид", one.property.key),
            Leaf("", [node("Значение", text) for text in texts_of(one)]),
        ],
    )


def texts_of(one: PropertyValue) -> Sequence[str]:
    """The values of a property as texts, those of a list by their keys."""
    return [ref.key for ref in one.enums] or [_text(value) for value in one.values]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
