"""Numbers, flags, moments and currencies as real files spell them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.commerceml.values import currency, flag, moment, number, once_escaped


def at(year: int, month: int, day: int, *time: int) -> datetime:
    """A moment as 1C means it: of no zone."""
    hour, minute, second, *_ = (*time, 0, 0, 0)
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - that is what is tested


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100", "100"), ("100.00", "100.00"), ("-3", "-3"), ("0,333", "0.333"), ("+2.5", "2.5"),
        ("10 500", "10500"), ("10\u00a0500,5000", "10500.5000"), ("1\u202f234.50", "1234.50"),
        ("1.234,56", "1234.56"), ("1,234.56", "1234.56"), ("\u22125", "-5"), ("1E+3", "1E+3"),
        ("1'234,5", "1234.5"), (" 7 ", "7"),
        ("1,234,567", "1234567"), ("1.234.567,8", "1234567.8"),
    ],
)  # fmt: skip
def test_a_number_is_read_exactly(text: str, expected: str) -> None:
    assert number(text) == Decimal(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "NaN",
        "Infinity",
        "1_000",
        "١٢",
        "1e9999",
        "12 шт",
        "1..2",
        "1.2.3",
        "1,2,3.4",
        "0x10",
        "9" * 60,
    ],
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert number(text) is None


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-1e12, max_value=1e12)
)
def test_any_amount_survives_with_its_scale(value: Decimal) -> None:
    found = number(f"{value:f}")
    assert found == value
    assert found is not None
    assert found.as_tuple().exponent == value.as_tuple().exponent


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2017-07-13T14:45:41", at(2017, 7, 13, 14, 45, 41)),
        ("2008-03-28", at(2008, 3, 28)),
        ("2026-11-24 9:05:00", at(2026, 11, 24, 9, 5)),
        ("24.11.2026", at(2026, 11, 24)),
        ("24.11.2026 10:30:00", at(2026, 11, 24, 10, 30)),
        ("4.1.2026", at(2026, 1, 4)),
        ("20261124103000", at(2026, 11, 24, 10, 30)),
        ("0001-01-01T00:00:00", None),
        ("", None),
        ("вчера", None),
        ("2026-13-45", None),
    ],
)
def test_a_moment_is_read_or_is_none(text: str, expected: datetime | None) -> None:
    assert moment(text) == expected


def test_flags_speak_both_languages() -> None:
    assert [flag(one) for one in ("true", "1", "Да", "ИСТИНА")] == [True] * 4
    assert [flag(one) for one in ("false", "0", "нет", "Ложь")] == [False] * 4
    assert flag("может быть") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("руб", "RUB"), ("руб.", "RUB"), ("РУБ", "RUB"), ("RUR", "RUB"), ("643", "RUB"),
        ("грн", "UAH"),
        ("usd", "USD"), ("EUR", "EUR"), ("тенге", "KZT"), ("BYR", "BYN"), ("фантик", None),
        ("", None), ("12", None),
    ],
)  # fmt: skip
def test_a_currency_is_known_or_stays_unknown(text: str, expected: str | None) -> None:
    assert currency(text) == expected


def test_one_escaping_too_many_is_undone_once() -> None:
    assert once_escaped("ООО &quot;Заря&quot;") == 'ООО "Заря"'
    assert once_escaped("&amp;quot;") == "&quot;"
    assert once_escaped("Рога & копыта; AT&T") == "Рога & копыта; AT&T"
