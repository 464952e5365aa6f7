"""What ``bitrix`` reads from a command line and from the log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from local.cli.bitrix import commands, read_pairs
from local.cli.spending import spenders_in, used_in
from mostik.errors import ConfigurationError
from mostik.requestlog.entry import Direction, Exchange, LogEntry


def entry(
    endpoint: str,
    answer: Any,
    sent: Any = None,
    *,
    record: str | None = None,
    event: str | None = None,
) -> LogEntry:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return LogEntry(
        id="01K742SG000000000000000000",
        at=0.0,
        connection="portal",
        direction=Direction.OUT,
        method="POST",
        endpoint=endpoint,
        url=f"https://company.bitrix24.ru/rest/{endpoint}",
        status=200,
        duration_ms=5,
        request=Exchange(body=json.dumps(sent or {}).encode()),
        response=Exchange(body=body),
        record=record,
        event=event,
    )


def time(used: float | None, processing: float = 0.0) -> dict[str, Any]:
    block: dict[str, Any] = {"processing": processing}
    if used is not None:
        block |= {"operating": used, "operating_reset_at": 900}
    return block


BATCH = entry(
    "batch",
    {
        "result": {
            "result_time": {"c0": time(40.0), "c1": time(3.0)},
            "result": {"c0": {}, "c1": {}},
        },
        "time": time(None, 2.0),
    },
    {"cmd": {"c0": "crm.item.list?entityTypeId=2", "c1": "crm.item.get?id=1"}},
    event="run#7",
)


def test_the_last_word_on_each_method_counts_also_inside_of_batches() -> None:
    # GIVEN newest first
    older = entry("crm.item.list", {"time": time(10.0, 1.0)})
    # WHEN
    used = {one.method: (one.operating, one.calls) for one in used_in([BATCH, older])}
    # THEN
    assert used == {"crm.item.list": (40.0, 2), "crm.item.get": (3.0, 1), "batch": (0.0, 1)}


def test_who_has_spent_it_is_a_run_or_a_kind_of_record() -> None:
    # GIVEN
    deal = entry("crm.item.get", {"time": time(1.0, 0.5)}, record="orders/5")
    feed = entry("event.offline.get", {"time": time(1.0, 0.1)}, record="feed/queue")
    # WHEN
    found = [(one.who, one.calls) for one in spenders_in([BATCH, deal, deal, feed])]
    # THEN
    assert found == [("run#7", 1), ("orders", 2), ("feed", 1)]


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"time":', b"[]", b'{"time": 5, "result": 1}'])
def test_answers_that_tell_nothing_do_no_harm(body: bytes) -> None:
    assert [one.operating for one in used_in([entry("batch", body)])] == [0.0]
    assert [one.seconds for one in spenders_in([entry("batch", body)])] == [0.0]


def test_parameters_are_text_json_or_nested() -> None:
    assert read_pairs(["id=5", "fields.title=a=b", 'filter:={"=id": 1}', "halt:=0"]) == {
        "id": "5",
        "fields": {"title": "a=b"},
        "filter": {"=id": 1},
        "halt": 0,
    }


@pytest.mark.parametrize("pair", ["id", "=5", "x:={"])
def test_anything_else_is_refused(pair: str) -> None:
    with pytest.raises(ConfigurationError):
        read_pairs([pair])


def test_a_method_that_may_change_something_needs_to_be_meant() -> None:
    # WHEN
    result = CliRunner().invoke(commands, ["call", "crm.item.add"])
    # THEN nothing was even opened
    assert result.exit_code == 1
    assert "--writes" in result.output
