"""How a portal is reached, and what the methods of applications and events answer."""

from __future__ import annotations

from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

TOKEN_SERVER = "https://oauth.bitrix.info/oauth/token/"  # noqa: S105 - an address
_HIDDEN: dict[str, Any] = {"writeOnly": True, "format": "password"}


class Access(BaseModel):
    """The ways to a portal: an inbound webhook, or an application with its tokens."""

    model_config = ConfigDict(extra="forbid")

    webhook_url: SecretStr | None = Field(
        default=None,
        title="Inbound webhook URL",
        description="From the portal: Applications, Developer resources, Other, Inbound webhook."
        " It looks like https://company.bitrix24.ru/rest/1/xxxxxxxxxxxxxxxx/ and is a secret."
        " Not needed with an application.",
        json_schema_extra=_HIDDEN,
    )
    client_id: str | None = Field(
        default=None,
        title="Application code",
        description="client_id of the local application, from its page on the portal.",
    )
    client_secret: SecretStr | None = Field(
        default=None,
        title="Application key",
        description="client_secret of the local application. It goes to Bitrix24's authorization"
        " server and never to the portal.",
        json_schema_extra=_HIDDEN,
    )
    member_id: str | None = Field(
        default=None,
        title="Member id",
        description="The portal's unchanging id; events and tokens of any other portal are refused."
        " With an application it fills itself in at the first installation.",
    )
    domain: str | None = Field(
        default=None,
        title="Portal domain",
        description="company.bitrix24.ru; events that name another portal are refused. An"
        " application calls it.",
    )
    handler_url: str | None = Field(
        default=None,
        title="Address for events",
        description="https://<address of Mostik>/webhooks/<id of this connection>; an application"
        " has its events sent there.",
    )
    token_url: str = Field(
        default=TOKEN_SERVER,
        title="Authorization server",
        description="Where an application renews its tokens; only a stand-in has another.",
    )
    auth_connector: str = Field(
        default="mostik",
        pattern=r"^[A-Za-z0-9_-]{0,32}$",
        title="Source key",
        description="An application marks its own writes with it, so that they do not come back as"
        " events (Professional plan and up). Empty: they are not marked.",
    )

    @field_validator("webhook_url")
    @classmethod
    def _is_webhook(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        parts = value.get_secret_value().strip("/").split("/")
        if len(parts) < 6 or parts[-3] != "rest" or not parts[-2].isdecimal():
            raise ValueError("it must look like https://company.bitrix24.ru/rest/1/secret/")
        return value

    @model_validator(mode="after")
    def _has_one_way(self) -> Self:
        if self.client_id is None and self.webhook_url is None:
            raise ValueError("enter webhook_url, or client_id, client_secret and domain")
        if self.client_id is not None and (self.client_secret is None or self.domain is None):
            raise ValueError("an application needs client_id, client_secret and domain")
        return self

    @property
    def is_app(self) -> bool:
        """Whether an application calls; else the inbound webhook."""
        return self.client_id is not None

    @property
    def address(self) -> str:
        """What every call's URL begins with."""
        if self.is_app:
            domain = (self.domain or "").strip().rstrip("/")
            return f"{domain if '://' in domain else f'https://{domain}'}/rest/"
        return self.webhook_url.get_secret_value() if self.webhook_url is not None else ""

    @property
    def host(self) -> str:
        """The portal's host, with its port where it has one, in small letters."""
        return urlsplit(self.address).netloc.casefold()

    @property
    def sender_domain(self) -> str | None:
        """The domain that events must name."""
        if self.domain is None:
            return None
        return urlsplit(self.domain).netloc if "://" in self.domain else self.domain


class AppInfo(BaseModel):
    """The ``result`` of app.info."""

    CODE: str = ""
    VERSION: int | str = ""
    STATUS: str = ""
    INSTALLED: bool = False
    PAYMENT_EXPIRED: str = "N"
    LICENSE: str = ""


class Bound(BaseModel):
    """One row of event.get."""

    event: str
    handler: str = ""
    offline: int = 0
    connector_id: str | None = None

    @property
    def name(self) -> str:
        """The event in capitals: the portal takes and gives it in any."""
        return self.event.upper()


class OfflineEvent(BaseModel):
    """One entry of the offline queue. ``EVENT_DATA`` may be ``False``."""

    ID: str
    EVENT_NAME: str
    EVENT_DATA: Any = None
    MESSAGE_ID: str
    PROCESS_ID: str | None = ""
    ERROR: int | str = 0

    @property
    def fields(self) -> dict[str, str]:
        """What the event says of its record: its id, mostly nothing more."""
        data = self.EVENT_DATA if isinstance(self.EVENT_DATA, dict) else {}
        inner = data.get("FIELDS", data)
        if not isinstance(inner, dict):
            return {}
        return {str(name): str(value) for name, value in inner.items()}


class Taken(BaseModel):
    """The ``result`` of event.offline.get."""

    process_id: str | None = None
    events: list[OfflineEvent] = Field(default_factory=list)
