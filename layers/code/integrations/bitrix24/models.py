"""The settings of a connection to a portal."""

from __future__ import annotations

from pydantic import BaseModel, Field, field_validator

from integrations.bitrix24.app.models import Access
from integrations.bitrix24.catalog.settings import CatalogSettings
from integrations.bitrix24.crm.settings import TradeSettings
from mostik.commerce.order import OrderStatus


class Settings(Access, TradeSettings, CatalogSettings):
    """A Bitrix24 portal reached through an inbound webhook or as an application."""

    enterprise: bool = Field(
        default=False,
        title="Enterprise plan",
        description="The portal takes five calls a second instead of two.",
    )
    stages: dict[OrderStatus, str] = Field(
        default={
            OrderStatus.NEW: "NEW",
            OrderStatus.PAID: "PREPAYMENT_INVOICE",
            OrderStatus.PACKED: "EXECUTING",
            OrderStatus.SHIPPED: "WON",
            OrderStatus.CANCELLED: "LOSE",
        },
        title="Stages",
        description="Which stage of the funnel stands for which order status.",
        json_schema_extra={"directory": "stages"},
    )
    title_prefix: str = Field(
        default="Заказ ", title="Title prefix", description="A deal is titled: prefix + number."
    )

    @field_validator("stages")
    @classmethod
    def _has_every_status(cls, value: dict[OrderStatus, str]) -> dict[OrderStatus, str]:
        missing = sorted(set(OrderStatus) - set(value))
        if missing:
            raise ValueError(f"no stage stands for: {', '.join(missing)}")
        return value


class Scope(BaseModel):
    """The whole answer of scope."""

    result: list[str]
