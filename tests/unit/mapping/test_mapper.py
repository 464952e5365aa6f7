"""One table says a record in the terms of either side, and says why."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.commerce.money import Money
from mostik.commerce.order import Flags, Line, Order, OrderStatus
from mostik.commerce.parties import Customer
from mostik.errors import GiveUp, Pending, WhoActs
from mostik.mapping.dictionary import Dictionary, Entry, Unknown
from mostik.mapping.mapper import Mapper, Occasion, explained
from mostik.mapping.side import Side, Way
from mostik.mapping.table import Apply, Constant, Rest, Table, Template, Translate
from mostik.mapping.trace import Outcome
from tests.unit.mapping.tables import (
    CUSTOMERS,
    JSON,
    ORDERS,
    SHOP,
    SHOP_JSON,
    STATUSES,
    order,
    rule,
    shop,
)


def test_a_table_says_an_order_as_the_shop_does_and_back() -> None:
    # GIVEN one table
    mapper = shop()
    # WHEN an order goes to the shop, and the shop's JSON comes back
    there = mapper.to(Side.RIGHT, order())
    back = mapper.to(Side.LEFT, there.content)
    # THEN both say what the other said
    assert there.content == SHOP_JSON
    assert there.problems == ()
    assert back.record == order()


def test_the_preview_says_for_each_field_what_became_of_it_and_how() -> None:
    # GIVEN the shop's JSON
    # WHEN it is said as an order
    lines = explained(shop().to(Side.LEFT, SHOP_JSON))
    # THEN there is a line for every field, with both values and the function
    assert "total.amount, total.currency: 1200 kopecks → 12.00 RUB by money" in lines
    assert "number: A-7 → A-7" in lines
    assert "status: IN_PACKING → packed by dictionary statuses" in lines
    assert "lines[0].price: 400 kopecks → 4.00 by money" in lines
    date = "24.11.2026 10:30 (Europe/Moscow) → 2026-11-24 07:30:00+00:00"
    assert f"date: {date} by date" in lines


def test_what_is_not_known_is_neither_said_nor_an_error() -> None:
    # GIVEN JSON without a total, a note and rows
    bare = {"id": "7", "no": "A-7"}
    # WHEN it is said as an order
    mapped = shop().to(Side.LEFT, bare)
    # THEN the order does not know them
    assert mapped.problems == ()
    assert mapped.record == Order(key="7", number="A-7")


def test_an_empty_list_is_a_value() -> None:
    # GIVEN an order of which all lines were removed
    # WHEN it is said on either side
    there = shop().to(Side.RIGHT, order(lines=()))
    # THEN there are none, which is not the same as nothing known
    assert there.content["rows"] == []
    back = shop().to(Side.LEFT, there.content).record
    assert isinstance(back, Order)
    assert back.lines == ()


def test_a_value_that_stands_for_nothing_is_a_misfit_with_a_sentence() -> None:
    # GIVEN a status that nobody has heard of
    mapped = shop().to(Side.LEFT, {**SHOP_JSON, "state": "LOST"})
    # WHEN its error is asked for
    error = mapped.error()
    # THEN it names the field, the value, what is known, and who must act; no record is made
    assert mapped.record is None
    assert isinstance(error, GiveUp)
    assert error.who is WhoActs.ADMIN
    assert error.text == (
        "status: the status 'LOST' of the right side stands for nothing on the left side; known are"
        " 'IN_PACKING', 'NEW', 'PAID', 'READY', 'SENT', 'VOID'; add it to the dictionary"
        " 'statuses'."
    )


def test_a_value_that_something_else_will_bring_is_pending() -> None:
    # GIVEN a dictionary that is filled as records come
    table = Table(
        (rule("comment", "kind", Translate("kinds")),),
        {"kinds": Dictionary((Entry("a", "1"),), unknown=Unknown.PENDING)},
        Rest.LEAVE,
    )
    # WHEN a value is not in it yet
    error = Mapper(table, ORDERS, JSON).to(Side.RIGHT, order(comment="b")).error("kinds")
    # THEN the record is tried again
    assert isinstance(error, Pending)
    assert (error.resource, error.key) == ("kinds", "b")


def test_a_problem_of_a_person_does_not_tell_the_value() -> None:
    # GIVEN a phone that must be readable, and is not
    strict = Apply("phone", right={"unreadable": "refuse"})
    mapper = Mapper(Table((rule("phone", "tel", strict),), rest=Rest.LEAVE), CUSTOMERS, JSON)
    # WHEN it is read
    mapped = mapper.to(Side.LEFT, {"tel": "Masha, the blue house"})
    # THEN the sentence names the field only, and the external side must correct it
    [problem] = mapped.problems
    assert problem.text == "phone: tel is no phone number that can exist."
    assert problem.who is WhoActs.EXTERNAL_ADMIN


def test_what_stands_there_and_means_the_same_keeps_its_spelling() -> None:
    # GIVEN a phone as a person typed it, and a status that stands for ours already
    present = {**SHOP_JSON, "state": "READY", "buyer": {"id": "c1", "phone": "8 (903) 123-45-67"}}
    # WHEN the order is said beside it
    mapped = shop().to(Side.RIGHT, order(), present)
    # THEN neither is rewritten for its looks
    assert mapped.content == present
    kept = {step.field for step in mapped.steps if step.outcome is Outcome.KEPT}
    assert {"state", "buyer.phone"} <= kept
    assert "state: stays READY: 'READY' stands for 'packed' already" in explained(mapped)


def test_a_rounded_figure_does_not_wander() -> None:
    # GIVEN 10 pieces, which the other side tells as packs of 12 with two digits
    packs = Apply("unit", right={"of": "12", "digits": 2})
    mapper = Mapper(Table((rule("rate", "packs", packs),), rest=Rest.LEAVE), ORDERS, JSON)
    start = order(rate=Decimal(10))
    there = mapper.to(Side.RIGHT, start).content
    # WHEN it comes back beside what was there
    back = mapper.to(Side.LEFT, there, start)
    # THEN 10 stays 10, though 0.83 packs are 9.96
    assert there == {"packs": "0.83"}
    assert back.content["rate"] == Decimal(10)


def test_a_status_sets_its_flags_where_it_is_written() -> None:
    # GIVEN an order that the shop has sent
    sent = {**SHOP_JSON, "state": "SENT"}
    # WHEN it is said as an order beside one that is packed, and beside one that is shipped
    fresh = shop().to(Side.LEFT, sent, order())
    known = shop().to(Side.LEFT, sent, order(status=OrderStatus.SHIPPED))
    # THEN the flag is said with the status, and not where the status stood there already
    assert isinstance(fresh.record, Order)
    assert fresh.record.flags == Flags(shipped=True)
    assert isinstance(known.record, Order)
    assert known.record.flags is None


@pytest.mark.parametrize(
    ("occasion", "state"),
    [
        (Occasion(), "VOID"),
        (Occasion(bulk=True), None),
        (Occasion(bulk=True, may_notify=True), "VOID"),
    ],
)
def test_a_bulk_run_tells_no_customer_unless_it_may(occasion: Occasion, state: str | None) -> None:
    # GIVEN a status of which the shop tells the customer
    cancelled = order(status=OrderStatus.CANCELLED)
    # WHEN it is said by a touch, by a bulk run, by a bulk run that may
    mapped = shop().to(Side.RIGHT, cancelled, {"state": "NEW"}, occasion)
    # THEN the bulk run leaves the status alone and says so
    assert mapped.content.get("state") == state
    held = [step for step in mapped.steps if step.outcome is Outcome.HELD_BACK]
    assert bool(held) is (state is None)
    assert mapped.tells is (state is not None)


def test_between_records_of_one_kind_the_rest_goes_over() -> None:
    # GIVEN a table with one row, between orders and orders
    table = Table((rule("manager_comment", "comment"),))
    mapper = Mapper(table, ORDERS, ORDERS)
    # WHEN an order goes over
    record = mapper.to(Side.RIGHT, order(manager_comment="call first")).record
    # THEN all it says is there, and that field from where the row says
    assert record == order(manager_comment="call first", comment="call first")


def test_a_field_that_its_rule_does_not_know_is_not_carried_beside_it() -> None:
    # GIVEN a row for the comment, and an order that knows no comment of the shop
    mapper = Mapper(Table((rule("manager_comment", "comment"),)), ORDERS, ORDERS)
    # WHEN it goes over
    record = mapper.to(Side.RIGHT, order()).record
    # THEN the buyer's comment does not take its place
    assert isinstance(record, Order)
    assert "comment" not in record.model_fields_set


def test_constants_and_templates_write_and_one_pair_of_braces_reads_back() -> None:
    # GIVEN a constant, a template of two fields, a template of one
    table = Table(
        (
            rule(right="origin.channel", by=Constant("mostik")),
            rule(right="title", by=Template("{number} for {customer.name}")),
            rule("number", "ref", Template("ORDER-{number}")),
        ),
        rest=Rest.LEAVE,
    )
    mapper = Mapper(table, ORDERS, JSON)
    # WHEN an order goes there, and comes back under another number
    there = mapper.to(Side.RIGHT, order(customer=Customer(key="c", name="Ivan")))
    back = mapper.to(Side.LEFT, {"ref": "ORDER-B-8"})
    odd = mapper.to(Side.LEFT, {"ref": "BILL-8"})
    # THEN all three are said, one comes back, and what does not look like it is a misfit
    assert there.content == {
        "origin": {"channel": "mostik"},
        "title": "A-7 for Ivan",
        "ref": "ORDER-A-7",
    }
    assert back.content["number"] == "B-8"
    assert [one.text for one in odd.problems] == [
        "number: ref does not look like 'ORDER-{number}'."
    ]


def test_elements_of_lists_are_found_by_what_they_say() -> None:
    # GIVEN a property of an order by its code, and a first phone
    table = Table(
        (rule("properties[code=GATE].value", "gate"), rule("extra.utm", "utm")), rest=Rest.LEAVE
    )
    mapper = Mapper(table, ORDERS, JSON)
    # WHEN it is said on either side
    back = mapper.to(Side.LEFT, {"gate": "4711", "utm": "ad"})
    there = mapper.to(Side.RIGHT, {**back.content})
    # THEN it stands in an element with that code
    assert back.content == {
        "properties": [{"code": "GATE", "value": "4711"}],
        "extra": {"utm": "ad"},
    }
    assert there.content == {"gate": "4711", "utm": "ad"}


def test_a_required_field_that_says_nothing_is_a_problem() -> None:
    # GIVEN a row that must say something
    mapper = Mapper(Table((rule("number", "no", required=True),), rest=Rest.LEAVE), ORDERS, JSON)
    # WHEN nothing is there
    [problem] = mapper.to(Side.LEFT, {}).problems[:1]
    # THEN it is named
    assert problem.text == "number: it is required, and no says nothing."


def test_equal_tables_have_equal_versions_and_others_have_not() -> None:
    # GIVEN a table, built twice, and one with another option
    again = Table(SHOP.rules, {"statuses": STATUSES}, Rest.LEAVE)
    other = Table(SHOP.rules[:-1], {"statuses": STATUSES}, Rest.LEAVE)
    # WHEN their versions are compared
    # THEN content alone decides
    assert again.version == SHOP.version
    assert other.version != SHOP.version


def test_a_rule_that_holds_one_way_does_not_write_the_other_way() -> None:
    # GIVEN a row to the right only
    mapper = Mapper(
        Table((rule("comment", "note", way=Way.TO_RIGHT),), rest=Rest.LEAVE), ORDERS, JSON
    )
    # WHEN records go both ways
    # THEN only one says it
    assert mapper.to(Side.RIGHT, order()).content == {"note": "ring twice"}
    assert mapper.to(Side.LEFT, {"note": "x"}).content == {}


money = st.decimals(min_value=0, max_value=10**7, places=2)
lines = st.lists(
    st.builds(
        Line,
        key=st.uuids().map(str),
        name=st.text(max_size=12),
        quantity=st.decimals(min_value=0, max_value=999, places=3),
        price=money,
    ),
    max_size=4,
)


@given(
    total=money,
    status=st.sampled_from(OrderStatus),
    held=lines,
    comment=st.text(max_size=20),
    moment=st.datetimes(timezones=st.timezones()).filter(lambda t: t.year > 1970),
)
def test_whatever_an_order_says_comes_back_as_it_was(
    total: Decimal, status: OrderStatus, held: list[Line], comment: str, moment: object
) -> None:
    # GIVEN any order whose date has no seconds, as the shop's spelling has none
    start = order(
        total=Money(amount=total, currency="RUB"),
        status=status,
        lines=tuple(held),
        comment=comment,
        date=moment.replace(second=0, microsecond=0),  # type: ignore[attr-defined] # a datetime
    )
    # WHEN it goes to the shop and back
    back = shop().to(Side.LEFT, shop().to(Side.RIGHT, start).content)
    # THEN nothing was lost
    assert back.problems == ()
    assert isinstance(back.record, Order)
    of = frozenset({"total", "status", "lines", "comment", "date"})
    assert back.record.content(of) == start.content(of)


def test_parts_stay_who_they_are_between_two_kinds_of_records() -> None:
    # GIVEN rows that name fields of lines, and not their keys
    table = Table(
        (rule("number", "number"), rule("lines[].name", "lines[].article")), rest=Rest.LEAVE
    )
    mapper = Mapper(table, ORDERS, ORDERS)
    start = order(lines=(Line(key="l1", name="Tea", external_ids={"shop": "9"}), Line(key="l2")))
    # WHEN an order goes over
    record = mapper.to(Side.RIGHT, start).record
    # THEN its lines have their keys, and the fields that were named
    assert isinstance(record, Order)
    lines = [(one.key, dict(one.external_ids), one.article, one.name) for one in record.lines or ()]
    assert lines == [("l1", {"shop": "9"}, "Tea", ""), ("l2", {}, "", "")]


typed_phones = st.sampled_from(
    ["", "8 (903) 123-45-67", "+7 903 1234567", "хз", "9031234567", "+375 29 123-45-67"]
)
shop_orders = st.fixed_dictionaries(
    {"id": st.just("7"), "no": st.text(max_size=5)},
    optional={
        "state": st.sampled_from([entry.right for entry in STATUSES.entries]),
        "total": st.integers(0, 10**9),
        "placed": st.sampled_from(["24.11.2026 10:30", "01.01.2020 00:00"]),
        "note": st.fixed_dictionaries({"text": st.text(max_size=9)}),
        "buyer": st.fixed_dictionaries({"id": st.just("c1"), "phone": typed_phones}),
        "rows": st.lists(
            st.fixed_dictionaries(
                {
                    "id": st.uuids().map(str),
                    "title": st.text(max_size=5),
                    "count": st.sampled_from(["1", "2.50", "0,5", "1 000"]),
                    "price": st.integers(0, 10**6),
                }
            ),
            max_size=3,
        ),
    },
)


@given(shop_orders, st.sampled_from(OrderStatus), st.booleans())
def test_what_came_from_a_side_is_not_written_back_to_it(
    theirs: dict[str, object], status: OrderStatus, known: bool
) -> None:
    # GIVEN anything that the shop may say, in whatever spelling, beside an order of ours
    mapper = shop()
    present = order(status=status, customer=None, lines=None) if known else None
    # WHEN it is said as an order, and the order is said to the shop
    ours = mapper.to(Side.LEFT, theirs, present)
    assert ours.problems == ()
    assert ours.record is not None
    again = mapper.to(Side.RIGHT, ours.record, theirs)
    # THEN there is nothing to write there
    assert {name: again.content.get(name, value) for name, value in theirs.items()} == theirs
    # WHEN the shop says it once more beside what it has become
    once_more = mapper.to(Side.LEFT, theirs, ours.record).record
    # THEN there is nothing to write here either
    assert once_more is not None
    assert once_more.differs_from(ours.record) == frozenset()
