"""Records in canonical form, and the check that an administrator runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mostik.commerce.record import Canonical
from mostik.errors import GiveUp, MostikError
from mostik.integration import Check
from mostik.jobs.message import StateEvent, Touch
from mostik.jobs.row import JobState
from tests.integrations.subjects import CALLED, EVERY_CALLED, Subject
from tests.integrations.world import HERE, World, a_world, changed, checked, ways_to_write
from tests.support.api_router import EVERY_ROUTE, says

HOSTILE_KEYS = [
    "",
    ".",
    "..",
    "../admin",
    "a/b",
    "?x=1",
    "#",
    " ",
    "%2e%2e",
    "ключ",
    "\x00",
    "9" * 400,
]

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["", "NaN", "Infinity", "1e999", "1,5", "RUBLES"]),
    st.just([]),
    st.just({}),
    st.just([{}]),
    st.lists(st.integers(), max_size=2),
)

ODD_VALUES: list[Any] = [
    *(..., None, True, 0, -1, 10**30, 1.5, float("nan"), float("inf")),
    *("", " ", "NaN", "1e999", "1,5", "RUBLES", "\ud800", "\x00", "ё" * 600),
    *([], {}, [{}], {"": []}),
]
ODD_SETTINGS: list[Any] = [
    *(value for value in ODD_VALUES if value != "\ud800"),  # no form can send it
    *("{x}", "{", "{}", "{id.real}", "{id}/{id}", "a.b.", "..", "/", "http://example.org/", "a\nb"),
]


@EVERY_CALLED
def test_the_sample_record_is_canonical(subject: Subject) -> None:
    with a_world(subject) as world:
        record = world.record()
    assert record.key == subject.sample.key
    assert HERE not in record.external_ids, "its key here is its key, not an external one"


@EVERY_CALLED
def test_two_reads_of_an_unchanged_record_have_one_fingerprint(subject: Subject) -> None:
    prints = set()
    for _ in range(2):
        with a_world(subject) as world:
            prints |= {world.record().fingerprint(), world.record().fingerprint()}
    assert len(prints) == 1


@EVERY_CALLED
def test_a_fingerprint_tells_a_changed_record_and_passes_over_keys(subject: Subject) -> None:
    with a_world(subject) as world:
        record = world.record()
    renamed = record.model_copy(update={"key": "other", "external_ids": {"elsewhere": "1"}})
    assert renamed.fingerprint() == record.fingerprint()
    assert changed(record).fingerprint() != record.fingerprint()


@EVERY_CALLED
def test_a_record_that_is_not_there_is_none_or_a_reason(subject: Subject) -> None:
    with a_world(subject) as world:
        world.router.break_route(EVERY_ROUTE, says(404, {}))
        try:
            found = world.resource().read(subject.sample.key)
        except GiveUp:
            return
    assert found is None


@EVERY_CALLED
@pytest.mark.parametrize("key", HOSTILE_KEYS, ids=ascii)
def test_a_record_key_never_leads_to_another_address(subject: Subject, key: str) -> None:
    with a_world(subject) as world:
        # WHEN a record is asked for by a key that was made to break out
        try:
            record = world.resource().read(key)
        except MostikError:
            record = None
        # THEN every call stayed at an address of its endpoint, one segment for each value
        base = urlsplit(subject.integration.base_url(subject.settings)).path.rstrip("/") + "/"
        for call, made in zip(world.router.calls, world.made, strict=True):
            below = re.escape(base) + re.sub(r"\\{\w+\\}", "[^/]+", re.escape(made.endpoint.path))
            parts = urlsplit(call.url)
            assert re.fullmatch(below, parts.path), call
            assert not {".", ".."} & set(parts.path.split("/")), call
            assert not parts.query, call
            assert not parts.fragment, call
        assert record is None or isinstance(record, Canonical)


@st.composite
def answers(draw: st.DrawFn) -> Subject:
    """An integration whose fake API gives one value of one answer differently, or not at all."""
    subject = draw(st.sampled_from(CALLED))
    route = draw(st.sampled_from(sorted(subject.sample.answers)))
    place = draw(st.sampled_from(list(_places(subject.sample.answers[route]))))
    return answering(subject, route, place, draw(st.just(...) | values | st.just("\ud800")))


def answering(subject: Subject, route: str, place: tuple[Any, ...], value: Any) -> Subject:
    """The integration whose fake API gives ``value`` at a place of an answer; ``...``: nothing."""
    known = subject.sample.answers
    answers = {**known, route: _exchanged(known[route], place, value)}
    sample = replace(subject.sample, answers=answers)
    return replace(subject, integration=replace(subject.integration, sample=sample))


@settings(max_examples=100)
@given(answers())
def test_whatever_the_api_answers_is_a_record_or_a_reason(subject: Subject) -> None:
    with a_world(subject) as world:
        try:
            record = world.resource().read(subject.sample.key)
        except (MostikError, ValidationError):
            return
    assert record is None or isinstance(record, Canonical)


@EVERY_CALLED
@pytest.mark.parametrize("value", ODD_SETTINGS, ids=ascii)
def test_whatever_is_filled_in_is_refused_at_once_or_works_as_far_as_it_can(
    subject: Subject, value: Any
) -> None:
    with a_world(subject) as world:
        usual = world.record()
    # GIVEN an odd value in turn in every field of the form, or none
    for place in list(_places(subject.sample.settings))[1:]:
        filled = _exchanged(subject.sample.settings, place, value)
        sample = replace(subject.sample, settings=filled)
        odd = replace(subject, integration=replace(subject.integration, sample=sample))
        with suppress(ValidationError):  # the form refuses it
            assert isinstance(odd.integration.base_url(odd.settings), str)
            # THEN records are read and written, or a reason is given: nothing else is raised
            with suppress(MostikError), a_world(odd) as world:
                resource = world.resource()
                record = resource.read(subject.sample.key) or usual
                for other in [changed(record), *with_every_choice(record)]:
                    for write in ways_to_write(resource, other):
                        with suppress(MostikError):
                            write()


@EVERY_CALLED
def test_broken_characters_of_a_full_state_event_are_a_reason_to_give_up(subject: Subject) -> None:
    # GIVEN a full-state event in turn of every answer, with half a character in one of its texts
    for route, content in subject.sample.answers.items():
        for place in _places(content):
            if not place or not isinstance(_at(content, place), str):
                continue
            state = _exchanged(content, place, "\ud800")
            with a_world(subject) as world:
                world.enqueue(
                    StateEvent(
                        *(f"{HERE}:{route}", HERE, subject.sample.resource, subject.sample.key),
                        *(state, "an-event", world.clock()),
                    )
                )
                # WHEN the worker handles it
                world.work()
                # THEN it has failed with a reason, or could be carried over all the same
                assert not [line for line in world.lines if "unexpected exception" in line]
                assert set(world.states()) <= {JobState.DONE, JobState.FAILED}


@EVERY_CALLED
@pytest.mark.parametrize("value", ODD_VALUES, ids=ascii)
def test_a_record_that_makes_no_sense_fails_with_a_reason_and_is_no_defect_of_ours(
    subject: Subject, value: Any
) -> None:
    # GIVEN an odd value in turn at every place of every answer that reading a record takes
    for route in routes_of(subject, lambda world: world.record()):
        for place in _places(subject.sample.answers[route]):
            with a_world(answering(subject, route, place, value)) as world:
                with suppress(MostikError, ValidationError):
                    record = world.resource().read(subject.sample.key)
                    assert record is None or record.fingerprint()
                # WHEN the worker looks at the record
                key = subject.sample.key
                world.enqueue(Touch(HERE, subject.sample.resource, key, "me", world.clock()))
                world.work()
                # THEN it was carried over, has failed with a reason, or is tried again
                assert not [line for line in world.lines if "unexpected exception" in line]
                for row in world.job_rows:
                    assert row.state in (JobState.FAILED, JobState.WAITING, JobState.HELD)
                    assert row.failure is not None
                    assert row.failure.text


@EVERY_CALLED
def test_the_check_says_in_words_what_is_there(subject: Subject) -> None:
    with a_world(subject) as world:
        found = checked(world)
    assert found, "a check that looks at nothing"
    assert len({check.name for check in found}) == len(found)
    for check in found:
        assert check.ok, "the sample's answers grant everything"
        assert _is_sentence(check.name)


@EVERY_CALLED
def test_the_check_misses_what_was_not_granted(subject: Subject) -> None:
    # GIVEN in turn every list that the check reads (rights, scopes, events), emptied
    for route in routes_of(subject, checked):
        for place in _places(subject.sample.answers[route]):
            listed = _at(subject.sample.answers[route], place)
            # Grants are lists of words; an empty one, or one of records, grants nothing.
            if isinstance(listed, list) and listed and all(isinstance(one, str) for one in listed):
                with a_world(answering(subject, route, place, [])) as world:
                    found = checked(world)
                # THEN a line says what is missing and what to do
                missing = [check for check in found if not check.ok]
                assert missing, place
                assert all(_is_sentence(check.advice) for check in missing)


@EVERY_CALLED
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_a_check_that_fails_says_in_words_what_to_do(subject: Subject, status: int) -> None:
    with a_world(subject) as world:
        # GIVEN an API that answers everything with this status
        world.router.break_route(EVERY_ROUTE, says(status, {}))
        # WHEN the administrator asks what is wrong
        try:
            found = checked(world)
        except MostikError as error:
            found = [Check("The whole check", ok=False, advice=str(error))]
        # THEN it is a line for each thing, with advice beside what is missing, or one sentence
        for check in found:
            assert _is_sentence(check.name)
            assert check.ok or _is_sentence(check.advice)


@settings(max_examples=60)
@given(answers())
def test_a_check_never_ends_in_an_accident(subject: Subject) -> None:
    with a_world(subject) as world:
        try:
            found = checked(world)
        except MostikError:
            return
    for check in found:
        assert check.ok or _is_sentence(check.advice)


def _is_sentence(text: str) -> bool:
    return len(text.split()) >= 3 and text[0].isupper()


def _places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(document, dict):
        for name, inner in document.items():
            yield from _places(inner, (*path, name))


def with_every_choice(record: Canonical) -> Iterator[Canonical]:
    """The record with every value that its fields of fixed choices (a status) can have."""
    for name, declared in type(record).model_fields.items():
        # A field that a side may not know is a union with None.
        for kind in get_args(declared.annotation) or (declared.annotation,):
            if isinstance(kind, type) and issubclass(kind, Enum):
                for choice in kind:
                    yield record.model_copy(update={name: choice})


def routes_of(subject: Subject, act: Callable[[World], object]) -> list[str]:
    """The routes with an answer that doing something calls."""
    with a_world(subject) as world:
        act(world)
        called = dict.fromkeys(call.route for call in world.router.calls)
    return [route for route in called if route in subject.sample.answers]


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        document = document[name]
    return document


def _exchanged(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at a place; ``...`` takes it away."""
    if not path:
        return None if value is ... else value
    if len(path) == 1 and value is ...:
        return {name: inner for name, inner in document.items() if name != path[0]}
    return {**document, path[0]: _exchanged(document[path[0]], path[1:], value)}
