"""The settings of a connection to a boxed 1C-Bitrix site."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from integrations.bitrix24.catalog.settings import CatalogSettings
from integrations.bitrix24.crm.settings import OrderAs, OrderSettings
from integrations.bitrix24.models import Settings as RestSettings

SCRIPT = "bitrix/admin/1c_exchange.php"
WATERMARK_SIGNS = 22
"""So much of the script's path names the site's watermark of orders."""
_HIDDEN: dict[str, Any] = {"writeOnly": True, "format": "password"}


class Transport(StrEnum):
    """How the site is worked with."""

    REST = "rest"
    """By its REST, with an inbound webhook."""
    EXCHANGE = "exchange"
    """As 1C: by the script of the exchange."""


class OneC(StrEnum):
    """Whether a real 1C exchanges with the site at the same address."""

    SHARED = "shared"
    """It does: nothing is ever confirmed, so its orders stay its own."""
    OWN = "own"
    """It does not, or the script is a copy with a watermark of its own."""


class Settings(OrderSettings, CatalogSettings):
    """A boxed 1C-Bitrix site, by its REST or as 1C."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(
        title="Address of the site",
        description="As the browser shows it in the end: https://shop.example/ with the www or"
        " without, whichever the site itself uses.",
    )
    transport: Transport = Field(
        default=Transport.REST,
        title="Work with it by",
        description="rest: its REST, where it is open; exchange: as 1C, where it is not. Chosen"
        " once: the keys of goods are ids by one way and 1C's own by the other.",
    )
    webhook_url: SecretStr | None = Field(
        default=None,
        title="Inbound webhook URL",
        description="For rest. It looks like https://shop.example/rest/1/xxxxxxxxxxxxxxxx/ and is a"
        " secret.",
        json_schema_extra=_HIDDEN,
    )
    exchange_login: str | None = Field(
        default=None,
        title="Login for the exchange",
        description="For exchange. A user of the site in the group that may exchange with 1C.",
    )
    exchange_password: SecretStr | None = Field(
        default=None,
        title="Password for the exchange",
        description="Of the same user.",
        json_schema_extra=_HIDDEN,
    )
    one_c: OneC = Field(
        default=OneC.SHARED,
        title="Does 1C already exchange with this site?",
        description="shared: yes, at the same address; Mostik then asks so that 1C does not notice"
        " and never says that it has taken orders, which would steal them from 1C. own: no, or the"
        " script is a copy whose path differs within its first 22 signs.",
    )
    script: str = Field(
        default=SCRIPT,
        pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*\.php$",
        title="Path of the exchange",
        description="Below the address; of a copy in mode own: its path.",
    )
    schema_version: str | None = Field(
        default="2.09",
        pattern=r"^2\.(05|06|07|08|09|10)$",
        title="Newest CommerceML schema",
        description="From 2.08 on payments and shipments travel as documents. Empty: the site is an"
        " old one and is asked for none.",
    )
    catalog_key: str = Field(
        default="mostik",
        min_length=1,
        title="Key of the catalogue",
        description="Ид of the catalogue in files for the site; 1C's own, where goods are to land"
        " in the catalogue that 1C has filled.",
    )
    order_prefix: str = Field(
        default="m-",
        pattern=r"^[A-Za-z][A-Za-z0-9-]{0,5}$",
        title="Prefix of new orders",
        description="Stands before the key of an order that the site did not have, so that it is"
        " never taken for the site's order of that number.",
    )
    zone: str = Field(
        default="Europe/Moscow",
        title="Time zone of the site",
        description="The exchange writes times without one.",
    )
    poll_minutes: int = Field(
        default=10,
        ge=1,
        le=1440,
        title="Minutes between two looks at the orders",
        description="For exchange. A look asks only for what has changed since the last one.",
    )
    front_login: str | None = Field(
        default=None,
        title="Login of the web server",
        description="Where the web server asks for a login of its own (Basic) before the site.",
    )
    front_password: SecretStr | None = Field(
        default=None,
        title="Password of the web server",
        description="Of the same login.",
        json_schema_extra=_HIDDEN,
    )
    calls_per_second: float | None = Field(
        default=None,
        gt=0,
        le=100,
        title="Calls a second",
        description="A box has no limit of its own; enter one where the hosting is weak.",
    )

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value.strip())
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
            raise ValueError("it must look like https://shop.example/")
        return f"{value.strip().rstrip('/')}/"

    @field_validator("webhook_url")
    @classmethod
    def _is_webhook(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        parts = value.get_secret_value().strip("/").split("/")
        if len(parts) < 6 or parts[-3] != "rest" or not parts[-2].isdecimal():
            raise ValueError("it must look like https://shop.example/rest/1/secret/")
        return value

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("it must be a name such as Europe/Moscow") from None
        return value

    @model_validator(mode="after")
    def _has_what_its_way_needs(self) -> Self:
        if self.transport is Transport.REST and self.webhook_url is None:
            raise ValueError("enter webhook_url, or choose exchange")
        if self.transport is Transport.EXCHANGE and self.exchange_login is None:
            raise ValueError("enter exchange_login and exchange_password, or choose rest")
        usual = f"/{SCRIPT}"[:WATERMARK_SIGNS]
        copied = f"/{self.script}"[:WATERMARK_SIGNS] != usual
        if self.script != SCRIPT and not copied:
            raise ValueError(
                "the path of the copied script has the same first 22 signs as the script of 1C, so"
                " it would share its watermark: copy it to another folder"
            )
        return self

    @property
    def is_shared(self) -> bool:
        """Whether nothing may ever be confirmed to the site."""
        return self.one_c is OneC.SHARED

    @property
    def agreed_schema(self) -> str | None:
        """The schema that the site is asked for. In mode ``shared`` none: orders then come without
        documents of payments and shipments, and the site deletes none that a document lacks."""
        return None if self.is_shared else self.schema_version

    @property
    def time_zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.zone)

    @property
    def rest_place(self) -> dict[str, str]:
        """User and secret of the inbound webhook, as its path names them."""
        url = self.webhook_url.get_secret_value() if self.webhook_url is not None else ""
        parts = url.strip("/").split("/")
        return {"user": parts[-2], "code": parts[-1]} if len(parts) > 1 else {}

    def for_rest(self) -> RestSettings:
        """What the REST of a portal's kind needs to know of a box: an order is an order."""
        shared = set(OrderSettings.model_fields) | set(CatalogSettings.model_fields)
        return RestSettings(
            webhook_url=self.webhook_url,
            order_as=OrderAs.ORDER,
            **{name: getattr(self, name) for name in shared},
        )
