"""Bitrix24's own words: what crm.item.* takes and gives, and this connection's settings."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from mostik.commerce.order import OrderStatus


class EntityType(IntEnum):
    """``entityTypeId`` of crm.item.* (apidocs.bitrix24.ru, crm/universal)."""

    DEAL = 2
    CONTACT = 3


class Settings(BaseModel):
    """A Bitrix24 portal reached through an inbound webhook."""

    model_config = ConfigDict(extra="forbid")

    webhook_url: SecretStr = Field(
        title="Inbound webhook URL",
        description="From the portal: Applications, Developer resources, Other, Inbound webhook."
        " It looks like https://company.bitrix24.ru/rest/1/xxxxxxxxxxxxxxxx/ and is a secret.",
    )
    member_id: str | None = Field(
        default=None,
        title="Member id",
        description="The portal's unchanging id; events of any other portal are refused.",
    )
    domain: str | None = Field(
        default=None,
        title="Portal domain",
        description="company.bitrix24.ru; events that name another portal are refused.",
    )
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

    @field_validator("webhook_url")
    @classmethod
    def _is_webhook(cls, value: SecretStr) -> SecretStr:
        parts = value.get_secret_value().strip("/").split("/")
        if len(parts) < 6 or parts[-3] != "rest" or not parts[-2].isdecimal():
            raise ValueError("it must look like https://company.bitrix24.ru/rest/1/secret/")
        return value


class Item(BaseModel):
    """A deal or contact as crm.item.* gives it; fields that are not named here are kept."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: int
    title: str | None = None
    stage_id: str | None = Field(default=None, alias="stageId")
    opportunity: Decimal | None = None
    currency_id: str | None = Field(default=None, alias="currencyId")
    comments: str | None = None
    contact_id: int | None = Field(default=None, alias="contactId")
    originator_id: str | None = Field(default=None, alias="originatorId")
    origin_id: str | None = Field(default=None, alias="originId")
    name: str | None = None
    last_name: str | None = Field(default=None, alias="lastName")
    fm: list[dict[str, Any]] = Field(default_factory=list)


class ItemResult(BaseModel):
    """``result`` of crm.item.get, add and update."""

    item: Item


class ItemEnvelope(BaseModel):
    """The whole answer of crm.item.get, add and update."""

    result: ItemResult


class ItemsResult(BaseModel):
    """``result`` of crm.item.list."""

    items: list[Item]


class ItemsEnvelope(BaseModel):
    """The whole answer of crm.item.list."""

    result: ItemsResult
    next: int | None = None


class Scope(BaseModel):
    """The whole answer of scope."""

    result: list[str]
