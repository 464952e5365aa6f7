"""Records of a file become the trade's own: pure functions, one record at a time.

Nothing is looked up: what a record points at is named by its key and may come later. What cannot be
said in the trade's words is a ``Doubt``: the rest of the record goes on, and the doubt is reported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from mostik.commerce.catalog import (
    Characteristic,
    Component,
    EnumValue,
    File,
    Kit,
    Picture,
    Product,
    ProductType,
    PropertyDef,
    PropertyType,
    PropertyValue,
    Section,
    Size,
    TextFormat,
    Unit,
    Variant,
)
from mostik.commerce.money import Vat
from mostik.commerce.parties import Address
from mostik.commerce.record import Ref
from mostik.commerce.stock import Warehouse
from mostik.commerceml import models_goods as words
from mostik.commerceml.models import PostalAddress, Tax
from mostik.commerceml.values import flag, number, once_escaped

_KINDS = {
    "Строка": PropertyType.TEXT,
    "Число": PropertyType.NUMBER,
    "Время": PropertyType.TIME,
    "Дата": PropertyType.DATE,
    "ДатаВремя": PropertyType.DATE,
    "Справочник": PropertyType.ENUM,
    "Булево": PropertyType.BOOLEAN,
}
_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z")
_NO_VAT = ("без ндс", "без налога", "не облагается")
_RATE = re.compile(r"(\d+(?:[.,]\d+)?)\s*%?(?:\s*/\s*\d+)?\Z", re.ASCII)
_GRAMS = Decimal(1_000)
_ADDRESS_FIELDS = {
    "Почтовый индекс": "postcode",
    "Страна": "country",
    "Регион": "region",
    "Район": "district",
    "Населенный пункт": "city",
    "Населённый пункт": "city",
    "Город": "city",
    "Улица": "street",
    "Дом": "house",
    "Корпус": "building",
    "Квартира": "apartment",
}


class Doubt(NamedTuple):
    """What of a record cannot be said in the trade's words.

    Attributes:
        kind: the element.
        key: the record's key.
        text: one sentence for the 1C programmer.
    """

    kind: str
    key: str
    text: str


def section(group: words.Group) -> Section:
    """Returns a group of the catalogue; one without a parent is at the top."""
    return Section(
        key=group.key,
        version=group.version,
        deleted=bool(group.deleted),
        parent=Ref(key=group.parent) if group.parent else None,
        top=group.parent is None,
        name=group.name or "",
        code=group.code or None,
        description=group.description,
        sort=_whole(group.sort),
    )


def property_def(found: words.Property) -> PropertyDef:
    """Returns a property; a list of ``true`` and ``false`` is a yes or no."""
    variants = found.variants
    kind = _KINDS.get(found.kind or "")
    if variants and {one.key for one in variants} == {"true", "false"}:
        kind = PropertyType.BOOLEAN
    elif variants and kind is None:
        kind = PropertyType.ENUM
    values = None
    if variants is not None and kind is not PropertyType.BOOLEAN:
        values = tuple(
            EnumValue(
                key=one.key or one.text,
                name=one.text or "",
                default=one.default,
                sort=_whole(one.sort),
            )
            for one in variants
        )
    return PropertyDef(
        key=found.key,
        version=found.version,
        deleted=bool(found.deleted),
        name=found.name or "",
        type=kind,
        multiple=found.multiple,
        of_variants=found.for_offers,
        required=flag(found.required) if found.required else None,
        values=values,
        extra={"group": found.group} if found.group else {},
    )


def unit_of(found: words.UnitOfMeasure) -> Unit:
    """Returns a unit of a classifier."""
    return Unit(
        key=found.key,
        version=found.version,
        deleted=bool(found.deleted),
        code=found.code or found.key,
        symbol=found.short_name or None,
        name=found.full_name or None,
    )


def warehouse(found: words.Warehouse) -> Warehouse:
    """Returns a warehouse."""
    phones = [one.value for one in found.contacts or () if one.kind.startswith("Телефон")]
    return Warehouse(
        key=found.key,
        version=found.version,
        deleted=bool(found.deleted),
        name=found.name or "",
        address=address(found.address),
        phone=phones[0] if phones else None,
    )


def product(
    found: words.Product, properties: Mapping[str, PropertyDef]
) -> tuple[Product, tuple[Doubt, ...]]:
    """Returns a good, and what could not be said of it.

    Args:
        found: as the file has it.
        properties: definitions by key, from this file or those before: only they know whether a
            value is a text or the key of a list's value.
    """
    vat, doubts = _vat(found.tax_rates, "Товар", found.key)
    text, text_format = _description(found)
    sections = None if found.groups is None else tuple(Ref(key=key) for key in found.groups)
    active = found.attribute("БитриксАктивность")
    good = Product(
        key=found.key,
        version=found.version,
        deleted=bool(found.deleted),
        active=flag(active) if active else None,
        name=found.name or "",
        article=found.article,
        code=found.code or found.attribute("Код"),
        type=_type(found),
        sections=sections,
        section=sections[0] if sections else None,
        unit=_unit(found.unit),
        vat=vat,
        barcodes=found.barcodes,
        description=text,
        description_format=text_format,
        properties=_values(found.properties, properties),
        size=_size(found),
        kit=_kit(found.components),
        extra=_extra(found),
    )
    return good, doubts


def variant(
    found: words.Offer, properties: Mapping[str, PropertyDef]
) -> tuple[Variant | None, tuple[Doubt, ...]]:
    """Returns the variant that an offer is of; ``None``: it is an offer of a simple good, or says
    no more than prices and stock."""
    key = owner_key(found)
    said = (found.name, found.characteristics, found.article, found.properties, found.deleted)
    if "#" not in key or all(one is None for one in said):
        return None, ()
    vat, doubts = _vat(found.tax_rates, "Предложение", key)
    characteristics = found.characteristics
    return Variant(
        key=key,
        version=found.version,
        deleted=bool(found.deleted),
        parent=Ref(key=key.partition("#")[0]),
        characteristics=None
        if characteristics is None
        else tuple(
            Characteristic(
                name=one.name, value=one.value, property=Ref(key=one.key) if one.key else None
            )
            for one in characteristics
        ),
        name=found.name or "",
        article=found.article,
        code=found.code or found.attribute("Код"),
        barcodes=found.barcodes,
        unit=_unit(found.unit),
        vat=vat,
        properties=_values(found.properties, properties),
        size=_size(found),
        extra=_extra(found),
    ), doubts


def owner_key(offer: words.Offer) -> str:
    """Returns the key of what an offer sells: verbatim, ``X#X`` included; with its characteristic
    where that stands apart."""
    if offer.characteristic and "#" not in offer.key:
        return f"{offer.key}#{offer.characteristic}"
    return offer.key


def pictures(found: words.Good) -> tuple[Picture, ...]:
    """Returns the pictures that a good names, in order, the first one as the main one.

    They travel alone: what they look like is known when the file itself has come.
    """
    titles: dict[str, str] = {}
    for one in found.attributes or ():
        if one.name == "ОписаниеФайла":
            for value in one.values:
                path, _, title = value.partition("#")
                titles[path] = title
    return tuple(
        Picture(
            key=f"{found.key}/{path}",
            owner=Ref(key=found.key),
            file=File(
                key=path,
                name=titles.get(path) or path.replace("\\", "/").rpartition("/")[2],
                main=place == 0,
                order=place,
            ),
        )
        for place, path in enumerate(dict.fromkeys(found.pictures or ()))
    )


def address(found: PostalAddress | None) -> Address | None:
    """Returns an address, whole and in pieces; pieces without a place are kept in ``extra``."""
    if found is None:
        return None
    pieces: dict[str, str] = {}
    extra: dict[str, str] = {}
    for one in found.fields:
        name = _ADDRESS_FIELDS.get(one.kind)
        if name is None or name in pieces:
            extra[one.kind] = one.value
        else:
            pieces[name] = one.value
    return Address.model_validate({"full": found.text or None, **pieces, "extra": extra})


def _values(
    found: tuple[words.PropertyValue, ...] | None, properties: Mapping[str, PropertyDef]
) -> tuple[PropertyValue, ...] | None:
    if found is None:
        return None
    return tuple(_value(one, properties.get(one.key or "")) for one in found if one.key)


def _value(found: words.PropertyValue, definition: PropertyDef | None) -> PropertyValue:
    """A value of an unknown property is a list's where it looks like a key: a text rarely does."""
    key = Ref(key=found.key or "", name=found.name)
    kind = definition.type if definition else None
    if kind is PropertyType.ENUM or (kind is None and all(map(_GUID.match, found.values))):
        return PropertyValue(property=key, enums=tuple(Ref(key=one) for one in found.values))
    plain: list[str | bool | Decimal] = []
    for one in found.values:
        value: str | bool | Decimal | None = one
        if kind is PropertyType.BOOLEAN:
            value = flag(one)
        elif kind is PropertyType.NUMBER:
            value = number(one)
        plain.append(one if value is None else value)
    return PropertyValue(property=key, values=tuple(plain))


