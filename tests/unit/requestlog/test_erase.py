"""Erasing a person from the log."""

from __future__ import annotations

from typing import Any

import pytest

from mostik.requestlog.entry import Exchange, LogEntry
from mostik.requestlog.erase import Eraser, Subject
from mostik.requestlog.query import LogFilter, LogReader
from mostik.requestlog.store import RequestLog
from tests.aws.entries import NOON, entry, random_bytes
from tests.support.memory import MemoryBlobs, MemoryTable, log_table

PHONE = "+7 900 123-45-67"
EMAIL = "ivan.petrov@mail.example"


def holding(text: str, number: int = 1, **changes: Any) -> LogEntry:
    return entry(number, response=Exchange({"a": "b"}, text.encode(), len(text)), **changes)


def erased(table: MemoryTable, blobs: MemoryBlobs, **whom: str) -> int:
    eraser = Eraser(table, blobs, ["shop", "crm"])
    return eraser.erase(Subject(**whom), since=0, until=NOON + 60)


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ('{"phone":"+79001234567"}', {"phone": PHONE}),
        ("call 8 (900) 123-45-67 now", {"phone": PHONE}),
        ("phone=%2B79001234567&x=1", {"phone": PHONE}),
        ("tel:9001234567", {"phone": PHONE}),
        ("a IVAN.PETROV@MAIL.EXAMPLE b", {"email": EMAIL}),
        ("email=ivan.petrov%40mail.example", {"email": EMAIL}),
    ],
)
def test_a_body_that_names_the_person_is_erased(text: str, whom: dict[str, str]) -> None:
    # GIVEN
    table, blobs = log_table(), MemoryBlobs()
    log = RequestLog(table, blobs)
    log.write([holding(text), holding("nothing", 2)])
    # WHEN
    assert erased(table, blobs, **whom) == 1
    # THEN
    assert log.get("shop", entry(1).id) == entry(1, response=Exchange(size=len(text)))
    assert log.get("shop", entry(2).id) == holding("nothing", 2)
    assert erased(table, blobs, **whom) == 0


@pytest.mark.parametrize(
    "text",
    ["+79001234568", "179001234567890", "900-123-45-6", "xivan.petrov@mail.example",
     "ivan.petrov@mail.example2"],
)  # fmt: skip
def test_others_stay(text: str) -> None:
    # GIVEN
    table, blobs = log_table(), MemoryBlobs()
    RequestLog(table, blobs).write([holding(text)])
    # THEN
    assert erased(table, blobs, phone=PHONE) + erased(table, blobs, email=EMAIL) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"record": "customers/55"},
        {"job": "shop/customers/55"},
        {"url": "https://api.example/v1/customers/55?x=1"},
        {"url": "https://api.example/v1/customers/55"},
    ],
)
def test_an_external_key_finds_the_calls_about_its_record(changes: dict[str, Any]) -> None:
    # GIVEN
    table, blobs = log_table(), MemoryBlobs()
    log = RequestLog(table, blobs)
    log.write([holding("body", **changes), holding("body", 2, record="customers/555")])
    # THEN
    assert erased(table, blobs, record="customers/55") == 1
    kept = log.get("shop", entry(1).id)
    assert kept is not None
    assert kept.response == Exchange(size=4)


def test_digests_and_blobs_forget_the_person_too() -> None:
    # GIVEN an entry that is found in many ways, among others, with a body in the blobs
    table, blobs = log_table(), MemoryBlobs()
    body = EMAIL.encode() + random_bytes(20_000)
    found_by: dict[str, Any] = {"event": "e1", "job": "j1", "connection": "crm"}
    about = entry(
        1, url=f"https://api.example/find/{EMAIL}?phone=1", error=f"No {EMAIL} here", status=404,
        response=Exchange({}, body, len(body)), **found_by,
    )  # fmt: skip
    RequestLog(table, blobs).write([entry(0, **found_by), about, entry(2, **found_by)])
    # WHEN
    assert erased(table, blobs, email=EMAIL) == 1
    # THEN
    reader = LogReader(table, ["crm"], blobs)
    searches: list[dict[str, Any]] = [
        {}, {"event": "e1"}, {"job": "j1"}, {"connection": "crm"}, {"status": "404"},
        {"status": "4xx", "connection": "crm"},
    ]  # fmt: skip
    for wanted in searches:
        entries = {one.id: one for one in reader.search(LogFilter(0, NOON, **wanted)).entries}
        assert entries[about.id].url == "https://api.example/find/[erased]?[erased]"
        assert entries[about.id].error == "No [erased] here"
        assert len(entries) == (1 if "status" in wanted else 3)
    whole = reader.get(about.id)
    assert whole is not None
    assert whole.response.body == b""
    assert not any(EMAIL.encode() in data for data in blobs.objects.values())
    assert all(len(data) < 100 for data in blobs.objects.values())


def test_it_can_be_counted_first() -> None:
    # GIVEN
    table, blobs = log_table(), MemoryBlobs()
    RequestLog(table, blobs).write([holding(EMAIL), holding(EMAIL, 2, connection="crm")])
    eraser = Eraser(table, blobs, ["shop", "crm"])
    # WHEN
    found = list(eraser.find(Subject(email=EMAIL), since=0, until=NOON))
    # THEN
    assert [one.id for one in found] == [entry(1).id, entry(2).id]
    assert found[0] == holding(EMAIL)


@pytest.mark.parametrize("whom", [{}, {"phone": "12-34"}, {"email": "ivan"}, {"record": "55"}])
def test_a_subject_that_says_nothing_is_refused(whom: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"phone|e-mail|key"):
        Subject(**whom)
