"""The library of functions: each reads and writes, and says no in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.mapping.functions.catalogue import FUNCTIONS
from mostik.mapping.functions.contacts import e164, mailbox
from mostik.mapping.functions.function import Unfit
from mostik.mapping.functions.markup import html_from, text_from


def utc(*parts: int) -> datetime:
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def read(name: str, *values: Any, **options: Any) -> Any:
    function = FUNCTIONS[name]
    return function.reads(values, function.filled(options))


def write(name: str, meaning: Any, *paths: str, **options: Any) -> tuple[Any, ...]:
    function = FUNCTIONS[name]
    return function.writes(meaning, function.filled(options), len(paths) or 1)


@pytest.mark.parametrize(
    "typed",
    [
        "+7 903 123-45-67",
        "8 (903) 123-45-67",
        "89031234567",
        "9031234567",
        "7903 1234567",
        "+7 903 123 45 67 доб. 12",
        "8 903 123-45-67 Иван",
        "+79031234567, 84951234567",
        "8 903 123 45 67; звонить после 18",
    ],
)
def test_a_phone_is_one_number_however_it_is_typed(typed: str) -> None:
    assert e164(typed) == "+79031234567"


@pytest.mark.parametrize("typed", ["", "хз", "123", "00000000000", "8 903"])
def test_what_is_no_phone_is_none(typed: str) -> None:
    assert e164(typed) is None


def test_a_number_that_no_plan_has_yet_is_one_where_its_length_is_enough() -> None:
    assert e164("8 930 007-88-89") is None
    assert e164("8 930 007-88-89", strict=False) == "+79300078889"
    assert e164("007-88-89", strict=False) is None


def test_a_phone_of_another_country_is_read_there_and_written_as_asked() -> None:
    # GIVEN a Belarusian number as it is typed at home
    number = read("phone", "8 029 123-45-67", region="BY")
    # WHEN it is written in several formats
    # THEN each is the same number
    assert number == "+375291234567"
    assert write("phone", number, format="digits") == ("375291234567",)
    assert write("phone", number, format="international") == ("+375 29 123-45-67",)
    assert write("phone", number, format="national") == ("+375 29 123-45-67",)
    assert write("phone", "+79031234567", format="national") == ("8 (903) 123-45-67",)
    assert write("phone", "as typed", format="digits") == ("as typed",)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Ivan@Example.COM", "ivan@example.com"),
        (' "Иван" <ivan@example.com> ', "ivan@example.com"),
        ("mailto:ivan@example.com", "ivan@example.com"),
        ("ivan@почта.рф", "ivan@xn--80a1acny.xn--p1ai"),
        ("ivan+shop@example.com.", "ivan+shop@example.com"),
        ("нет", None),
        ("@example.com", None),
        ("ivan@localhost", None),
        ("a b@example.com", None),
        ("ivan@-example.com", None),
        ("ivan@example..com", None),
    ],
)
def test_an_email_has_one_spelling_or_none(typed: str, found: str | None) -> None:
    assert mailbox(typed) == found


@pytest.mark.parametrize(
    ("name", "order", "parts"),
    [
        ("Иванов Иван Петрович", "last first middle", ("Иванов", "Иван", "Петрович")),
        ("Иванов Иван", "last first middle", ("Иванов", "Иван", "")),
        ("Иван", "last first middle", ("", "Иван", "")),
        ("Алиев Вагиф Рашид оглы", "last first middle", ("Алиев", "Вагиф", "Рашид оглы")),
        ("Ivan Ivanov", "first last", ("Ivanov", "Ivan", "")),
        ("Ludwig van Beethoven", "first last", ("van Beethoven", "Ludwig", "")),
        ("", "last first middle", ("", "", "")),
    ],
)
def test_a_name_is_taken_apart_and_put_together(
    name: str, order: str, parts: tuple[str, str, str]
) -> None:
    assert read("name", name, order=order) == parts
    assert write("name", parts, order=order) == (name,)


def test_a_name_in_fields_becomes_a_name_in_one() -> None:
    meaning = read("name", "Иванов", "Иван", None)
    assert write("name", meaning, order="first last") == ("Иван Иванов",)
    assert write("name", meaning, "last", "first", "middle") == ("Иванов", "Иван", "")
    assert read("name", None, None, None) is None


@pytest.mark.parametrize(
    ("values", "options", "meaning"),
    [
        ((1200,), {"as": "minor", "currency": "RUB"}, (Decimal("12.00"), "RUB")),
        (("1 234,50 руб.",), {}, (Decimal("1234.50"), "RUB")),
        (("1,234.50",), {"currency": "USD"}, (Decimal("1234.50"), "USD")),
        (("€ 5",), {}, (Decimal(5), "EUR")),
        (("-3.5",), {}, (Decimal("-3.5"), None)),
        ((12.1,), {}, (Decimal("12.1"), None)),
        ((Decimal("1.2345"), "rub"), {}, (Decimal("1.2345"), "RUB")),
        ((None,), {}, None),
    ],
)
def test_money_is_read_as_it_is_spelled(
    values: tuple[Any, ...], options: dict[str, Any], meaning: Any
) -> None:
    assert read("money", *values, **options) == meaning


def test_money_is_rounded_at_the_border_and_only_there() -> None:
    amount = (Decimal("1.2345"), "RUB")
    assert write("money", amount) == (Decimal("1.2345"),)
    assert write("money", amount, round=True) == (Decimal("1.23"),)
    assert write("money", amount, **{"as": "minor"}) == (123,)
    assert write("money", (Decimal("0.125"), None), **{"as": "minor"}) == (13,)
    assert write(
        "money", amount, "amount", "currency", **{"as": "text", "digits": 4, "comma": True}
    ) == (
        "1,2345",
        "RUB",
    )


@pytest.mark.parametrize("value", ["many", "1 2 3 x", True, "NaN", "1e5", float("inf"), "1" * 60])
def test_what_is_no_money_is_refused(value: Any) -> None:
    with pytest.raises(Unfit, match=r"no number|ISO 4217"):
        read("money", value)


def test_another_currency_than_the_side_takes_is_refused() -> None:
    with pytest.raises(Unfit, match="is in EUR, and the other side takes RUB only"):
        write("money", (Decimal(1), "EUR"), currency="RUB")


@pytest.mark.parametrize(
    ("value", "options", "moment"),
    [
        ("2026-11-24T10:30:00", {"zone": "Europe/Moscow"}, utc(2026, 11, 24, 7, 30)),
        ("2026-11-24T10:30:00+05:00", {"zone": "Europe/Moscow"}, utc(2026, 11, 24, 5, 30)),
        (1795505400, {"format": "unix"}, utc(2026, 11, 24, 7, 30)),
        ("1795505400000", {"format": "unix_ms"}, utc(2026, 11, 24, 7, 30)),
        (
            "24.11.2026 10:30",
            {"format": "%d.%m.%Y %H:%M", "zone": "Europe/Moscow"},
            utc(2026, 11, 24, 7, 30),
        ),
    ],
)
def test_a_moment_is_read_in_the_zone_of_its_side(
    value: Any, options: dict[str, Any], moment: datetime
) -> None:
    found = read("date", value, **{"format": "iso", **options})
    assert found == moment
    [again] = write("date", found, **{"format": "iso", **options})
    assert read("date", again, **{"format": "iso", **options}) == found


def test_no_date_and_days_are_values_of_their_own() -> None:
    assert read("date", "0001-01-01T00:00:00", format="iso") == ""
    assert read("date", "") == ""
    assert write("date", "") == (None,)
    assert write("date", "", format="iso") == ("",)
    assert read("date", "24.11.2026", format="%d.%m.%Y", day=True) == date(2026, 11, 24)
    late = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
    assert read("date", late, day=True, zone="Europe/Moscow") == date(2026, 11, 25)
    assert write("date", date(2026, 11, 24), format="%d.%m.%y", day=True) == ("24.11.26",)
    with pytest.raises(Unfit, match="no time"):
        read("date", "tomorrow", format="iso")


def test_units_convert_quantities_and_prices() -> None:
    assert read("unit", "1.5", unit="kg") == Decimal(1500)
    assert write("unit", Decimal(1500), unit="kg") == (Decimal("1.5"),)
    assert read("unit", 2, of="12") == Decimal(24)
    assert read("unit", Decimal(24), of="12", per=True) == Decimal(2)
    assert write("unit", Decimal(2), of="12", per=True) == (Decimal(24),)


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_no_function_says_something_of_what_is_not_known(function: str) -> None:
    assert read(function, *[None] * FUNCTIONS[function].most_paths) is None


def test_flags_and_numbers_are_read_from_texts() -> None:
    assert read("flag", "Y") is True
    assert read("flag", "Нет") is False
    assert write("flag", True, **{"as": "Y/N"}) == ("Y",)
    with pytest.raises(Unfit, match="neither yes nor no"):
        read("flag", "maybe")
    assert read("number", "1 234,5") == Decimal("1234.5")
    assert write("number", Decimal("2.50"), **{"as": "text", "comma": True}) == ("2,50",)
    with pytest.raises(Unfit, match="whole"):
        write("number", Decimal("2.5"), **{"as": "whole"})


def test_a_person_reads_the_same_in_html_and_in_text() -> None:
    html = "<h1>Чай &amp; мёд</h1><p>Сорт:<br>первый</p><script>x()</script><ul><li>А<li>Б</ul>"
    assert text_from(html) == "Чай & мёд\n\nСорт:\nпервый\n\n- А\n- Б"
    assert html_from("a < b\nc\n\nd") == "<p>a &lt; b<br>c</p><p>d</p>"


@given(st.text(max_size=80))
def test_text_survives_html(text: str) -> None:
    meaning = read("html", text)
    [html] = write("html", meaning, format="html")
    assert read("html", html, format="html") == meaning


@given(
    st.datetimes(
        min_value=utc(1971, 1, 1, 0, 0).replace(tzinfo=None),
        max_value=utc(2200, 1, 1, 0, 0).replace(tzinfo=None),
    ),
    st.integers(-12 * 60, 14 * 60),
    st.sampled_from(["iso", "unix_ms", "native"]),
)
def test_a_moment_survives_every_spelling(moment: datetime, offset: int, style: str) -> None:
    aware = moment.replace(
        microsecond=moment.microsecond // 1000 * 1000,
        tzinfo=timezone(timedelta(minutes=offset)),
    )
    [spelled] = write("date", aware, format=style, zone="Asia/Yekaterinburg")
    assert read("date", spelled, format=style) == aware


@given(st.decimals(-(10**9), 10**9, places=2))
def test_money_survives_every_spelling(amount: Decimal) -> None:
    for style in ("number", "text", "minor"):
        for comma in (False, True):
            options = {"as": style, "comma": comma, "currency": "RUB"}
            [spelled] = write("money", (amount, "RUB"), **options)
            assert read("money", spelled, **options) == (amount, "RUB")
