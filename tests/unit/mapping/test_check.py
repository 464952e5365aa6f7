"""What is wrong with a table is said before it is saved, with its place."""

from __future__ import annotations

import pytest

from mostik.commerce.catalog import Product
from mostik.mapping.check import faults
from mostik.mapping.dictionary import Dictionary, Entry
from mostik.mapping.path import path
from mostik.mapping.shape import Kind, Shape
from mostik.mapping.side import Side
from mostik.mapping.table import Apply, Constant, Rest, Rule, Table, Template, Translate
from tests.unit.mapping.tables import CUSTOMERS, JSON, ORDERS, SHOP, STATUSES, rule


def said(*rules: Rule, left: Shape = ORDERS, right: Shape = JSON, **more: object) -> list[str]:
    table = Table(tuple(rules), rest=Rest.LEAVE, **more)  # type: ignore[arg-type] # the test's own
    return [str(one) for one in faults(table, left, right) if one.where != "fields"]


def test_a_table_that_can_be_used_has_no_faults() -> None:
    assert faults(SHOP, ORDERS, JSON) == []
    assert faults(Table(), CUSTOMERS, CUSTOMERS) == []


@pytest.mark.parametrize(
    ("wrong", "where", "what"),
    [
        (rule("totl", "x"), "fields[0].left", "Order has no field 'totl'; it has"),
        (rule("lines.price", "x"), "fields[0].left", "write lines[] for each of it"),
        (rule("comment[]", "x"), "fields[0].left", "comment is no list"),
        (rule("comment.x", "y"), "fields[0].left", "comment is a text, nothing is inside"),
        (rule("lines[].price", "x"), "fields[0]", "same number of []"),
        (rule("comment", "x", Apply("fone")), "fields[0].by", "no function 'fone'; there are: d"),
        (rule("date", "x", Apply("phone")), "fields[0].left", "phone takes no moment"),
        (
            rule("date", "x", Apply("date", right={"zone": "Moscow"})),
            "fields[0].right_options",
            "'Moscow' is no time zone",
        ),
        (
            rule("total.amount", "x", Apply("money", right={"as": "cents"})),
            "fields[0].right_options",
            "the option as of money is one of number, text, minor, not 'cents'",
        ),
        (
            rule("total.amount", "x", Apply("money", right={"digits": True})),
            "fields[0].right_options",
            "digits of money is a whole number, not True",
        ),
        (
            rule("total.amount", "x", Apply("money", right={"scale": 2})),
            "fields[0].right_options",
            "money has no option 'scale'; it has",
        ),
        (
            rule("comment number", "x", Apply("phone")),
            "fields[0].left",
            "phone takes one path",
        ),
        (rule("status", "x", Translate("st")), "fields[0].dictionary", "no dictionary 'st'"),
        (rule("comment", "x", Constant("a")), "fields[0]", "a constant has a path on one side"),
        (rule("status", by=Constant("old")), "fields[0].constant", "it must be one of new, paid"),
        (rule("flags.paid", by=Constant("Y")), "fields[0].constant", "must be a boolean, not 'Y'"),
        (rule(right="x", by=Template("{nmber}")), "fields[0].template", "no field 'nmber'"),
        (rule(right="x", by=Template("plain")), "fields[0].template", "that is a constant"),
        (
            rule("comment", "x", Template("{number}")),
            "fields[0].template",
            "one of them is the only one in its braces",
        ),
        (rule("comment"), "fields[0]", "it writes nothing"),
        (rule("version", "x"), "", ""),
    ],
)
def test_every_fault_has_its_place_and_a_sentence(wrong: Rule, where: str, what: str) -> None:
    # GIVEN a table with one row that cannot be used
    found = said(wrong)
    # WHEN it is checked
    # THEN the first thing said names the place and the reason
    assert bool(found) is bool(where)
    if where:
        assert found[0].startswith(f"{where}: ")
        assert what in found[0]


def test_kinds_must_fit_between_two_models() -> None:
    # GIVEN rows between records of one kind
    found = said(
        rule("total.amount", "comment"),
        rule("lines", "lines[0]"),
        rule("key", "version"),
        rule("status", "stage", Translate("st")),
        right=ORDERS,
        dictionaries={"st": Dictionary((Entry("newest", "N"),))},
    )
    # WHEN they are checked
    # THEN each says what does not fit
    assert found == [
        "fields[0]: a number does not become a text: name a function",
        "fields[1]: a list and a single value: put [] or [0] to one of them",
        "fields[2].left: key says something about the record and cannot be written",
        "fields[2].right: version says something about the record and cannot be written",
        "fields[3].left: status of the left takes only new, paid, packed, shipped, cancelled; the"
        " dictionary 'st' has newest",
    ]


def test_two_rows_that_write_one_field_are_a_fault() -> None:
    found = said(rule("comment", "x"), rule("number", "x"))
    assert found == ["fields[1].right: x is written by fields[0] already"]


def test_what_a_record_must_have_must_be_written() -> None:
    # GIVEN a table that says nothing of an order's number
    table = Table((rule("comment", "x"), rule("key", "id")), rest=Rest.LEAVE)
    # WHEN it is checked
    # THEN that is said
    assert [str(one) for one in faults(table, ORDERS, JSON)] == [
        "fields: orders of portal must have 'number', and no rule writes it"
    ]


def test_different_records_do_not_carry_the_rest() -> None:
    [found] = faults(Table((rule("comment", "comment"),)), ORDERS, CUSTOMERS)
    assert found.where == "rest"


def test_what_a_side_cannot_hold_and_what_html_loses_are_warnings() -> None:
    # GIVEN a side without articles, and a description that loses its HTML
    poor = Shape("goods of shop", Product, frozenset({"name", "description"}))
    rich = Shape("goods of portal", Product)
    table = Table(
        (
            rule("article", "article"),
            rule("description", "description", Apply("html", left={"format": "html"})),
            rule("name", "name"),
        ),
        rest=Rest.LEAVE,
    )
    # WHEN it is checked
    found = faults(table, rich, poor)
    # THEN it may be saved, with warnings
    assert [one.warning for one in found] == [True, True]
    assert "cannot hold article" in found[0].text
    assert "is lost on the way to text" in found[1].text


def test_a_dictionary_is_checked_with_its_effects() -> None:
    wrong = Dictionary((Entry("new", "N", sets={Side.LEFT: {"flags.payed": True}}),))
    found = said(rule("status", "s", Translate("st")), dictionaries={"st": wrong})
    assert found[0].startswith("dictionaries.st: what it sets: flags.payed: Flags has no field")
    assert said(rule("status", "s", Translate("st")), dictionaries={"st": STATUSES}) == []


@pytest.mark.parametrize(
    "text", ["", ".", "a.", "a[", "a[]b", "a[x]", "1a", "a b", "a[=x]", "lines[].", "a[-1]"]
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no path"):
        path(text)


@pytest.mark.parametrize("text", ["a", "a.b", "a[].b", "a[0]", "a[code=X.1].value", "a-b.c_d"])
def test_a_path_is_spelled_as_it_was_read(text: str) -> None:
    assert str(path(text)) == text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("total.amount", Kind.NUMBER),
        ("date", Kind.MOMENT),
        ("customer.birthday", Kind.DAY),
        ("flags.paid", Kind.BOOLEAN),
        ("status", Kind.TEXT),
        ("lines[].variant", Kind.REFERENCE),
        ("customer", Kind.OBJECT),
        ("extra.anything.below", Kind.ANY),
    ],
)
def test_a_shape_knows_the_kind_of_every_field(text: str, kind: Kind) -> None:
    assert ORDERS.at(path(text)).kind is kind
