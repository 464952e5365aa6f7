"""Two filled bases of one trade, typed by different people, and what is really what."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from mostik.commerce.catalog import Product
from mostik.commerce.parties import Customer
from mostik.commerce.record import Canonical, Ref
from mostik.mapping.side import Side
from mostik.matching.approval import NEW, Decision, Verdict
from mostik.matching.found import Found, State
from mostik.matching.sheet import written

SIZE = 5_000
OVERLAP = 0.8
AMBIGUOUS = 0.02

_NOUNS = ["Чайник", "Кружка", "Ёлка", "Стол", "Лампа", "Ковёр", "Плед", "Нож", "Доска", "Ваза"]
_ADJECTIVES = ["белый", "чёрный", "большой", "малый", "резной", "стальной", "дубовый", "тёплый"]
_SECTIONS = ["Кухня", "Спальня", "Сад", "Детская", "Офис"]
_FIRST = ["Иван", "Пётр", "Анна", "Мария", "Олег", "Юлия", "Семён", "Ольга", "Игорь", "Дарья"]
_ROOTS = ["Иван", "Петр", "Сидор", "Кузнец", "Смирн", "Волк", "Зайц", "Орл", "Лебед", "Соловь"]
_ENDS = ["ов", "ёв", "енко", "ский", "ых", "ян", "идзе", "ук"]


def dice(seed: int | str) -> Random:
    """The same throws for the same seed."""
    return Random(seed)  # noqa: S311 - no secret is made of it


@dataclass
class Bases:
    """Two bases.

    Attributes:
        records: per side.
        truth: per side: key → what it really is.
        hard: per side: keys that nobody can tell apart without asking.
    """

    records: dict[Side, list[Any]] = field(default_factory=lambda: {side: [] for side in Side})
    truth: dict[Side, dict[str, str]] = field(default_factory=lambda: {side: {} for side in Side})
    hard: dict[Side, set[str]] = field(default_factory=lambda: {side: set() for side in Side})

    def add(self, side: Side, record: Canonical, thing: str, *, hard: bool = False) -> None:
        """Adds a record."""
        self.records[side].append(record)
        self.truth[side][record.key] = thing
        if hard:
            self.hard[side].add(record.key)

    def shuffled(self, random: Random) -> Bases:
        """In no order."""
        for side in Side:
            random.shuffle(self.records[side])
        return self

    def decided(self, found: Found) -> dict[int, Decision]:
        """What somebody who knows the goods says about every row that asks."""
        decisions: dict[int, Decision] = {}
        keys = {side: {thing: key for key, thing in self.truth[side].items()} for side in Side}
        for place, row in enumerate(found.rows):
            if row.state is State.AMBIGUOUS:
                thing = self.truth[row.side][row.key]
                other = keys[row.side.other].get(thing)
                decisions[place] = (
                    Decision(Verdict.PAIR, other) if other is not None else Decision(Verdict.NEW)
                )
        return decisions

    def words(self, found: Found) -> Mapping[int, str]:
        """The same, as it is written into the sheet."""
        return {
            place: decision.key if decision.verdict is Verdict.PAIR else NEW
            for place, decision in self.decided(found).items()
        }


def filled_in(found: Found, words: Mapping[int, str]) -> bytes:
    """The sheet as a person gives it back from a spreadsheet: other separator, other encoding."""
    text = "".join(written(found)).removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    place = rows[0].index("decision")
    for number, word in words.items():
        rows[number + 1][place] = word
    out = io.StringIO()
    csv.writer(out, delimiter="\t").writerows(rows)
    return out.getvalue().encode("cp1251", errors="replace")


def _typed(text: str, random: Random) -> str:
    """As people type a name."""
    for change in random.sample(_HABITS, k=random.randint(0, 3)):
        text = change(text)
    return text


_HABITS: Sequence[Callable[[str], str]] = (
    str.upper,
    str.lower,
    lambda text: f" {text} ",
    lambda text: text.replace(" ", "  "),
    lambda text: text.replace("ё", "е").replace("Ё", "Е"),
    lambda text: text.replace(" ", ", ", 1),
    lambda text: f"«{text}»",
)


def _article(text: str, random: Random) -> str:
    ways: Sequence[Callable[[str], str]] = (
        lambda one: one,
        str.lower,
        lambda one: one.replace("-", ""),
        lambda one: one.replace("-", " "),
        lambda one: one.replace("A", "А"),  # the Russian letter
        lambda one: f" {one}",
    )
    return random.choice(ways)(text)


def _phone(digits: str, random: Random) -> str:
    """Ten digits, as people type a phone."""
    a, b, c, d = digits[:3], digits[3:6], digits[6:8], digits[8:]
    return random.choice(
        (f"+7{digits}", f"8{digits}", f"8 ({a}) {b}-{c}-{d}", f"+7 {a} {b} {c} {d}", digits,
         f"7-{a}-{b}-{c}{d}", f"8 {a} {b}{c}{d} доб. 1", f"+7({a}){b}{c}{d}, после 18"),
    )  # fmt: skip


def goods(seed: int, size: int = SIZE) -> Bases:
    """Two bases of goods: each good is known by one thing at least, but not always by the same."""
    random, bases = dice(seed), Bases()
    hard, common = int(size * AMBIGUOUS), int(size * OVERLAP)
    for number in range(2 * size - common):
        thing = f"good {number}"
        sides = list(Side) if number < common else [Side.LEFT if number % 2 else Side.RIGHT]
        if number < hard and number % 2:
            continue  # comes with the one before
        pair = [thing, f"good {number + 1}"] if number < hard else [thing]
        for side in sides:
            for one in pair:
                record = _good(number, one, side, random, twins=len(pair) > 1)
                bases.add(side, record, one, hard=len(pair) > 1)
    return bases.shuffled(random)


def _good(number: int, thing: str, side: Side, random: Random, *, twins: bool) -> Product:
    own = dice(thing if not twins else number)  # what both sides know of it
    name = f"{own.choice(_NOUNS)} {own.choice(_ADJECTIVES)} {own.randint(1, 400)}"
    known_by = own.choice(["article", "barcode", "code", "name"]) if not twins else "article"
    section = own.choice(_SECTIONS)
    if known_by == "name":
        name = f"{name} модель {number}"
    sections = {Side.LEFT: f"s{_SECTIONS.index(section)}", Side.RIGHT: f"{section.upper()} "}
    barcode = f"46{own.randint(10**10, 10**11 - 1)}"
    return Product(
        key=f"{'G' if side is Side.LEFT else ''}{random.randint(1, 9)}{thing.split()[1]}",
        name=_typed(name, random),
        article=_article(f"AB-{number:05}-K", random) if known_by == "article" else None,
        code=f"{number:011}" if known_by == "code" else None,
        barcodes=(barcode, "123") if known_by == "barcode" else None,
        section=Ref(key=sections[side], name=None if side is Side.LEFT else sections[side]),
    )


SECTION_NAMES = {Side.LEFT: {f"s{place}": name for place, name in enumerate(_SECTIONS)}}


def people(seed: int, size: int = SIZE) -> Bases:
    """Two bases of people; families share phones, and some people cannot be told apart."""
    random, bases = dice(seed), Bases()
    hard, common = int(size * AMBIGUOUS), int(size * OVERLAP)
    for number in range(2 * size - common):
        thing = f"person {number}"
        sides = list(Side) if number < common else [Side.LEFT if number % 2 else Side.RIGHT]
        if number < hard and number % 2:
            continue
        pair = [thing, f"person {number + 1}"] if number < hard else [thing]
        family = number // 2 if number % 50 == 1 or number % 50 == 0 else number + 10**6
        for side in sides:
            for one in pair:
                record = _man(number, family, one, side, random, twins=len(pair) > 1)
                bases.add(side, record, one, hard=len(pair) > 1)
    return bases.shuffled(random)


def _man(
    number: int, family: int, thing: str, side: Side, random: Random, *, twins: bool
) -> Customer:
    own = dice(thing if not twins else number)
    first, last = _FIRST[number % 10], own.choice(_ROOTS) + own.choice(_ENDS)
    known_by = own.choice(["phone", "email", "both"]) if not twins else "phone"
    digits = f"9{dice(family).randint(10**8, 10**9 - 1)}"
    email = f"{number}.box@Example.com" if known_by != "phone" else ""
    orders = (
        f"{last} {first}",
        f"{first} {last}",
        f"{last} {first} Олегович",
        f"{last} {first[0]}.",
    )
    return Customer(
        key=f"{'C' if side is Side.LEFT else ''}{random.randint(1, 9)}{thing.split()[1]}",
        name=_typed(random.choice(orders), random),
        phone=_phone(digits, random) if known_by != "email" else "",
        email=random.choice((email, email.lower(), f" {email.upper()}")) if email else "",
    )
