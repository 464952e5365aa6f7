"""Matching case by case: what makes a pair, what asks, what is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.commerce.catalog import Product, Section
from mostik.commerce.order import Order
from mostik.commerce.parties import Company, Customer, RequisitePart
from mostik.commerce.record import Canonical, Ref
from mostik.mapping.side import Side
from mostik.matching import keys
from mostik.matching.card import Context
from mostik.matching.found import Found, Row, State
from mostik.matching.match import match
from mostik.matching.rules import kind_of

CONTEXT = Context("onec", "portal")


def found(left: Sequence[Canonical], right: Sequence[Canonical]) -> Found:
    kind = kind_of(type(left[0]))
    return match(
        kind.cards(left, CONTEXT, Side.LEFT), kind.cards(right, CONTEXT, Side.RIGHT), kind.rules
    )


def states(table: Found) -> set[tuple[str, str | None, str | None, str]]:
    return {(row.state.value, row.left, row.right, row.rule) for row in table.rows}


def good(key: str, name: str = "Чайник", section: str = "", **more: Any) -> Product:
    return Product(
        key=key, name=name, section=Ref(key="s", name=section) if section else None, **more
    )


def person(key: str, name: str, phone: str = "", email: str = "", **more: Any) -> Customer:
    return Customer(key=key, name=name, phone=phone, email=email, **more)


@pytest.mark.parametrize(
    ("left", "right", "rule"),
    [
        (good("1"), good("a", "x", external_ids={"onec": "1"}), "external key"),
        (good("1", external_ids={"portal": "a"}), good("a", "x"), "external key"),
        (good("1", article="AB-01"), good("a", "x", article="ab 01"), "article"),
        (good("1", article="AB-01"), good("a", "x", article="АВ-01"), "article"),
        (good("1", barcodes=("0123456789012",)), good("a", "x", barcodes=("123456789012",)),
         "barcode"),
        (good("1", code="000012"), good("a", "x", code="000012"), "1C code"),
        (good("1", "Чайник  «Ёлка»", "Кухня"), good("a", "чайник елка", "КУХНЯ "),
         "name and section"),
        (person("1", "Иванов Иван", "8 903 123-45-67"), person("a", "Ivan Ivanov", "+79031234567"),
         "phone"),
        (person("1", "", "", "I@x.ru"), person("a", "Иван", "", "i@X.RU"), "e-mail"),
        (Order(key="1", number="0000-12 ", date=datetime(2026, 11, 23, 22, 0, tzinfo=UTC)),
         Order(key="a", number="-12", date=datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
         "number and date"),
    ],
)  # fmt: skip
def test_matching_pairs_what_is_one_thing(left: Canonical, right: Canonical, rule: str) -> None:
    assert states(found([left], [right])) == {("matched", "1", "a", rule)}


def firm(key: str, name: str, inn: str, kpp: str = "") -> Company:
    return Company(key=key, name=name, requisites=(RequisitePart(inn=inn, kpp=kpp),))


def test_matching_knows_firms_by_inn_and_kpp_and_asks_where_less_is_known() -> None:
    # GIVEN a firm with the same INN and KPP, two branches of one, two of which less is known
    left = [
        firm("1", "ООО Ромашка", "7707083893", "770701001"),
        firm("2", "Лютик", "7736050003", "1"),
        firm("3", "ИП Петров", ""),
        firm("4", "Мак", "7728168971"),
    ]
    right = [
        firm("a", "Romashka", "7707083893", "770701001"),
        firm("b", "Лютик филиал", "7736050003", "2"),
        firm("c", "Петров", ""),
        firm("d", "Мак", "7728168971", "772801001"),
    ]
    # WHEN they are matched
    # THEN the first is a pair, branches are two, and about the others a person is asked
    assert states(found(left, right)) == {
        ("matched", "1", "a", "INN and KPP"),
        ("only left", "2", None, ""),
        ("only right", None, "b", ""),
        ("ambiguous", "3", None, "name"),
        ("ambiguous", None, "c", "name"),
        ("ambiguous", "4", None, "INN"),
        ("ambiguous", None, "d", "INN"),
    }


def test_matching_asks_where_several_share_a_mark() -> None:
    # GIVEN one good here, and two there with its article
    table = found(
        [good("1", article="A1")], [good("a", article="a-1"), good("b", "x", article="A 1")]
    )
    # WHEN they are matched
    # THEN nothing is a pair; all three are listed
    assert {row.state for row in table.rows} == {State.AMBIGUOUS}
    first = table.rows[0]
    assert set(first.candidates) == {"a", "b"}
    assert first.why == "several have this article"


def test_a_later_rule_settles_an_ambiguous_matching_among_its_candidates_only() -> None:
    # GIVEN two goods on each side with one article; barcodes tell one pair apart
    left = [good("1", article="A1", barcodes=("46000001",)), good("2", article="A1")]
    right = [good("a", article="A1", barcodes=("46000001",)), good("b", article="A1")]
    table = found(left, right)
    # WHEN they are matched
    # THEN that pair is one, and the others are not one because they are left over
    assert states(table) == {
        ("matched", "1", "a", "barcode"),
        ("ambiguous", "2", None, "article"),
        ("ambiguous", None, "b", "article"),
    }
    # GIVEN a barcode that points out of the candidates
    right.append(good("c", "other", barcodes=("46000002",)))
    left[1] = good("2", article="A1", barcodes=("46000002",))
    # WHEN they are matched
    # THEN the two marks disagree, so a person is asked
    rows = {row.key: row for row in found(left, right).of(State.AMBIGUOUS)}
    assert set(rows["2"].candidates) >= {"b", "c"}


def test_a_weak_mark_does_not_win_against_a_strong_one_in_matching() -> None:
    # GIVEN the same barcode, and two different articles
    table = found(
        [good("1", article="A1", barcodes=("46000001",))],
        [good("a", article="B2", barcodes=("46000001",))],
    )
    # WHEN they are matched
    # THEN a person is asked
    assert states(table) == {
        ("ambiguous", "1", None, "barcode"),
        ("ambiguous", None, "a", "barcode"),
    }
    assert table.rows[0].why == "the article differs"


def test_matching_does_not_ask_about_goods_that_something_tells_apart() -> None:
    # GIVEN many goods of one name, each with an article of its own
    left = [good(str(one), "Футболка", "Одежда", article=f"L{one}") for one in range(5)]
    right = [good(f"r{one}", "Футболка", "Одежда", article=f"R{one}") for one in range(5)]
    # WHEN they are matched
    # THEN they are only here and only there
    assert {row.state for row in found(left, right).rows} == {State.ONLY_LEFT, State.ONLY_RIGHT}


def test_matching_asks_about_a_good_of_which_only_the_name_is_known() -> None:
    table = found([good("1", "Чайник белый")], [good("a", "чайник, белый", "Кухня")])
    assert {row.state for row in table.rows} == {State.AMBIGUOUS}


def test_a_family_with_one_phone_is_matched_by_names() -> None:
    # GIVEN a couple that shares a phone, on both sides
    left = [person("1", "Иванов Иван", "89031234567"), person("2", "Иванова Анна", "89031234567")]
    right = [person("a", "Анна Иванова", "9031234567"), person("b", "Иван Иванов", "9031234567")]
    # WHEN they are matched
    # THEN each is who it is
    assert states(found(left, right)) == {
        ("matched", "1", "b", "phone"),
        ("matched", "2", "a", "phone"),
    }
    # GIVEN only the husband here and only the wife there
    table = found(left[:1], right[:1])
    # THEN a person is asked
    assert [row.why for row in table.rows] == ["the names differ"] * 2


def test_matching_does_not_call_namesakes_one_person() -> None:
    # GIVEN two people of one name with other phones, and two of whom nothing else is known
    left = [person("1", "Иванов Иван", "89031234567"), person("2", "Орлов Пётр")]
    right = [person("a", "Иванов Иван", "89160000001"), person("b", "Орлов Петр", "", "p@x.ru")]
    # WHEN they are matched
    # THEN the former are two people; about the latter a person is asked
    assert states(found(left, right)) == {
        ("only left", "1", None, ""),
        ("only right", None, "a", ""),
        ("ambiguous", "2", None, "full name"),
        ("ambiguous", None, "b", "full name"),
    }


def test_a_double_of_a_matched_record_is_asked_about() -> None:
    # GIVEN a person who is matched by e-mail, and a second card of the same phone and name
    left = [
        person("1", "Иванов Иван", "89031234567", "i@x.ru"),
        person("2", "Иванов Иван", "89031234567"),
    ]
    right = [person("a", "Иванов Иван", "", "i@x.ru", phones=("+79031234567",))]
    # WHEN they are matched
    table = found(left, right)
    # THEN the second one is not simply new
    rows = {row.key: row for row in table.rows if row.state is State.AMBIGUOUS}
    assert rows["2"].candidates == ("a",)


def test_deleted_records_are_not_matched_and_others_only_by_external_key() -> None:
    table = found(
        [Section(key="1", name="x"), Section(key="2", name="y", deleted=True)],
        [Section(key="a", name="x"), Section(key="b", name="y", external_ids={"onec": "2"})],
    )
    assert states(table) == {
        ("only left", "1", None, ""),
        ("only right", None, "a", ""),
        ("only right", None, "b", ""),
    }


@pytest.mark.parametrize(
    ("one", "two", "agree"),
    [
        ("Иванов Иван", "Ivan Ivanov", True),
        ("Иванов Иван Петрович", "иванов и. п.", True),
        ("Иван", "Иванов Иван", True),
        ("", "Иванов Иван", True),
        ("Иванов Иван", "Иванова Анна", False),
        ("Петренко Иван", "Петренко Анна", False),
        ("Иван", "Анна", False),
    ],
)
def test_names_agree_where_they_may_be_of_one_person(one: str, two: str, agree: bool) -> None:
    assert keys.names_agree(keys.name_tokens(one), keys.name_tokens(two)) is agree


GOODS = st.builds(
    lambda key, name, article, barcode: good(
        key,
        name,
        "Кухня",
        article=article or None,
        barcodes=(barcode,) if barcode else None,
    ),
    key=st.integers(0, 10**6).map(str),
    name=st.sampled_from(["Чайник", "чайник", "Кружка", "Нож"]),
    article=st.sampled_from(["", "A1", "a-1", "B2", "C3"]),
    barcode=st.sampled_from(["", "46000001", "46000002"]),
)
SOME = st.lists(GOODS, max_size=7, unique_by=lambda one: one.key)


@given(SOME, SOME, st.randoms(use_true_random=False))
def test_matching_does_not_depend_on_the_order_of_the_records(
    left: list[Product], right: list[Product], random: Any
) -> None:
    # GIVEN any goods on both sides
    def table(lefts: list[Product], rights: list[Product]) -> set[tuple[Any, ...]]:
        kind = kind_of(Product)
        answer = match(
            kind.cards(lefts, CONTEXT, Side.LEFT),
            kind.cards(rights, CONTEXT, Side.RIGHT),
            kind.rules,
        )

        def said(row: Row) -> tuple[Any, ...]:
            return row.state, row.left, row.right, row.rule, frozenset(row.candidates)

        return {said(row) for row in answer.rows}

    # WHEN they are matched in two orders
    mixed = [random.sample(records, k=len(records)) for records in (left, right)]
    # THEN the table says the same, and each record is in it once
    first = table(left, right)
    assert table(*mixed) == first
    assert sorted(key for _, key, _, _, _ in first if key) == sorted(one.key for one in left)
    assert sorted(key for _, _, key, _, _ in first if key) == sorted(one.key for one in right)


@given(SOME, SOME)
def test_no_matching_pairs_what_a_strong_mark_tells_apart(
    left: list[Product], right: list[Product]
) -> None:
    # GIVEN any goods on both sides
    if not left:
        return
    table = found(left, right)
    ours = {one.key: one for one in left}
    theirs = {one.key: one for one in right}
    # WHEN they are matched
    # THEN no pair has two articles
    for row in table.of(State.MATCHED):
        one, two = ours[row.left or ""].article, theirs[row.right or ""].article
        assert not one or not two or keys.article(one) == keys.article(two)
