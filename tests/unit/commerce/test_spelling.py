"""The text of a record's content, held to a plain way of saying the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel

from mostik.commerce.catalog import EnumValue, File, Product, PropertyDef, PropertyValue
from mostik.commerce.money import Money, Vat
from mostik.commerce.order import Delivery, Flags, Line, Order, OrderStatus, Shipment, ShipmentLine
from mostik.commerce.parties import Address, Customer
from mostik.commerce.record import Canonical, Part, Ref
from mostik.commerce.spelling import spelled, spelled_by_field

SYSTEM = "there"


def plainly(record: Canonical, of: frozenset[str] | None, system: str | None) -> str:
    """What ``spelled`` promises, without a thought for speed."""
    names = record.compared()
    content = _known(((name, getattr(record, name)) for name in names), system)
    return json.dumps(_ordered(_narrowed(content, of)), sort_keys=True, ensure_ascii=False)


def _known(fields: Iterable[tuple[str, Any]], system: str | None) -> dict[str, Any]:
    plain = ((name, _plain(value, system)) for name, value in fields)
    return {name: value for name, value in plain if value is not None}


def _plain(value: Any, system: str | None) -> Any:
    match value:
        case Ref():
            return (system and value.key_in(system)) or value.key
        case Part() | Canonical():
            return _known(((name, getattr(value, name)) for name in value.compared()), system)
        case BaseModel():
            fields = type(value).model_fields
            return _known(((name, getattr(value, name)) for name in fields), system)
        case Mapping():
            return {str(name): _plain(inner, system) for name, inner in value.items()}
        case Decimal():
            return f"{value.normalize():f}" if value else "0"
        case Enum():
            return value.value
        case datetime():
            return value.astimezone(UTC).isoformat()
        case tuple() | list():
            plain = [_plain(element, system) for element in value]
            if any(isinstance(element, Ref) for element in value):
                plain.sort(key=_text)
            return plain
        case None | str() | bool() | int():
            return value
        case _:
            return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _narrowed(content: Any, of: frozenset[str] | None) -> Any:
    if of is None or not isinstance(content, Mapping | list):
        return content
    if isinstance(content, list):
        return [_narrowed(element, of) for element in content]
    kept = {}
    for name, value in content.items():
        within = {whole.partition(".")[2] for whole in of if whole.partition(".")[0] == name}
        if within:
            kept[name] = _narrowed(value, None if "" in within else frozenset(within))
    return kept


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _ordered(inner) for name, inner in value.items()}
    if isinstance(value, list):
        elements = [_ordered(element) for element in value]
        if any(isinstance(element, Mapping) for element in elements):
            elements.sort(key=_text)
        return elements
    return value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
amounts = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.decimals(-1_000, 1_000, places=3),
    st.sampled_from([Decimal("1E+3"), Decimal("-0.00"), Decimal("100"), Decimal("0.10")]),
)
times = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(  # noqa: DTZ001 - given a zone
    lambda time: time.replace(tzinfo=timezone(timedelta(hours=3)))
)
refs = st.builds(Ref, key=texts, external_ids=st.dictionaries(st.just(SYSTEM), texts))


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.lists(values, max_size=3).map(tuple)


values = st.one_of(texts, st.booleans(), amounts, times, st.dates(date(2000, 1, 1)))
properties = st.builds(
    PropertyValue, property=refs, values=st.lists(values, max_size=3).map(tuple),
    enums=st.lists(refs, max_size=3).map(tuple),
)  # fmt: skip
vats = st.builds(Vat, rate=st.none() | amounts, included=st.none() | st.booleans())
lines = st.builds(
    Line, key=st.none() | texts, variant=st.none() | refs, name=texts, quantity=amounts,
    price=amounts, vat=st.none() | vats, codes=some(texts), gift=st.none() | st.booleans(),
)  # fmt: skip
shipments = st.builds(
    Shipment,
    lines=some(st.builds(ShipmentLine, line=texts, quantity=amounts)),
    shipped_at=st.none() | times,
)
addresses = st.builds(Address, full=st.none() | texts, city=st.none() | texts)
records = st.one_of(
    st.builds(
        Order, key=texts, number=texts, status=st.none() | st.sampled_from(OrderStatus),
        total=st.none() | st.builds(Money, amount=amounts, currency=st.just("RUB")),
        customer_ref=st.none() | refs, date=st.none() | times, flags=st.none() | st.builds(Flags),
        lines=some(lines), taxes=some(vats), shipments=some(shipments),
        delivery=some(st.builds(Delivery, name=texts, address=st.none() | addresses)),
    ),
    st.builds(
        Product, key=texts, name=texts, sections=some(refs), barcodes=some(texts),
        properties=some(properties), files=some(st.builds(File, hash=texts, url=texts)),
        active=st.none() | st.booleans(), sort=st.none() | st.integers(),
    ),
    st.builds(
        PropertyDef, key=texts, values=some(st.builds(EnumValue, key=texts, name=texts)),
    ),
    st.builds(
        Customer, key=texts, name=texts, phones=some(texts), addresses=some(addresses),
        birthday=st.none() | st.dates(date(1900, 1, 1)),
    ),
)  # fmt: skip
names = st.sampled_from(
    ["lines", "lines.price", "lines.vat", "lines.vat.rate", "lines.variant", "status", "total",
     "total.amount", "shipments.lines.quantity", "taxes.rate", "name", "sections", "properties",
     "properties.values", "phones", "addresses.city", "delivery.address.full", "values.name"]
)  # fmt: skip
scopes = st.none() | st.frozensets(names, max_size=6)


@given(records, scopes, st.sampled_from([None, SYSTEM]))
@example(Order(key="1", number="1", lines=(Line(price=Decimal(f"1.{'0' * 30}1")),)), None, None)
@example(Product(key="1", barcodes=('"', "#"), sections=(Ref(key='"'), Ref(key="#"))), None, None)
def test_the_text_of_a_record_is_what_the_plain_way_makes_of_it(
    record: Canonical, of: frozenset[str] | None, system: str | None
) -> None:
    whole = plainly(record, of, system)
    assert spelled(record, of, system) == whole
    # AND so it is field by field
    by_field = {
        name: json.loads(text) for name, text in spelled_by_field(record, of, system).items()
    }
    assert by_field == json.loads(whole)
    assert record.content(of, system=system) == json.loads(whole)


def test_values_that_no_model_has_yet_are_spelled_too() -> None:
    # GIVEN fields of any kind, as a model of an integration may have them
    class Odd(Part):
        anything: Any = None
        table: Mapping[str, Any] = {}

    class Holder(Canonical):
        parts: tuple[Odd, ...] = ()

    record = Holder(
        key="1",
        parts=(
            Odd(anything=None, table={"b": None, "a": [{"z": 1}, {"y": Decimal("2.0")}]}),
            Odd(anything=(1, None, True), table={}),
            Odd(anything=1.5),
            Odd(anything={"deep": {"ref": Ref(key="k")}}),
        ),
    )
    # THEN
    for of in (None, frozenset({"parts.table"}), frozenset({"parts.table.a", "parts.anything"})):
        assert spelled(record, of, None) == plainly(record, of, None)