def _vat(
    rates: tuple[Tax, ...] | None, kind: str, key: str
) -> tuple[Vat | None, tuple[Doubt, ...]]:
    """The value added tax; "Без НДС" is no tax, which is not 0 %."""
    for one in rates or ():
        if one.name.strip().upper() not in ("НДС", ""):
            continue
        rate = (one.rate or "").strip()
        if not rate:
            return None, ()
        if rate.lower() in _NO_VAT:
            return Vat(rate=None, included=one.included), ()
        found = _RATE.match(rate)
        value = number(found[1]) if found else None
        if value is None:
            return None, (Doubt(kind, key, f"Непонятная ставка НДС: {rate[:50]}"),)
        return Vat(rate=value, included=one.included), ()
    return None, ()


def _description(found: words.Good) -> tuple[str | None, TextFormat | None]:
    html = found.attribute("ОписаниеВФорматеHTML")
    if html and flag(html) is None:
        return html, TextFormat.HTML
    if html and flag(html):
        return found.description, TextFormat.HTML
    if found.description is None:
        return None, None
    return once_escaped(found.description), TextFormat.TEXT


def _type(found: words.Good) -> ProductType | None:
    kinds = {found.attribute("ТипНоменклатуры"), found.attribute("ВидНоменклатуры")}
    if "Услуга" in kinds or "Работа" in kinds:
        return ProductType.SERVICE
    return ProductType.KIT if found.components or "Набор" in kinds else None


