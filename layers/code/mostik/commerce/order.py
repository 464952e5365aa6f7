"""Orders: what two systems agree on, in neither's words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime

from mostik.commerce.catalog import PRODUCTS, UNITS, VARIANTS
from mostik.commerce.money import Discount, Money, Vat
from mostik.commerce.parties import COMPANIES, CUSTOMERS, Address, Customer, RequisitePart
from mostik.commerce.record import Amount, Canonical, Model, Part, Ref
from mostik.commerce.stock import WAREHOUSES

ORDERS, RETURNS = "orders", "returns"
LONGEST_NUMBER_FOR_1C = 11


class OrderStatus(StrEnum):
    """Where an order stands, in the trade's words."""

    NEW = "new"
    PAID = "paid"
    PACKED = "packed"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class LineProperty(Part):
    """What a buyer chose for a line: engraving, size."""

    name: str
    value: str
    code: str | None = None


class Line(Part):
    """A line of an order. ``key`` is the line's own: the same good may stand there twice.

    Attributes:
        variant: what was sold; ``None``: a line without a good of the catalogue.
        name: as it was sold.
        article: as it was sold.
        unit: as it was sold.
        unit_name: what stands behind the quantity.
        quantity: how many of ``unit``.
        base_price: before the discount.
        price: for one, after the discount.
        discount: for one: ``base_price - price``.
        sum: as the source declares it; it may not be price × quantity.
        vat: its tax.
        properties: what the buyer chose.
        kit: key of the line of the kit that this line is a component of.
        codes: marking codes.
        gift: it costs nothing on purpose.
        sort: its place.
    """

    uncompared: ClassVar[frozenset[str]] = Part.uncompared | {"kit", "sort"}

    variant: Ref | None = None
    name: str = ""
    article: str | None = None
    unit: Ref | None = None
    unit_name: str | None = None
    quantity: Amount = Decimal(1)
    base_price: Amount | None = None
    price: Amount = Decimal(0)
    discount: Amount | None = None
    sum: Amount | None = None
    vat: Vat | None = None
    properties: tuple[LineProperty, ...] | None = None
    kit: str | None = None
    codes: tuple[str, ...] | None = None
    gift: bool | None = None
    sort: int | None = None

    @property
    def computed(self) -> Decimal:
        """Price × quantity, unrounded; compare it with ``sum``."""
        return self.price * self.quantity


class Delivery(Part):
    """How an order gets to the buyer, and what that costs.

    A target writes the cost in one place: as a line, or as a shipment's price.
    """

    service: Ref | None = None
    name: str | None = None
    cost: Amount | None = None
    vat: Vat | None = None
    address: Address | None = None
    date_from: AwareDatetime | None = None
    date_to: AwareDatetime | None = None
    tracking: str | None = None
    allowed: bool | None = None


class Payment(Part):
    """A payment, made or awaited. Absent is not deleted; an order may have several."""

    system: Ref | None = None
    name: str | None = None
    sum: Amount | None = None
    currency: str | None = None
    paid: bool | None = None
    paid_at: AwareDatetime | None = None
    number: str | None = None
    transaction: str | None = None
    refund_of: str | None = None
    returned: bool | None = None


class ShipmentLine(Part):
    """What of a line is in a shipment: ``line`` is the key of the order's line."""

    line: str
    quantity: Amount
    warehouse: Ref | None = None
    codes: tuple[str, ...] | None = None


class Shipment(Part):
    """A shipment; it may hold a part of the order."""

    warehouse: Ref | None = None
    delivery: Ref | None = None
    lines: tuple[ShipmentLine, ...] | None = None
    price: Amount | None = None
    shipped: bool | None = None
    allowed: bool | None = None
    number: str | None = None
    tracking: str | None = None
    shipped_at: AwareDatetime | None = None
    cancelled: bool | None = None


class OrderProperty(Part):
    """A field of the order that the shop has added: by its code, else by its name."""

    uncompared: ClassVar[frozenset[str]] = Part.uncompared | {"name"}

    code: str | None = None
    name: str | None = None
    value: str | None = None
    values: tuple[str, ...] | None = None


class Flags(Model):
    """What has happened to an order: facts, not statuses."""

    paid: bool | None = None
    cancelled: bool | None = None
    delivery_allowed: bool | None = None
    shipped: bool | None = None
    marked: bool | None = None
    cancel_reason: str | None = None
    mark_reason: str | None = None


