"""What every integration promises whose other side is never called, but brings and takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from local.sandbox.server import Answer
from tests.integrations.acceptance.answers import altered, with_news
from tests.integrations.acceptance.bringing import Alter, Brings
from tests.integrations.acceptance.offers import EVERY_BRINGING, STORED, brings_of, having_tests
from tests.support.shelf import Killed

RECORDS = 7
EFFECTS = frozenset({"insert", "replace", "put", "put_many", "remove", "send", "delete"})
"""What leaves something behind."""


class Countdown:
    """Counts what the worker writes, and ends its process before one of the writes: behind all
    that was written before.

    Attributes:
        passed: so many writes were begun.
    """

    def __init__(self, made: Brings, dies_at: int = -1) -> None:
        self.passed = 0
        self._made = made
        self._dies_at = dies_at
        for port in made.ports().values():
            port.before = self._note

    def _note(self, operation: str) -> None:
        if not self._made.working or operation not in EFFECTS:
            return
        self.passed += 1
        if self.passed == self._dies_at + 1:
            raise Killed


def brought(name: str, what: str, records: int = RECORDS) -> Brings:
    """Everything has come once."""
    made = with_news_to_bring(name, what, records)
    made.bring()
    assert made.carried_over() == made.said()
    return made


def with_news_to_bring(name: str, what: str, records: int = RECORDS) -> Brings:
    """The other side has changed all of its records, and brought none of that yet."""
    made = brings_of(name)[what]()
    for number in range(records):
        made.edit(made.make(number + 1), number + 11)
    return made


def as_xml(change: Callable[[Answer], Answer]) -> Alter:
    """A change of answers as one of what is brought."""
    return lambda content: change(Answer(200, content, "application/xml")).body


@pytest.mark.parametrize("name", having_tests(STORED))
def test_an_integration_that_brings_its_resources_is_played(name: str) -> None:
    assert brings_of(name), f"tests/integrations/{name}/brought.py offers no BRINGS"


@EVERY_BRINGING
def test_what_is_brought_a_second_time_changes_nothing(name: str, what: str) -> None:
    made = brought(name, what)
    writes = made.writes()
    # WHEN everything comes once more, what we have given ourselves among it
    made.bring_all()
    assert made.writes() == writes
    assert made.carried_over() == made.said()


@EVERY_BRINGING
def test_an_older_word_that_is_imported_again_does_not_beat_the_newest(
    name: str, what: str
) -> None:
    made = brought(name, what)
    for key in made.said():
        made.edit(key, 99)
    made.bring()
    made.import_first_again()
    assert set(made.carried_over().values()) == {99}


@EVERY_BRINGING
def test_a_worker_that_dies_before_any_write_makes_no_difference(name: str, what: str) -> None:
    known = with_news_to_bring(name, what, 1)
    calls = Countdown(known)
    known.bring()
    assert calls.passed
    for place in range(calls.passed):
        made = with_news_to_bring(name, what, 1)
        Countdown(made, dies_at=place)
        made.bring()
        assert made.carried_over() == made.said(), f"died before write {place}"


@EVERY_BRINGING
def test_fields_that_nobody_knows_change_nothing_when_brought(name: str, what: str) -> None:
    made = brought(name, what)
    writes = made.writes()
    made.bring_all(as_xml(with_news))
    assert made.writes() == writes


@EVERY_BRINGING
def test_a_record_without_its_key_is_told_and_stops_no_other_one(name: str, what: str) -> None:
    made = brought(name, what)
    for number, key in enumerate(made.said()):
        made.edit(key, 50 + number)
    first = next(iter(made.said()))
    # WHEN one of the changed ones comes without its key
    made.bring(as_xml(altered("Ид", first)))
    # THEN the others are there, and somebody is told
    expected = {key: number for key, number in made.said().items() if key != first}
    told = {key: number for key, number in made.carried_over().items() if key != first}
    assert told == expected
    assert made.carried_over()[first] != made.said()[first]
    assert "Ид" in made.complaints()


@EVERY_BRINGING
def test_what_is_not_brought_is_not_gone(name: str, what: str) -> None:
    made = brought(name, what)
    first = next(iter(made.said()))
    made.edit(first, 99)
    made.bring()
    assert made.carried_over() == made.said()


@EVERY_BRINGING
@pytest.mark.parametrize("ahead", [-300, 300])
def test_clocks_that_differ_lose_nothing_that_is_brought(
    name: str, what: str, ahead: float
) -> None:
    made = brought(name, what)
    for number in range(4):
        # GIVEN a side whose clock jumps to and fro
        made.ahead = ahead if number % 2 else -ahead
        for key in made.said():
            made.edit(key, 50 + number)
        made.bring()
        assert made.carried_over() == made.said()