def _unit(found: words.BaseUnit | None) -> Ref | None:
    if found is None:
        return None
    code = found.code or (found.text if found.text and found.text.isdecimal() else None)
    name = found.short_name or found.text or found.full_name or None
    key = code or name
    return Ref(key=key, name=name) if key else None


def _size(found: words.Good) -> Size | None:
    """1C weighs in kilograms."""
    weight = found.weight
    if weight is None:
        weight = number(found.attribute("Вес") or "")
    return None if weight is None else Size(weight=weight * _GRAMS)


def _kit(components: tuple[words.Component, ...] | None) -> Kit | None:
    if not components:
        return None
    return Kit(
        components=tuple(
            Component(variant=Ref(key=one.key), quantity=one.quantity)
            for one in components
            if one.key and one.quantity is not None
        )
    )


def _extra(found: words.Good) -> dict[str, object]:
    extra: dict[str, object] = {name: list(texts) for name, texts in found.extra}
    for one in found.attributes or ():
        extra.setdefault(one.name, list(one.values))
    if found.manufacturer is not None and found.manufacturer.name:
        extra["Изготовитель"] = found.manufacturer.name
    for name, value in (("Страна", found.country), ("ТорговаяМарка", found.brand)):
        if value:
            extra[name] = value
    return extra


def _whole(value: Decimal | None) -> int | None:
    return None if value is None else int(value)