class Order(Canonical):
    """An order. ``number`` is what people call it: not its key, and it never changes.

    Attributes:
        number: as people call it, at most 11 characters for 1C.
        status: in the trade's words; ``None``: the side's status stands for none of them.
        stage: the status in the side's own words, for the mapping.
        total: as the source declares it; ``computed`` is the sum of what it consists of.
        comment: of the buyer; ``None``: not known, an empty one says that there is none.
        manager_comment: of the shop.
        customer: who buys, as far as the source tells it with the order.
        customer_ref: the buyer as a record of its own.
        company: the firm that buys.
        requisite: what the buyer is registered as.
        date: when it was placed.
        site: which shop of several.
        payer_type: person or company, in the side's words.
        rate: of ``total.currency`` to the base currency.
        delivery: services that were chosen.
        responsible: who works on it.
        source: where it came from (a channel).
    """

    references: ClassVar[frozenset[str]] = frozenset({"customer", "number", "stage"})
    refers: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "customer_ref": (CUSTOMERS,),
        "company": (COMPANIES,),
        "lines.variant": (VARIANTS, PRODUCTS),
        "lines.unit": (UNITS,),
        "shipments.warehouse": (WAREHOUSES,),
        "shipments.lines.warehouse": (WAREHOUSES,),
    }
    pointers: ClassVar[Mapping[str, str]] = {
        "lines.kit": "lines",
        "shipments.lines.line": "lines",
    }

    number: str
    status: OrderStatus | None = None
    stage: str | None = None
    total: Money | None = None
    comment: str | None = ""
    customer: Customer | None = None
    customer_ref: Ref | None = None
    company: Ref | None = None
    requisite: RequisitePart | None = None
    date: AwareDatetime | None = None
    site: str | None = None
    flags: Flags | None = None
    payer_type: Ref | None = None
    rate: Amount | None = None
    lines: tuple[Line, ...] | None = None
    discounts: tuple[Discount, ...] | None = None
    taxes: tuple[Vat, ...] | None = None
    delivery: tuple[Delivery, ...] | None = None
    payments: tuple[Payment, ...] | None = None
    shipments: tuple[Shipment, ...] | None = None
    manager_comment: str | None = None
    responsible: Ref | None = None
    source: Ref | None = None
    properties: tuple[OrderProperty, ...] | None = None

    @property
    def computed(self) -> Decimal | None:
        """Lines and deliveries summed up, unrounded; ``None``: the lines are not known. Order
        discounts are not taken off: a mapping spreads them over the lines."""
        if self.lines is None:
            return None
        # A component of a kit is paid with the kit.
        lines = sum((line.computed for line in self.lines if line.kit is None), Decimal(0))
        return lines + sum((one.cost or Decimal(0) for one in self.delivery or ()), Decimal(0))


class Return(Canonical):
    """Goods that came back: never a negative order.

    Attributes:
        order: where they were bought.
        lines: what came back; ``ShipmentLine.line`` is the key of the order's line.
        sum: what is paid back.
    """

    refers: ClassVar[Mapping[str, tuple[str, ...]]] = {"order": (ORDERS,)}

    order: Ref
    number: str | None = None
    date: AwareDatetime | None = None
    lines: tuple[ShipmentLine, ...] | None = None
    sum: Money | None = None
    reason: str | None = None


class Direction(StrEnum):
    """Which way a rule of a status map holds."""

    BOTH = "both"
    IN = "in"
    OUT = "out"


class StatusRule(Model):
    """One side's status and what it stands for.

    Attributes:
        stage: in the side's words.
        status: in the trade's words; several stages may stand for one.
        direction: read only (``in``), written only (``out``), or both.
        after: stages from which a change to this one is allowed; ``None``: from any before it.
        sets: flags that it sets.
        notifies: the side tells the customer; a bulk run does not write it unless that is allowed.
    """

    stage: str
    status: OrderStatus
    direction: Direction = Direction.BOTH
    after: tuple[str, ...] | None = None
    sets: Flags | None = None
    notifies: bool | None = None


class StatusMap(Model):
    """The statuses of one side, in the order in which an order goes through them."""

    rules: tuple[StatusRule, ...] = ()
    back: bool = False
    """A status may go back."""

    def status_of(self, stage: str) -> OrderStatus | None:
        """Returns what a stage stands for."""
        return next(
            (
                rule.status
                for rule in self.rules
                if rule.stage == stage and rule.direction is not Direction.OUT
            ),
            None,
        )

    def stage_for(self, status: OrderStatus, present: str | None = None) -> str | None:
        """Returns the stage to write: the present one where it already stands for the status."""
        if present is not None and self.status_of(present) is status:
            return present
        return next(
            (
                rule.stage
                for rule in self.rules
                if rule.status is status and rule.direction is not Direction.IN
            ),
            None,
        )

    def allows(self, present: str | None, stage: str) -> bool:
        """Whether an order may go from its present stage to another one."""
        if present is None or present == stage:
            return True
        places = {rule.stage: place for place, rule in reversed(list(enumerate(self.rules)))}
        rule = next((rule for rule in self.rules if rule.stage == stage), None)
        if rule is not None and rule.after is not None:
            return present in rule.after
        if self.back or present not in places or stage not in places:
            return True
        return places[stage] > places[present]
