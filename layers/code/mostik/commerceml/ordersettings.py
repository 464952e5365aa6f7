"""What a connection's owner may decide about orders; the form, the door and the worker share it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mostik.commerce.order import OrderStatus


class UnknownGoods(StrEnum):
    """What becomes of a line whose good did not come from 1C."""

    NAME = "name"
    WAIT = "wait"


class OrderSettings(BaseModel):
    """Orders, in both directions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, title="Exchange orders")
    site: str | None = Field(
        default=None,
        title="Site",
        description="Which shop of several: 1C gets it with each order, as [s1] Name.",
    )
    documents: bool = Field(
        default=False,
        title="Payments and shipments as documents",
        description="They go to 1C as documents of their own. An old module of 1C refuses all"
        " orders then.",
    )
    unknown_goods: UnknownGoods = Field(
        default=UnknownGoods.NAME,
        title="Goods that 1C does not have",
        description="name: the line goes by its name, without Ид; wait: the order waits until the"
        " good has come from 1C. The shop's own Ид would make a second good in 1C.",
    )
    statuses: dict[str, OrderStatus] = Field(
        default={},
        title="Statuses that are chosen in 1C",
        description="Which status (by its id) stands for which order status. Those that the shop"
        " itself knows need no entry.",
    )
    facts: bool = Field(
        default=True,
        title="Payment and shipment move the status",
        description="A payment or a shipment that 1C tells of makes the order paid or shipped.",
    )
    lines: bool = Field(
        default=True,
        title="1C may change an order's lines",
        description="What is sold, delivery and sums follow 1C. Otherwise only what has happened to"
        " the order: its status, payments and shipments.",
    )
    number_property: str | None = Field(
        default=None,
        title="Property for 1C's number",
        description="Code of the order's property (on a portal: of the deal's user field) that"
        " shows the number which the order has in 1C.",
    )
    not_taken_hours: float = Field(
        default=24.0,
        ge=0,
        title="Warn when orders wait",
        description="Hours after which an order that 1C has not taken is reported; 0: never.",
    )
    silent_hours: float = Field(
        default=24.0,
        ge=0,
        title="Warn when 1C is silent",
        description="Hours without any exchange after which that is reported; 0: never.",
    )


def order_settings_of(settings: Mapping[str, Any]) -> OrderSettings:
    """Returns what a connection's settings say about orders (``orders``); what cannot be read is as
    usual: the exchange goes on, and the form says what is wrong."""
    given = settings.get("orders")
    if not isinstance(given, Mapping):
        return OrderSettings()
    try:
        return OrderSettings.model_validate(given)
    except ValidationError as error:
        wrong = {str(one["loc"][0]) for one in error.errors() if one["loc"]}
        kept = {name: value for name, value in given.items() if name not in wrong}
        return OrderSettings.model_validate(kept)
