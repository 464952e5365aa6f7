"""Settings of orders, buyers and deals: part of the connection's settings."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field, field_validator

from mostik.commerce.order import OrderStatus


class OrderAs(StrEnum):
    """Which object of the portal an order is."""

    DEAL = "deal"
    ORDER = "order"
    BOTH = "order+deal"


class SeveralFound(StrEnum):
    """What to do when several contacts have a buyer's phone or e-mail."""

    ASK = "ask"
    OLDEST = "oldest"


class UnknownGoods(StrEnum):
    """What becomes of a line whose good the portal does not have."""

    NAME = "name"
    WAIT = "wait"


class DealSettings(BaseModel):
    """What the settings say about deals and buyers of the CRM."""

    order_as: OrderAs = Field(
        default=OrderAs.DEAL,
        title="An order is",
        description="deal: a deal of the CRM; order: an order of the online store; order+deal:"
        " both, bound to each other.",
    )
    funnel: int = Field(
        default=0,
        ge=0,
        title="Funnel",
        description="Id of the funnel in which new deals begin.",
        json_schema_extra={"directory": "funnels"},
    )
    more_stages: dict[str, OrderStatus] = Field(
        default={},
        title="More stages",
        description="Further stages and the order status that they stand for; they are only read.",
        json_schema_extra={"directory": "stages"},
    )
    delivery_row: str = Field(
        default="Доставка",
        min_length=1,
        title="Delivery row",
        description="Name of the product row of a deal that holds the price of the delivery.",
    )
    delivery_product: int | None = Field(
        default=None,
        ge=1,
        title="Delivery product",
        description="Id of the good in the catalogue that stands for delivery in deals.",
    )
    deal_payments: bool = Field(
        default=False,
        title="Payments of deals",
        description="Payments are read from deals and written to them.",
    )
    user_fields: list[str] = Field(
        default=[],
        title="User fields of deals",
        description="Names (UF_CRM_...) of user fields that are carried as properties of orders;"
        " values of lists by their external ids.",
    )
    several_found: SeveralFound = Field(
        default=SeveralFound.ASK,
        title="Several contacts found",
        description="When several have the buyer's phone or e-mail: ask a person, or take the"
        " oldest. A further one is never made.",
    )
    requisite_preset: int = Field(
        default=1,
        ge=1,
        title="Requisites template",
        description="Id of the template by which requisites of companies are made.",
    )


class OrderSettings(BaseModel):
    """What the settings say about orders of the online store."""

    status_back: bool = Field(
        default=False,
        title="Statuses may go back",
        description="Otherwise a deal or an order only moves forward.",
    )
    unknown_goods: UnknownGoods = Field(
        default=UnknownGoods.NAME,
        title="Goods that are not on the portal",
        description="name: the line is written by its name; wait: the order waits for the good.",
    )
    order_statuses: dict[OrderStatus, str] = Field(
        default={
            OrderStatus.NEW: "N",
            OrderStatus.PAID: "P",
            OrderStatus.PACKED: "P",
            OrderStatus.SHIPPED: "S",
            OrderStatus.CANCELLED: "D",
        },
        title="Statuses of orders",
        description="Which status of the online store stands for which order status.",
        json_schema_extra={"directory": "order statuses"},
    )
    more_statuses: dict[str, OrderStatus] = Field(
        default={"F": OrderStatus.SHIPPED},
        title="More statuses of orders",
        description="Further statuses of the online store; they are only read.",
        json_schema_extra={"directory": "order statuses"},
    )
    payer_type: int = Field(
        default=1,
        ge=1,
        title="Payer type",
        description="Id of the payer type of new orders whose buyer is a person.",
        json_schema_extra={"directory": "payer types"},
    )
    payer_type_company: int | None = Field(
        default=None,
        ge=1,
        title="Payer type of companies",
        description="Id of the payer type of new orders whose buyer is a company.",
        json_schema_extra={"directory": "payer types"},
    )
    pay_system: int | None = Field(
        default=None,
        ge=1,
        title="Payment system",
        description="Id of the payment system of payments that name none of the portal's.",
        json_schema_extra={"directory": "pay systems"},
    )
    delivery_service: int | None = Field(
        default=None,
        ge=1,
        title="Delivery service",
        description="Id of the delivery service of shipments that name none of the portal's.",
        json_schema_extra={"directory": "delivery services"},
    )
    site_id: str = Field(
        default="s1",
        pattern=r"^[A-Za-z0-9_]{1,2}$",
        title="Site",
        description="Id of the site that new orders belong to. A portal has no other than s1.",
    )

    @field_validator("order_statuses")
    @classmethod
    def _has_every_order_status(cls, value: dict[OrderStatus, str]) -> dict[OrderStatus, str]:
        missing = sorted(set(OrderStatus) - set(value))
        if missing:
            raise ValueError(f"no status stands for: {', '.join(missing)}")
        return value


class TradeSettings(OrderSettings, DealSettings):
    """What the connection's settings say about orders and buyers."""
