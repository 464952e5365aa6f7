"""The catalogue: sections, properties, units, products and their variants, files, kits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime, field_validator

from mostik.commerce.money import Vat
from mostik.commerce.record import Amount, Canonical, Model, Part, Ref

SECTIONS, PROPERTIES, UNITS = "sections", "properties", "units"
PRODUCTS, VARIANTS, FILES = "products", "variants", "files"


class Section(Canonical):
    """A group of the catalogue.

    Attributes:
        parent: the group above; ``None``: not known, or at the top where ``top`` says so.
        top: it has no group above.
        name: for people.
        code: its name in addresses.
        sort: its place among its neighbours.
        manual: people keep it by hand on this side; a sync does not move or remove it.
    """

    refers: ClassVar[Mapping[str, tuple[str, ...]]] = {"parent": (SECTIONS,)}
    references: ClassVar[frozenset[str]] = frozenset({"manual"})

    parent: Ref | None = None
    top: bool | None = None
    name: str = ""
    code: str | None = None
    description: str | None = None
    sort: int | None = None
    manual: bool | None = None


class PropertyType(StrEnum):
    """What a property's values are."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ENUM = "enum"
    DATE = "date"
    TIME = "time"
    FILE = "file"
    HTML = "html"
    REFERENCE = "reference"
    """Another record: a brand, a good, a section."""


class EnumValue(Part):
    """A value of a list property: its key is its identity, two values may have one text.

    Attributes:
        name: the text.
        code: its external code (``xmlId``).
        sort: its place in the list.
        default: chosen when nothing is.
    """

    name: str = ""
    code: str | None = None
    sort: int | None = None
    default: bool | None = None


class PropertyDef(Canonical):
    """A property that goods or their variants have.

    Attributes:
        name: for people.
        code: its code on the side that it was read from.
        type: what its values are.
        multiple: a good may have several values.
        of_variants: it belongs to variants, not to goods.
        required: a good must have one.
        values: of a list property.
        sort: its place.
    """

    name: str = ""
    code: str | None = None
    type: PropertyType | None = None
    multiple: bool | None = None
    of_variants: bool | None = None
    required: bool | None = None
    values: tuple[EnumValue, ...] | None = None
    sort: int | None = None


class Unit(Canonical):
    """A unit of measure.

    Attributes:
        code: ОКЕИ code ("796" is a piece).
        symbol: what stands behind a quantity.
        name: the full name.
        base: the unit that it is counted in (a pack of 12 pieces).
        coefficient: how many of ``base`` it is.
        default: it is used where a good names none.
    """

    refers: ClassVar[Mapping[str, tuple[str, ...]]] = {"base": (UNITS,)}

    code: str = ""
    symbol: str | None = None
    name: str | None = None
    base: Ref | None = None
    coefficient: Amount | None = None
    default: bool | None = None


class ProductType(StrEnum):
    """What kind of good it is. Bitrix never changes it once the good is there."""

    SIMPLE = "simple"
    WITH_VARIANTS = "with_variants"
    SERVICE = "service"
    KIT = "kit"


Value = str | bool | Amount | AwareDatetime | date
"""One plain value of a property."""


