"""Money and taxes: ``Decimal`` with a currency, never float."""

from __future__ import annotations

from pydantic import Field

from mostik.commerce.record import Amount, Model


class Money(Model):
    """An amount and its ISO 4217 currency; the scale is kept as received."""

    amount: Amount
    currency: str = Field(min_length=3, max_length=3)


class Vat(Model):
    """A value added tax.

    Attributes:
        rate: percent (20, not 0.2). ``None``: without VAT, which is not 0 %.
        included: the price holds it.
        sum: its sum, where the source says one.
    """

    rate: Amount | None = None
    included: bool | None = None
    sum: Amount | None = None


class Discount(Model):
    """A discount as it was given.

    Attributes:
        name: for people.
        percent: where it is a share.
        sum: its sum in the order's currency.
        coupon: what it was given for.
    """

    name: str = ""
    percent: Amount | None = None
    sum: Amount | None = None
    coupon: str | None = None
