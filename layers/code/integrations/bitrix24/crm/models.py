"""The CRM's own words: what crm.* takes and gives. Fields that are not named here are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from mostik.errors import GiveUp, Unknown, WhoActs
from mostik.http.endpoint import Endpoint, Replay

Model = TypeVar("Model", bound=BaseModel)


def _exact(value: Any) -> Any:
    """A JSON number as it was written: 0.1 is not 0.1000000000000000055."""
    return str(value) if isinstance(value, float) else value


def _absent(value: Any) -> Any:
    return None if value == "" else value


def _as_list(value: Any) -> Any:
    return (
        []
        if value in (None, "", {})
        else list(value.values())
        if isinstance(value, dict)
        else value
    )


Number = Annotated[Decimal, BeforeValidator(_exact)]
MaybeNumber = Annotated[Number | None, BeforeValidator(_absent)]
MaybeTime = Annotated[datetime | None, BeforeValidator(_absent)]
MaybeId = Annotated[int | None, BeforeValidator(_absent)]


class EntityType(IntEnum):
    """``entityTypeId`` of crm.item.* (apidocs.bitrix24.ru, crm/universal)."""

    DEAL = 2
    CONTACT = 3
    COMPANY = 4
    REQUISITE = 8


class Words(BaseModel):
    """A record in the portal's words."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)


class Item(Words):
    """A deal, contact or company as crm.item.* gives it."""

    id: int
    title: str | None = None
    stage_id: str | None = Field(default=None, alias="stageId")
    category_id: MaybeId = Field(default=None, alias="categoryId")
    opportunity: MaybeNumber = None
    currency_id: str | None = Field(default=None, alias="currencyId")
    comments: str | None = None
    contact_id: MaybeId = Field(default=None, alias="contactId")
    company_id: MaybeId = Field(default=None, alias="companyId")
    assigned_by_id: MaybeId = Field(default=None, alias="assignedById")
    created_time: MaybeTime = Field(default=None, alias="createdTime")
    updated_time: MaybeTime = Field(default=None, alias="updatedTime")
    originator_id: str | None = Field(default=None, alias="originatorId")
    origin_id: str | None = Field(default=None, alias="originId")
    name: str | None = None
    second_name: str | None = Field(default=None, alias="secondName")
    last_name: str | None = Field(default=None, alias="lastName")
    fm: Annotated[list[dict[str, Any]], BeforeValidator(_as_list)] = Field(default_factory=list)


class ItemResult(BaseModel):
    """``result`` of crm.item.get, add and update."""

    item: Item


class ProductRow(Words):
    """A product row of a deal."""

    id: int
    product_id: MaybeId = Field(default=None, alias="productId")
    product_name: str | None = Field(default=None, alias="productName")
    price: Number = Decimal(0)
    price_brutto: MaybeNumber = Field(default=None, alias="priceBrutto")
    quantity: Number = Decimal(1)
    tax_rate: MaybeNumber = Field(default=None, alias="taxRate")
    tax_included: str | None = Field(default=None, alias="taxIncluded")
    measure_code: MaybeId = Field(default=None, alias="measureCode")
    measure_name: str | None = Field(default=None, alias="measureName")
    sort: int = 0
    xml_id: str | None = Field(default=None, alias="xmlId")


class ItemEnvelope(BaseModel):
    """The whole answer of crm.item.get, add and update."""

    result: ItemResult


class RowsResult(BaseModel):
    """``result`` of crm.item.productrow.list and set."""

    rows: Annotated[list[ProductRow], BeforeValidator(_as_list)] = Field(alias="productRows")


class RowsEnvelope(BaseModel):
    """The whole answer of crm.item.productrow.set."""

    result: RowsResult


class DealPayment(Words):
    """A payment of a deal, as crm.item.payment.list gives it."""

    id: int
    account_number: str | None = Field(default=None, alias="accountNumber")
    paid: str | None = None
    date_paid: MaybeTime = Field(default=None, alias="datePaid")
    pay_system_id: MaybeId = Field(default=None, alias="paySystemId")
    pay_system_name: str | None = Field(default=None, alias="paySystemName")
    sum: MaybeNumber = None
    currency: str | None = None


class PaymentsResult(BaseModel):
    """``result`` of crm.item.payment.list, put under a name."""

    payments: Annotated[list[DealPayment], BeforeValidator(_as_list)]


def understood(model: type[Model], result: Any, endpoint: Endpoint) -> Model:
    """Reads what a method has answered.

    Raises:
        GiveUp: it lacks what the model needs.
        Unknown: so it is, and the method has made something.
    """
    try:
        return model.model_validate(result)
    except ValidationError as error:
        places = ", ".join(
            ".".join(map(str, one["loc"])) or "all of it" for one in error.errors()[:3]
        )
        failure = Unknown if endpoint.replay is Replay.UNSAFE else GiveUp
        raise failure(
            f"The answer of {endpoint.path} is not understood ({places}).", who=WhoActs.DEVELOPER
        ) from None


def text_of(row: Mapping[str, Any], name: str) -> str:
    """Returns a field as text, empty when it is absent."""
    value = row.get(name)
    return "" if value is None else str(value)
