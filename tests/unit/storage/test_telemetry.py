"""Metrics as lines of valid EMF, logs as lines of JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.telemetry import NAMESPACE, emit, log_line, metric_line

names = st.from_regex(r"[A-Z][a-zA-Z]{0,20}", fullmatch=True)


def assert_valid_emf(line: str) -> dict[str, Any]:
    """Checks a line by the rules of the Embedded Metric Format specification."""
    assert "\n" not in line
    document: dict[str, Any] = json.loads(line)
    head = document["_aws"]
    assert isinstance(head["Timestamp"], int)
    for directive in head["CloudWatchMetrics"]:
        assert directive["Namespace"] == NAMESPACE
        assert 1 <= len(directive["Metrics"]) <= 100
        for dimensions in directive["Dimensions"]:
            assert len(dimensions) <= 30
            for dimension in dimensions:
                assert isinstance(document[dimension], str)
                assert 1 <= len(document[dimension]) <= 1024
        for metric in directive["Metrics"]:
            assert metric["Unit"] in ("Count", "Seconds")
            value = document[metric["Name"]]
            assert isinstance(value, int | float)
            assert not isinstance(value, bool)
    return document


@given(
    st.dictionaries(names, st.integers() | st.floats(0, 1e9), min_size=1, max_size=10),
    st.floats(0, 4e9),
    st.none() | st.text(min_size=1, max_size=50),
)
def test_a_line_of_metrics_is_valid_emf(
    values: dict[str, float], now: float, reason: str | None
) -> None:
    # WHEN
    document = assert_valid_emf(metric_line("worker", values, now=now, reason=reason))
    # THEN
    assert document["_aws"]["Timestamp"] == int(now * 1000)
    assert {name: document[name] for name in values} == values


def test_a_service_is_the_one_dimension_and_a_reason_the_second() -> None:
    # WHEN
    plain = assert_valid_emf(metric_line("webhook", {"Accepted": 1}, now=1.0))
    refused = assert_valid_emf(metric_line("webhook", {"Refused": 1}, now=1.0, reason="method"))
    # THEN
    assert plain["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert refused["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service", "reason"]]
    assert refused["reason"] == "method"


def test_seconds_are_seconds_and_the_rest_is_counted() -> None:
    # WHEN
    document = assert_valid_emf(
        metric_line("scheduler", {"OldestMessageSeconds": 1.5, "Sent": 2}, now=1.0)
    )
    # THEN
    metrics = document["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    assert metrics == [
        {"Name": "OldestMessageSeconds", "Unit": "Seconds"},
        {"Name": "Sent", "Unit": "Count"},
    ]


def test_a_field_is_searchable_and_no_metric() -> None:
    # WHEN
    line = metric_line("webhook", {"Accepted": 1}, now=1.0, fields={"connection": "магазин"})
    # THEN
    assert assert_valid_emf(line)["connection"] == "магазин"
    assert "магазин" in line


@given(st.text(), st.dictionaries(names, st.text() | st.integers() | st.binary(), max_size=5))
def test_a_log_line_is_one_line_of_json_whatever_is_in_it(
    message: str, fields: dict[str, Any]
) -> None:
    # WHEN
    line = log_line("ERROR", message, fields)
    # THEN
    document = json.loads(line)
    assert (document["level"], document["message"]) == ("ERROR", message)
    assert not [character for character in line if character < " "], "a control character"


def test_an_object_in_a_log_line_is_its_text() -> None:
    assert json.loads(log_line("INFO", "x", {"error": ValueError("y")}))["error"] == "y"


def test_a_line_goes_to_the_functions_log(capsys: pytest.CaptureFixture[str]) -> None:
    # WHEN
    emit(log_line("INFO", "x", {}))
    # THEN
    assert capsys.readouterr().out == '{"level":"INFO","message":"x"}\n'
