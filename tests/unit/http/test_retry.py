"""Retry-After in every form, what may be repeated, and what an answer means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.errors import (
    ConfigurationError,
    Family,
    GiveUp,
    MostikError,
    RateLimited,
    RetryLater,
    Unknown,
    WhoActs,
)
from mostik.http.classify import DEFAULT_TABLE, ErrorTable, Verdict, error_for, verdict_for
from mostik.http.endpoint import Replay
from mostik.http.retry import LONGEST_RETRY_AFTER, is_quick, read_retry_after

NOW = 1_792_569_600.0  # 2026-10-21 08:00:00 UTC


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("Wed, 21 Oct 2026 08:02:00 GMT", 120.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("99999999999", LONGEST_RETRY_AFTER),
        ("Wed, 21 Oct 2199 07:28:00 GMT", LONGEST_RETRY_AFTER),
        ("٣", None),
    ],
)
def test_retry_after_is_read_in_every_form_and_capped(
    value: str | None, seconds: float | None
) -> None:
    assert read_retry_after(value, NOW) == seconds


@given(st.text(max_size=40))
def test_junk_in_retry_after_is_never_an_error(value: str) -> None:
    found = read_retry_after(value, NOW)
    assert found is None or 0 <= found <= LONGEST_RETRY_AFTER


@pytest.mark.parametrize(
    ("error", "quick"),
    [
        (RetryLater("x", who=WhoActs.SYSTEM), True),
        (RetryLater("x", who=WhoActs.SYSTEM, retry_after=3.0), False),
        (RateLimited("x", who=WhoActs.SYSTEM, status=429, retry_after=1.0), True),
        (RateLimited("a gate of ours", who=WhoActs.SYSTEM, retry_after=1.0), False),
        (Unknown("x", who=WhoActs.SYSTEM), False),
        (GiveUp("x", who=WhoActs.ADMIN), False),
        (ConfigurationError("x"), False),
        (ValueError("x"), False),
    ],
)
def test_only_what_had_no_effect_is_repeated_at_once(error: Exception, quick: bool) -> None:
    assert is_quick(error) is quick


@pytest.mark.parametrize(
    ("status", "code", "family"),
    [
        (503, "OVERLOAD", Family.CONFIGURATION),
        (503, "overload", Family.CONFIGURATION),
        (503, "other", Family.RETRY_LATER),
        (503, None, Family.RETRY_LATER),
        (418, None, Family.GIVE_UP),
        (599, None, Family.RETRY_LATER),
        (300, None, Family.CONFIGURATION),
        (0, None, Family.RETRY_LATER),
    ],
)
def test_the_code_decides_before_the_status_and_the_status_before_its_class(
    status: int, code: str | None, family: Family
) -> None:
    # GIVEN an integration that knows a code
    table: ErrorTable = {
        "overload": Verdict(Family.CONFIGURATION, WhoActs.EXTERNAL_ADMIN, "Stopped.")
    }
    # THEN
    assert verdict_for(status, code, table).family is family


@pytest.mark.parametrize("verdict", DEFAULT_TABLE.values())
@pytest.mark.parametrize("replay", Replay)
def test_a_write_that_is_not_safe_is_never_simply_repeated_when_it_may_have_happened(
    verdict: Verdict, replay: Replay
) -> None:
    # WHEN a verdict becomes an error
    error: MostikError = error_for(verdict, replay, gate="shop")
    # THEN only a safe or keyed call may be repeated blindly, and every error says who must act
    if verdict.may_have_happened and replay is Replay.UNSAFE:
        assert not isinstance(error, RetryLater)
    assert getattr(error, "text", "")
    assert isinstance(getattr(error, "who", None), WhoActs)
