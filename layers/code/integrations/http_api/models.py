"""The settings of an external REST API that is declared instead of programmed."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from integrations.http_api.declared.check import refuse_faults
from integrations.http_api.declared.models import ListFields, ResourceFields
from integrations.http_api.piece import Address, Declared, UpdateMethod
from mostik.commerce.order import OrderStatus
from mostik.http.auth import ClientAuth


class AuthKind(StrEnum):
    """How the API wants to know who we are."""

    BEARER = "bearer"
    API_KEY = "api_key"
    API_KEY_QUERY = "api_key_query"
    BASIC = "basic"
    OAUTH2_CLIENT_CREDENTIALS = "oauth2_client_credentials"
    LOGIN = "login"
    """A login call, whose answer holds a token."""


class EventMode(StrEnum):
    """What an event is worth."""

    HINT = "hint"
    """It names a record, which is then read."""
    STATE = "state"
    """It carries the record itself and has a delivery id."""


class CustomerFields(Declared):
    """Where a customer is and what its fields are called (dotted paths)."""

    get: Address = Field(title="Path", examples=["customers/{id}"])
    id_of_order: str = Field(title="Field of the order that holds the customer's id")
    name: str = "name"
    phone: str = "phone"
    email: str = "email"


class OrderFields(Declared):
    """Where orders are and what their fields are called (dotted paths)."""

    list: ListFields | None = Field(default=None, title="The call that lists orders; empty: none")
    get: Address = Field(title="Path of one order", examples=["orders/{id}"])
    update: Address | None = Field(default=None, title="Path to update one; empty: never written")
    update_method: UpdateMethod = UpdateMethod.PATCH
    id: str = "id"
    number: str = "number"
    status: str = "status"
    total: str = "total"
    currency: str = "currency"
    comment: str = "comment"
    minor_units: bool = Field(
        default=False, title="The total is in hundredths (kopecks, cents) as a whole number"
    )
    statuses: dict[str, OrderStatus] = Field(title="Their status -> ours")
    customer: CustomerFields | None = None

    @model_validator(mode="after")
    def _has_every_status(self) -> OrderFields:
        missing = sorted(set(OrderStatus) - set(self.statuses.values()))
        if missing and self.update is not None:
            raise ValueError(f"no status of the API stands for: {', '.join(missing)}")
        return self


class EventFields(Declared):
    """What the API's webhooks look like (dotted paths)."""

    scheme: str = Field(title="Signature scheme", examples=["standard_webhooks", "hmac"])
    parameters: dict[str, Any] = Field(default_factory=dict)
    type: str = Field(default="type", title="Where the event's type is")
    orders: str = Field(default="order.*", title="Types that are about orders")
    resources: dict[str, str] = Field(
        default_factory=dict, title="Further resources -> types that are about them"
    )
    key: str = Field(default="data.id", title="Where the order's key is")
    mode: EventMode = EventMode.HINT
    content: str = Field(default="data", title="Where the order itself is, in mode 'state'")


class OAuth2Fields(Declared):
    """Where an access token comes from."""

    url: str = Field(title="Address of the token service", examples=["https://id.example/token"])
    client_auth: ClientAuth = Field(
        default=ClientAuth.BASIC, title="Where client id and secret go: basic or body"
    )
    scope: str = ""
    audience: str = ""


class SignInFields(Declared):
    """What the login call looks like (dotted paths in its answer)."""

    path: str = Field(title="Path of the login call", examples=["auth/login"])
    login: str = Field(default="login", title="Field of the login")
    password: str = Field(default="password", title="Field of the password")
    as_form: bool = Field(default=False, title="Sent as a form instead of JSON")
    token: str = Field(default="token", title="Where the token is")
    expires_in: str = Field(default="", title="Where its life in seconds is; empty: not said")
    life: float | None = Field(
        default=None, gt=0, title="Its life in seconds, when the answer does not say"
    )
    header: str = Field(default="Authorization", title="Header that the calls show it in")
    prefix: str = Field(default="Bearer ", title="What stands before it there")


class Settings(Declared):
    """One external REST API."""

    base_url: str = Field(title="Base URL", examples=["https://shop.example/api/v1/"])
    auth: AuthKind = AuthKind.BEARER
    auth_header: str = Field(default="X-Api-Key", title="Header of the key, for api_key")
    auth_query: str = Field(default="api_key", title="Query parameter, for api_key_query")
    login: str = Field(default="", title="Login, for basic and login; client id, for OAuth 2")
    credential: SecretStr = Field(title="Token, key, password or client secret")
    oauth2: OAuth2Fields | None = None
    sign_in: SignInFields | None = None
    calls_per_second: float | None = Field(
        default=None, gt=0, title="Calls a second that the API takes; empty: no limit is known"
    )
    burst: int = Field(
        default=1, ge=1, title="How many calls it takes at once before that limit holds"
    )
    orders: OrderFields | None = Field(default=None, title="Orders, the short way")
    resources: dict[str, ResourceFields] = Field(
        default_factory=dict, title="Resources, declared whole"
    )
    events: EventFields | None = None

    @model_validator(mode="after")
    def _has_what_its_auth_needs(self) -> Settings:
        groups = {
            AuthKind.OAUTH2_CLIENT_CREDENTIALS: ("oauth2", self.oauth2),
            AuthKind.LOGIN: ("sign_in", self.sign_in),
        }
        name, group = groups.get(self.auth, ("", None))
        if name and (group is None or not self.login):
            raise ValueError(f"auth {self.auth.value!r} needs 'login' and the group {name!r}")
        return self

    @model_validator(mode="after")
    def _declares_resources_that_work(self) -> Settings:
        refuse_faults(self.resources)
        if self.orders is not None and "orders" in self.resources:
            raise ValueError("orders are declared twice: in 'orders' and in 'resources'")
        if self.orders is None and not self.resources:
            raise ValueError("it declares nothing: fill in 'orders' or 'resources'")
        return self


class ApiObject(BaseModel):
    """Any JSON object: its fields are read by the declared paths."""

    model_config = ConfigDict(extra="allow", frozen=True)

    def at(self, path: str) -> Any:
        """Returns the value at a dotted path, ``None`` when there is none."""
        return value_at(self.model_dump(), path)


def value_at(content: Any, path: str) -> Any:
    """Returns the value at a dotted path of parsed JSON, ``None`` when there is none."""
    for name in path.split("."):
        if not isinstance(content, dict) or name not in content:
            return None
        content = content[name]
    return content
