from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.admin.parameters import MOST_ENTRIES, NAMES, moment, read_filter
from mostik.errors import ConfigurationError
from mostik.requestlog.entry import Direction

NOW = 1_795_000_000.0  # 2026-11-18 11:06:40 UTC
DAY = 86_400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", NOW),
        ("30m", NOW - 1_800),
        ("2h", NOW - 7_200),
        ("7d", NOW - 7 * DAY),
        ("2026-11-18", 1_794_960_000.0),
        ("2026-11-18T11:06:40", NOW),
        ("2026-11-18T14:06:40+03:00", NOW),
        ("2026-11-18T11:06:40Z", NOW),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, seconds: float) -> None:
    # THEN a distance counts back from now, and a moment without a zone is UTC
    assert moment(text, NOW) == seconds


@pytest.mark.parametrize("text", ["", "soon", "2", "h", "-2h", "2h ", "18.11.2026", "2026-13-01"])
def test_a_time_that_is_none_is_answered_with_examples(text: str) -> None:
    with pytest.raises(ConfigurationError, match="30m, 2h, 7d"):
        moment(text, NOW)


def test_no_filter_means_the_last_two_days() -> None:
    # WHEN nothing is asked for
    wanted, limit, cursor = read_filter({}, NOW)
    # THEN the newest fifty of the last two days are meant
    assert (wanted.since, wanted.until) == (NOW - 2 * DAY, NOW)
    assert (limit, cursor) == (50, None)


def test_every_filter_reaches_the_search() -> None:
    # WHEN filters are combined
    query = {
        "since": "2h", "until": "1h", "status": "5xx", "endpoint": "/orders/*", "method": "post",
        "connection": "shop", "direction": "out", "event": "e", "job": "j", "limit": "200",
        "cursor": "01K742SG00976DQ4JX7RKA2Y1M",
    }  # fmt: skip
    wanted, limit, cursor = read_filter(query, NOW)
    # THEN all of them are in the filter
    assert (wanted.since, wanted.until) == (NOW - 7_200, NOW - 3_600)
    assert (wanted.status, wanted.endpoint, wanted.method) == ("5xx", "/orders/*", "post")
    assert (wanted.connection, wanted.direction) == ("shop", Direction.OUT)
    assert (wanted.event, wanted.job, limit) == ("e", "j", MOST_ENTRIES)
    assert cursor == query["cursor"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"colour": "red"}, "Filters: since, until, status"),
        ({"status": "700"}, "status is"),
        ({"status": "5x"}, "status is"),
        ({"direction": "up"}, "direction is in or out"),
        ({"limit": "0"}, "from 1 to 200"),
        ({"limit": "201"}, "from 1 to 200"),
        ({"limit": "-1"}, "from 1 to 200"),
        ({"limit": ""}, "from 1 to 200"),
        ({"limit": "9" * 5_000}, "from 1 to 200"),
        ({"limit": "٣"}, "from 1 to 200"),
        ({"cursor": "x"}, "cursor is"),
        ({"since": "soon"}, "A time is written"),
    ],
)
def test_a_wrong_filter_is_answered_with_what_is_possible(query: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        read_filter(query, NOW)


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ({"since": "0001-01-01"}, NOW - 366 * DAY, NOW),
        ({"since": "999999d"}, NOW - 366 * DAY, NOW),
        ({"until": "9999-12-31"}, NOW - 2 * DAY, NOW + DAY),
    ],
)
def test_a_slip_of_the_pen_does_not_make_the_search_walk_through_centuries(
    query: dict[str, str], since: float, until: float
) -> None:
    # GIVEN a year that was meant otherwise
    wanted, _, _ = read_filter(query, NOW)
    # THEN the search covers what can be there at all
    assert (wanted.since, wanted.until) == (since, until)


@given(st.dictionaries(st.sampled_from([*NAMES, "other"]), st.text(max_size=30)))
def test_any_query_is_a_filter_or_an_answer_in_words(query: dict[str, str]) -> None:
    # GIVEN whatever somebody types
    try:
        wanted, limit, _ = read_filter(query, NOW)
    except ConfigurationError as error:
        words = error.text
    else:
        words = f"{wanted.since} {limit}"
    # THEN it is understood or answered
    assert words