class PropertyValue(Part):
    """What a good says of one property.

    Attributes:
        property: the definition.
        values: plain values, in order. Empty: it has none.
        enums: chosen values of a list, by the key of the ``EnumValue``.
        links: other records that it names.
        files: content hashes of its files.
    """

    property: Ref
    values: tuple[Value, ...] = ()
    enums: tuple[Ref, ...] = ()
    links: tuple[Ref, ...] = ()
    files: tuple[str, ...] = ()

    @field_validator("values")
    @classmethod
    def _without_zeros(cls, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """A number says the same whether it is stored as one or, in JSON, as a text."""
        return tuple(
            Decimal(f"{one.normalize():f}") if isinstance(one, Decimal) else one for one in values
        )


class File(Part):
    """A picture or document.

    Attributes:
        hash: SHA-256 of the content, hex: equal is no call. ``None``: the side tells no content.
        name: its file name.
        media_type: for example ``image/jpeg``.
        size: bytes.
        main: the main picture.
        order: its place.
        owner: the good that it belongs to, where it travels alone and may arrive before it.
        blob: where its content lies with us.
        url: where the side gives it; may hold a secret, is never compared.
    """

    uncompared: ClassVar[frozenset[str]] = Part.uncompared | {"url", "blob"}

    hash: str | None = None
    name: str | None = None
    media_type: str | None = None
    size: int | None = None
    main: bool | None = None
    order: int | None = None
    owner: Ref | None = None
    blob: str | None = None
    url: str | None = None


class Picture(Canonical):
    """A file that travels as a record of its own, in its own lane.

    Attributes:
        owner: the good or variant that it belongs to.
        file: what it is.
    """

    refers: ClassVar[Mapping[str, tuple[str, ...]]] = {"owner": (PRODUCTS, VARIANTS)}

    owner: Ref
    file: File


class Component(Part):
    """A component of a kit."""

    variant: Ref
    quantity: Amount


class Kit(Model):
    """What a kit consists of; its stock is computed from its components."""

    components: tuple[Component, ...] = ()


class TextFormat(StrEnum):
    """How a description is written."""

    TEXT = "text"
    HTML = "html"


class Size(Model):
    """Weight and measures.

    Attributes:
        weight: grams.
        length: millimetres, as are width and height.
    """

    weight: Amount | None = None
    length: Amount | None = None
    width: Amount | None = None
    height: Amount | None = None


class Product(Canonical):
    """A good or a service.

    Attributes:
        name: for people.
        article: the vendor's code; not unique.
        code: the 1C code.
        slug: its name in addresses.
        type: simple, with variants, service, kit.
        sections: all sections that it is in.
        section: the main one of them.
        unit: what it is counted in.
        ratio: it is sold in multiples of this.
        vat: its tax.
        barcodes: all of them.
        description: full text; ``description_format`` says how it is written.
        preview: short text, in the same format.
        properties: values of properties.
        size: weight and measures.
        files: pictures and documents; ``None``: they travel alone, or are not known.
        kit: of a kit: its components.
        sort: its place.
    """

    refers: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "sections": (SECTIONS,),
        "section": (SECTIONS,),
        "unit": (UNITS,),
        "properties.property": (PROPERTIES,),
        "kit.components.variant": (VARIANTS, PRODUCTS),
    }

    name: str = ""
    article: str | None = None
    code: str | None = None
    slug: str | None = None
    type: ProductType | None = None
    sections: tuple[Ref, ...] | None = None
    section: Ref | None = None
    unit: Ref | None = None
    ratio: Amount | None = None
    vat: Vat | None = None
    barcodes: tuple[str, ...] | None = None
    description: str | None = None
    description_format: TextFormat | None = None
    preview: str | None = None
    properties: tuple[PropertyValue, ...] | None = None
    size: Size | None = None
    files: tuple[File, ...] | None = None
    kit: Kit | None = None
    sort: int | None = None


class Characteristic(Model):
    """One characteristic of a variant: colour, red. Their order matters."""

    name: str
    value: str
    property: Ref | None = None


class Variant(Canonical):
    """A variant of a good, with prices and stock of its own. Its key is ``good#characteristic``
    **verbatim**, ``X#X`` included.

    Attributes:
        parent: the good.
        characteristics: in order.
        name: for people.
        article: its own.
        code: the 1C code.
        barcodes: its own.
        unit: what it is counted in.
        vat: its tax.
        properties: values of properties of variants.
        files: its own pictures.
    """

    refers: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "parent": (PRODUCTS,),
        "unit": (UNITS,),
        "properties.property": (PROPERTIES,),
    }

    parent: Ref | None = None
    characteristics: tuple[Characteristic, ...] | None = None
    name: str = ""
    article: str | None = None
    code: str | None = None
    barcodes: tuple[str, ...] | None = None
    unit: Ref | None = None
    ratio: Amount | None = None
    vat: Vat | None = None
    properties: tuple[PropertyValue, ...] | None = None
    size: Size | None = None
    files: tuple[File, ...] | None = None
    sort: int | None = None
