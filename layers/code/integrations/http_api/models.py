"""The settings of an external REST API that is declared instead of programmed."""

from __future__ import annotations

from enum import StrEnum
from string import Formatter
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from mostik.commerce.order import OrderStatus


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _with_a_key(path: str) -> str:
    """Refuses an address that has no place for the key, or another one.

    Raises:
        ValueError: says what it must look like.
    """
    try:
        places = [name for _, name, *_ in Formatter().parse(path) if name is not None]
    except ValueError:
        places = []
    if not places or set(places) != {"id"}:
        raise ValueError("it must hold {id} where the key goes, and no other braces")
    return path


Address = Annotated[str, AfterValidator(_with_a_key)]
"""An address below the base URL, ``orders/{id}``."""


class AuthKind(StrEnum):
    """How the API wants to know who we are."""

    BEARER = "bearer"
    API_KEY = "api_key"
    BASIC = "basic"


class UpdateMethod(StrEnum):
    """Whether an update names the changed fields or replaces the object."""

    PATCH = "PATCH"
    PUT = "PUT"


class EventMode(StrEnum):
    """What an event is worth."""

    HINT = "hint"
    """It names a record, which is then read."""
    STATE = "state"
    """It carries the record itself and has a delivery id."""


class CustomerFields(_Declared):
    """Where a customer is and what its fields are called (dotted paths)."""

    get: Address = Field(title="Path", examples=["customers/{id}"])
    id_of_order: str = Field(title="Field of the order that holds the customer's id")
    name: str = "name"
    phone: str = "phone"
    email: str = "email"


class OrderFields(_Declared):
    """Where orders are and what their fields are called (dotted paths)."""

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


class EventFields(_Declared):
    """What the API's webhooks look like (dotted paths)."""

    scheme: str = Field(title="Signature scheme", examples=["standard_webhooks", "hmac"])
    parameters: dict[str, Any] = Field(default_factory=dict)
    type: str = Field(default="type", title="Where the event's type is")
    orders: str = Field(default="order.*", title="Types that are about orders")
    key: str = Field(default="data.id", title="Where the order's key is")
    mode: EventMode = EventMode.HINT
    content: str = Field(default="data", title="Where the order itself is, in mode 'state'")


class Settings(_Declared):
    """One external REST API."""

    base_url: str = Field(title="Base URL", examples=["https://shop.example/api/v1/"])
    auth: AuthKind = AuthKind.BEARER
    auth_header: str = Field(default="X-Api-Key", title="Header of the key, for api_key")
    login: str = Field(default="", title="Login, for basic")
    credential: SecretStr = Field(title="Token, key or password")
    orders: OrderFields
    events: EventFields | None = None


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
