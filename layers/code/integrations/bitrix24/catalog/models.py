"""The catalogue's rows in the portal's own words.

Sources: apidocs.bitrix24.ru, catalog/data-types. Fields that are not named here are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from integrations.bitrix24.transport.php import as_list
from mostik.errors import GiveUp, WhoActs


class Row(BaseModel):
    """One row of a list."""

    model_config = ConfigDict(
        extra="allow", frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    id: int


RowT = TypeVar("RowT", bound=Row)


def read(model: type[RowT], row: Mapping[str, Any]) -> RowT:
    """Reads a row.

    Raises:
        GiveUp: it has another shape than the documentation says.
    """
    try:
        return model.model_validate(row)
    except ValidationError as error:
        fields = ", ".join(str(one["loc"][0]) for one in error.errors() if one["loc"])
        raise GiveUp(
            f"The portal's answer has another shape than its documentation says ({fields}).",
            who=WhoActs.DEVELOPER,
        ) from None


class CatalogRow(Row):
    """A catalogue; one of variations names that of their goods."""

    iblock_id: int
    name: str | None = None
    product_iblock_id: int | None = None


class SectionRow(Row):
    """A section."""

    name: str | None = None
    xml_id: str | None = None
    code: str | None = None
    iblock_section_id: int | None = None
    description: str | None = None
    sort: int | None = None
    active: str | None = None


class PropertyRow(Row):
    """A property of goods or of variations."""

    iblock_id: int
    name: str | None = None
    code: str | None = None
    xml_id: str | None = None
    property_type: str
    user_type: str | None = None
    multiple: str | None = None
    is_required: str | None = None
    active: str | None = None
    sort: int | None = None


class EnumRow(Row):
    """A value of a list property."""

    property_id: int
    value: str | None = None
    xml_id: str | None = None
    sort: int | None = None
    chosen: str | None = Field(default=None, alias="def")


class MeasureRow(Row):
    """A unit of measure."""

    code: int | None = None
    measure_title: str | None = None
    symbol: str | None = None
    is_default: str | None = None


class VatRow(Row):
    """A VAT rate; ``None`` is "without"."""

    name: str | None = None
    rate: Decimal | None = None
    active: str | None = None


class PriceTypeRow(Row):
    """A price type."""

    name: str | None = None
    base: str | None = None
    xml_id: str | None = None
    sort: int | None = None
    timestamp_x: AwareDatetime | None = None


class PriceRow(Row):
    """A price of a good."""

    product_id: int
    catalog_group_id: int
    price: Decimal
    currency: str | None = None
    quantity_from: Decimal | None = None
    quantity_to: Decimal | None = None
    timestamp_x: AwareDatetime | None = None


class StoreRow(Row):
    """A warehouse."""

    title: str | None = None
    address: str | None = None
    code: str | None = None
    xml_id: str | None = None
    phone: str | None = None
    sort: int | None = None
    active: str | None = None
    issuing_center: str | None = None
    date_modify: AwareDatetime | None = None


class GoodRow(Row):
    """A good, a variation or a service."""

    iblock_id: int
    type: int | None = None
    name: str | None = None
    xml_id: str | None = None
    code: str | None = None
    active: str | None = None
    sort: int | None = None
    iblock_section_id: int | None = None
    parent_id: Any = None
    measure: int | None = None
    vat_id: int | None = None
    vat_included: str | None = None
    detail_text: str | None = None
    detail_text_type: str | None = None
    preview_text: str | None = None
    weight: Decimal | None = None
    length: Decimal | None = None
    width: Decimal | None = None
    height: Decimal | None = None
    quantity: Decimal | None = None
    quantity_reserved: Decimal | None = None
    can_buy_zero: str | None = None
    quantity_trace: str | None = None
    timestamp_x: AwareDatetime | None = None

    @property
    def parent(self) -> str | None:
        """Id of the good that a variation belongs to."""
        value = self.parent_id.get("value") if isinstance(self.parent_id, Mapping) else None
        return str(value) if value not in (None, "", 0) else None

    def values_of(self, property_id: int) -> tuple[str, ...]:
        """The values of one of its properties, in order."""
        held = (self.model_extra or {}).get(f"property{property_id}")
        ones = [held] if isinstance(held, Mapping) and "value" in held else as_list(held)
        return tuple(
            str(one["value"]) for one in ones if isinstance(one, Mapping) and one.get("value")
        )


class ImageRow(Row):
    """A picture of a good."""

    name: str | None = None
    product_id: int
    type: str | None = None
    detail_url: str | None = None


def flag(value: bool) -> str:
    """How the portal says yes and no."""
    return "Y" if value else "N"


def said(value: str | None) -> bool | None:
    """What the portal says by a letter; ``None``: nothing."""
    return None if value is None else value == "Y"
