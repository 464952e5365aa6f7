"""The settings of a connection to 1C."""

from __future__ import annotations

from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mostik.commerceml.ordersettings import OrderSettings
from mostik.commerceml.rules import FILE_LIMIT, MOST_HOLD_SECONDS, Rules

_BRAKE = "100 switches this brake off; a run that it holds waits for a person."


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Gone(StrEnum):
    """What becomes of a good that 1C has marked as deleted, or leaves out of a whole export."""

    KEEP = "keep"
    SWITCH_OFF = "switch_off"
    DELETE = "delete"


class Owned(StrEnum):
    """Fields of goods that people may keep on the other side instead of in 1C."""

    SECTIONS = "sections"
    ARTICLE = "article"
    BARCODES = "barcodes"
    UNIT = "unit"
    VAT = "vat"
    DESCRIPTION = "description"
    PROPERTIES = "properties"
    SIZE = "size"


class Goods(_Group):
    """Groups, properties, goods, characteristics and pictures."""

    enabled: bool = Field(default=True, title="Take goods")
    create: bool = Field(
        default=True,
        title="Create goods",
        description="A good that the other side lacks is created there; else it is left out.",
    )
    gone: Gone = Field(
        default=Gone.SWITCH_OFF,
        title="Goods that are gone in 1C",
        description="What becomes of a good with a deletion mark, or that a whole export lacks.",
    )
    owned_elsewhere: frozenset[Owned] = Field(
        default=frozenset(),
        title="Kept on the other side",
        description="Fields of goods that 1C neither fills nor changes.",
    )
    wait_for_offers: bool = Field(
        default=True,
        title="New goods wait for their offers",
        description="Only offers tell whether a good has characteristics. A new good is created"
        " when they have come, at the end of the exchange, or after exchange.idle_seconds of"
        " silence; else at once, and one with characteristics may have to be replaced.",
    )
    pictures: bool = Field(default=True, title="Take pictures")
    creates_percent: int = Field(
        default=50,
        ge=1,
        le=100,
        title="Brake: new goods, %",
        description=f"Of a file with more than 500 new ones. {_BRAKE} The first import of a"
        " catalogue into an empty shop creates everything.",
    )
    gone_percent: int = Field(
        default=10,
        ge=1,
        le=100,
        title="Brake: goods that are gone, %",
        description=f"Of all linked goods, from 20 on. {_BRAKE}",
    )


class Prices(_Group):
    """Price types and prices."""

    enabled: bool = Field(default=True, title="Take prices")
    types: frozenset[str] = Field(
        default=frozenset(),
        title="Price types",
        description="Ид of the price types in 1C that are taken. Empty: all.",
    )
    create_types: bool = Field(
        default=False,
        title="Create price types",
        description="A price type that the other side lacks is created there. How many it may"
        " have depends on its plan. Else its prices wait until a person has made it.",
    )
    change_percent: int = Field(
        default=50,
        ge=1,
        title="A price changes strangely, %",
        description="When it changes by more, or becomes zero.",
    )
    strange_percent: int = Field(
        default=5,
        ge=1,
        le=100,
        title="Brake: strange prices, %",
        description=f"Of a file's prices, from 10 on. {_BRAKE}",
    )


class Stock(_Group):
    """Warehouses and stock."""

    enabled: bool = Field(default=True, title="Take stock")
    free: bool = Field(
        default=False,
        title="1C sends free stock",
        description="1C sends what can be sold; else what lies in the warehouse.",
    )
    warehouses: frozenset[str] = Field(
        default=frozenset(),
        title="Warehouses",
        description="Ид of the warehouses in 1C whose stock is taken. Empty: all.",
    )
    create_warehouses: bool = Field(
        default=True,
        title="Create warehouses",
        description="A warehouse that the other side lacks is created there.",
    )


class Exchange(_Group):
    """How the exchange itself goes (``commerceml.rules.Rules``)."""

    sessid_required: bool = Field(
        default=False,
        title="Demand sessid",
        description="Refuse calls without sessid. Modules before 2019 do not send it.",
    )
    zip: bool = Field(default=True, title="Let 1C send archives")
    file_limit: int = Field(
        default=FILE_LIMIT, ge=1_024, le=FILE_LIMIT, title="Bytes of a fragment"
    )
    hold_seconds: float = Field(
        default=Rules().hold_seconds,
        ge=0,
        le=MOST_HOLD_SECONDS,
        title="Seconds for which an import's poll is held",
    )
    most_orders: int = Field(default=Rules().most_orders, ge=1, title="Orders in one answer")
    most_order_bytes: int = Field(
        default=Rules().most_order_bytes, ge=10_000, title="Bytes of orders in one answer"
    )
    idle_seconds: float = Field(
        default=Rules().idle_seconds,
        ge=60,
        title="Seconds of silence",
        description="Files for which 1C has not asked are imported after that time.",
    )


class Settings(BaseModel):
    """1C that calls us as it calls a Bitrix site."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: str = Field(
        min_length=1,
        title="Other side",
        description="Id of the connection to which goods go and from which orders come.",
    )
    zone: str = Field(
        default="Europe/Moscow",
        title="Time zone of 1C",
        description="1C writes dates without one.",
    )
    goods: Goods = Field(default=Goods(), title="Goods")
    prices: Prices = Field(default=Prices(), title="Prices")
    stock: Stock = Field(default=Stock(), title="Stock")
    orders: OrderSettings = Field(default=OrderSettings(), title="Orders")
    exchange: Exchange = Field(default=Exchange(), title="Exchange")

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("there is no such time zone; write it as Europe/Moscow")
        return value

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not any(one.enabled for one in (self.goods, self.prices, self.stock, self.orders)):
            raise ValueError("switch on goods, prices, stock or orders")
        return self

    @property
    def tz(self) -> ZoneInfo:
        """The zone of 1C's dates."""
        return ZoneInfo(self.zone)
