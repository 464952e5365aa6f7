"""The external API's own words, and the settings of a connection."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from mostik.http.content import VendorModel


class Settings(BaseModel):
    """What an administrator fills in. ``SecretStr`` fields have no default and go to Secrets
    Manager."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = Field(title="Base URL", examples=["https://api.example/v1/"])
    api_key: SecretStr = Field(title="API key", description="From the vendor's account page.")


class ApiOrder(VendorModel):
    """An order as the API gives it; fields that are not named here are kept, and reported once a
    batch."""

    id: str
    number: str
    status: str
    total: Decimal
    currency: str
    comment: str = ""
