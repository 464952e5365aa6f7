"""The online store's own words: what sale.* takes and gives."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from integrations.bitrix24.crm.models import MaybeId, MaybeNumber, MaybeTime, Number, Words


def _as_list(value: Any) -> Any:
    """PHP: an empty map comes as a list, a numbered one as an object."""
    if value in (None, "", {}):
        return []
    return list(value.values()) if isinstance(value, dict) else value


class BasketItem(Words):
    """A line of an order's basket."""

    id: int
    product_id: MaybeId = Field(default=None, alias="productId")
    name: str | None = None
    quantity: Number = Decimal(1)
    price: Number = Decimal(0)
    base_price: MaybeNumber = Field(default=None, alias="basePrice")
    discount_price: MaybeNumber = Field(default=None, alias="discountPrice")
    vat_rate: MaybeNumber = Field(default=None, alias="vatRate")
    vat_included: str | None = Field(default=None, alias="vatIncluded")
    measure_code: str | None = Field(default=None, alias="measureCode")
    measure_name: str | None = Field(default=None, alias="measureName")
    sort: MaybeId = None
    xml_id: str | None = Field(default=None, alias="xmlId")


class OrderPayment(Words):
    """A payment of an order."""

    id: int
    account_number: str | None = Field(default=None, alias="accountNumber")
    paid: str | None = None
    date_paid: MaybeTime = Field(default=None, alias="datePaid")
    pay_system_id: MaybeId = Field(default=None, alias="paySystemId")
    pay_system_name: str | None = Field(default=None, alias="paySystemName")
    pay_voucher_num: str | None = Field(default=None, alias="payVoucherNum")
    sum: MaybeNumber = None
    currency: str | None = None
    is_return: str | None = Field(default=None, alias="isReturn")
    xml_id: str | None = Field(default=None, alias="xmlId")


class ShipmentItem(Words):
    """What of a line is in a shipment."""

    id: int
    basket_id: int = Field(alias="basketId")
    quantity: Number = Decimal(0)


class OrderShipment(Words):
    """A shipment of an order, with its delivery service and price."""

    id: int
    account_number: str | None = Field(default=None, alias="accountNumber")
    allow_delivery: str | None = Field(default=None, alias="allowDelivery")
    deducted: str | None = None
    date_deducted: MaybeTime = Field(default=None, alias="dateDeducted")
    delivery_id: MaybeId = Field(default=None, alias="deliveryId")
    delivery_name: str | None = Field(default=None, alias="deliveryName")
    price_delivery: MaybeNumber = Field(default=None, alias="priceDelivery")
    tracking_number: str | None = Field(default=None, alias="trackingNumber")
    delivery_doc_num: str | None = Field(default=None, alias="deliveryDocNum")
    system: str | None = None
    xml_id: str | None = Field(default=None, alias="xmlId")
    items: Annotated[list[ShipmentItem], BeforeValidator(_as_list)] = Field(
        default_factory=list, alias="shipmentItems"
    )


class PropertyValue(Words):
    """A value of an order's property."""

    code: str | None = None
    name: str | None = None
    property_id: int = Field(alias="orderPropsId")
    value: Any = None


class Property(Words):
    """A property of orders (sale.property.list)."""

    id: int
    code: str | None = None
    person_type_id: MaybeId = Field(default=None, alias="personTypeId")
    is_payer: str | None = Field(default=None, alias="isPayer")
    is_phone: str | None = Field(default=None, alias="isPhone")
    is_email: str | None = Field(default=None, alias="isEmail")
    is_address: str | None = Field(default=None, alias="isAddress")


class OrderWords(Words):
    """An order with its parts, as sale.order.get gives it."""

    id: int
    account_number: str | None = Field(default=None, alias="accountNumber")
    status_id: str | None = Field(default=None, alias="statusId")
    price: Number = Decimal(0)
    currency: str
    person_type_id: MaybeId = Field(default=None, alias="personTypeId")
    user_description: str | None = Field(default=None, alias="userDescription")
    comments: str | None = None
    canceled: str | None = None
    reason_canceled: str | None = Field(default=None, alias="reasonCanceled")
    payed: str | None = None
    deducted: str | None = None
    date_insert: MaybeTime = Field(default=None, alias="dateInsert")
    date_update: MaybeTime = Field(default=None, alias="dateUpdate")
    responsible_id: MaybeId = Field(default=None, alias="responsibleId")
    xml_id: str | None = Field(default=None, alias="xmlId")
    id_1c: str | None = Field(default=None, alias="id1c")
    basket: Annotated[list[BasketItem], BeforeValidator(_as_list)] = Field(
        default_factory=list, alias="basketItems"
    )
    payments: Annotated[list[OrderPayment], BeforeValidator(_as_list)] = Field(default_factory=list)
    shipments: Annotated[list[OrderShipment], BeforeValidator(_as_list)] = Field(
        default_factory=list
    )
    values: Annotated[list[PropertyValue], BeforeValidator(_as_list)] = Field(
        default_factory=list, alias="propertyValues"
    )


class OrderResult(BaseModel):
    """``result`` of sale.order.get, add and update."""

    order: OrderWords


class OrderEnvelope(BaseModel):
    """The whole answer of sale.order.add and update."""

    result: OrderResult
