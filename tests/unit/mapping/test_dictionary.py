"""Values that stand for values: n to one, a way back, and nothing goes round in circles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.commerce.order import Order
from mostik.mapping.dictionary import Answer, Dictionary, Entry
from mostik.mapping.mapper import Mapper
from mostik.mapping.shape import Shape
from mostik.mapping.side import Side, Way
from mostik.mapping.table import Table, Translate
from tests.unit.mapping.tables import order, rule

ONE_C = Shape("orders of 1C", Order)
SITE = Shape("orders of the site", Order)

SHIPPED = Dictionary(
    (
        Entry("Принят", "Новый"),
        Entry("Отгружен", "Передан в доставку"),
        Entry("Отгружен", "Готов к выдаче", way=Way.TO_LEFT),
        Entry("Отменён", "Отменён", after={Side.RIGHT: ("Новый",)}),
    ),
    back=False,
    noun="status",
)


def exchange(stages: dict[Side, str], to: Side, mapper: Mapper) -> int:
    """Carries the stage of one side to the other; returns how many writes that was."""
    record = order(stage=stages[to.other])
    there = order(stage=stages[to])
    said = mapper.to(to, record, there).content.get("stage")
    if said is None or said == stages[to]:
        return 0
    stages[to] = said
    return 1


def stages_mapper(dictionary: Dictionary) -> Mapper:
    table = Table((rule("stage", "stage", Translate("stages")),), {"stages": dictionary})
    return Mapper(table, ONE_C, SITE)


def test_a_status_loop_over_a_hundred_exchanges_is_one_write() -> None:
    # GIVEN 1C has one word for two statuses of the site, and the site has just set one of them
    mapper = stages_mapper(SHIPPED)
    stages = {Side.LEFT: "Принят", Side.RIGHT: "Готов к выдаче"}
    # WHEN they exchange a hundred times, the site first
    writes = [exchange(stages, (Side.LEFT, Side.RIGHT)[turn % 2], mapper) for turn in range(100)]
    # THEN 1C was written once, and the site never
    assert sum(writes) == 1
    assert stages == {Side.LEFT: "Отгружен", Side.RIGHT: "Готов к выдаче"}


WORDS = st.sampled_from(["a", "b", "c", "d", "e"])


@st.composite
def dictionaries(draw: st.DrawFn) -> Dictionary:
    """Any dictionary without faults: n to one on either side, with a way back."""
    pairs = draw(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=12, unique=True))
    entries: list[Entry] = []
    for left, right in pairs:
        to_right = all(one.left != left or not one.way.leads_to(Side.RIGHT) for one in entries)
        to_left = all(one.right != right or not one.way.leads_to(Side.LEFT) for one in entries)
        match to_right, to_left:
            case True, True:
                entries.append(Entry(left, right))
            case True, False:
                entries.append(Entry(left, right, way=Way.TO_RIGHT))
            case False, True:
                entries.append(Entry(left, right, way=Way.TO_LEFT))
    return Dictionary(tuple(entries))


@given(dictionaries(), WORDS, WORDS, st.lists(st.sampled_from(Side), min_size=1, max_size=100))
def test_no_dictionary_writes_twice_however_often_both_sides_exchange(
    dictionary: Dictionary, left: str, right: str, turns: list[Side]
) -> None:
    # GIVEN any dictionary without faults, and any two values
    assert dictionary.faults() == []
    mapper = stages_mapper(dictionary)
    stages = {Side.LEFT: left, Side.RIGHT: right}
    # WHEN the sides exchange in any order
    writes = [exchange(stages, to, mapper) for to in turns]
    # THEN something is written once at the most, and after a write both sides agree
    assert sum(writes) <= 1
    if sum(writes):
        assert dictionary.agree(stages[Side.LEFT], stages[Side.RIGHT])


@pytest.mark.parametrize(
    ("value", "present", "answer", "becomes"),
    [
        ("Отгружен", None, Answer.WRITE, "Передан в доставку"),
        ("Отгружен", "Новый", Answer.WRITE, "Передан в доставку"),
        ("Отгружен", "Готов к выдаче", Answer.KEEP, "Готов к выдаче"),
        ("Принят", "Передан в доставку", Answer.REFUSE, "Передан в доставку"),
        ("Отменён", "Новый", Answer.WRITE, "Отменён"),
        ("Отменён", "Готов к выдаче", Answer.REFUSE, "Готов к выдаче"),
        ("Собран", "Новый", Answer.UNKNOWN, None),
    ],
)
def test_a_value_goes_where_it_may(
    value: str, present: str | None, answer: Answer, becomes: str | None
) -> None:
    # GIVEN a dictionary whose values do not go back, and one that has to come after another
    # WHEN a value of 1C goes to the site
    found = SHIPPED.translate(value, Side.RIGHT, present)
    # THEN it is written, kept, refused or unknown, and nothing is guessed
    assert (found.answer, found.value) == (answer, becomes)
    assert bool(found.why) is (answer in (Answer.REFUSE, Answer.UNKNOWN) or "выдаче" in found.why)


def test_what_is_ambiguous_or_impossible_is_a_fault() -> None:
    # GIVEN a value that becomes two, a row twice, and a transition from nowhere
    dictionary = Dictionary(
        (
            Entry("a", "1"),
            Entry("a", "2"),
            Entry("b", "3"),
            Entry("b", "3", way=Way.TO_LEFT),
            Entry("c", "4", after={Side.RIGHT: ("9",)}),
        )
    )
    # WHEN it is looked at
    # THEN each is said in a sentence
    assert dictionary.faults() == [
        "'3' ↔ 'b' stands there twice",
        "'a' on the left becomes both '1' and '2': let one of the two lead the other way only",
        "'4' may come after '9', which the right does not have",
    ]
