"""Lists that come page by page end, miss nothing, and lead nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.errors import GiveUp
from mostik.http.auth import QueryKey
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.paging import (
    FetchPage,
    Page,
    by_key,
    by_number,
    by_offset,
    cursor_of_link,
    elements,
    link_in,
    pages,
)
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from tests.support.api_router import ApiRouter, says
from tests.support.clock import FakeClock

ROWS = [f"row-{number:03d}" for number in range(23)]
LIST = Endpoint("GET", "orders", Replay.SAFE)
BASE = "https://shop.example/api/v1/"
CALLED = f"{BASE}orders"
KEY = "the-key-in-the-query"


def same(row: str) -> str:
    return row


def everything(fetch: FetchPage[str], **options: Any) -> list[str]:
    return list(elements(pages(fetch, **options)))


def after(rows: Sequence[str], size: int) -> Callable[[str | None], Sequence[str]]:
    """An API that pages by key."""
    return lambda key: [row for row in rows if key is None or row > key][:size]


def no_secret(_text: str) -> bool:
    return False


@pytest.mark.parametrize("rows", [ROWS, ROWS[:20], ROWS[:5], []])
@pytest.mark.parametrize("size", [5, None])
def test_every_style_reads_the_whole_list_once(rows: list[str], size: int | None) -> None:
    # GIVEN an API that gives five rows a page, by key, by number and by offset
    def numbered(number: int) -> Sequence[str]:
        return rows[(number - 1) * 5 : number * 5]

    def at(offset: int) -> Sequence[str]:
        return rows[offset : offset + 5]

    # THEN each walk gives every row once, whether or not the API promises full pages
    assert everything(by_key(after(rows, 5), same, size=size)) == rows
    assert everything(by_number(numbered, size=size)) == rows
    assert everything(by_number(numbered, size=size, key=same)) == rows
    assert everything(by_offset(at, same, overlap=2, size=size)) == rows


@pytest.mark.parametrize("overlap", [0, 1, 2, 7])
def test_a_walk_goes_on_from_any_of_its_cursors(overlap: int) -> None:
    # GIVEN a walk whose cursors were kept
    fetch = by_offset(lambda offset: ROWS[offset : offset + 5], same, overlap=overlap)
    begun = list(islice(pages(fetch), 2))
    # WHEN another process goes on from the last
    rest = everything(fetch, start=begun[-1].cursor)
    # THEN together they have every row once
    assert [row for page in begun for row in page.items] + rest == ROWS


def test_pages_are_fetched_only_when_they_are_asked_for() -> None:
    asked: list[str | None] = []

    def fetch(cursor: str | None) -> Page[str]:
        asked.append(cursor)
        return Page(["a"], "next" if cursor is None else None)

    found = pages(fetch)
    assert asked == []
    next(found)
    assert asked == [None]


def test_a_cursor_that_comes_again_ends_the_walk_with_an_error() -> None:
    # GIVEN an API whose cursors go round
    ring: Mapping[str | None, str] = {None: "a", "a": "b", "b": "a"}
    asked: list[str | None] = []

    def fetch(cursor: str | None) -> Page[str]:
        asked.append(cursor)
        return Page([], ring[cursor])

    with pytest.raises(GiveUp, match="names the same next page twice"):
        everything(fetch)
    # THEN no page was fetched twice
    assert asked == [None, "a", "b"]


def test_a_keyset_that_does_not_move_ends_the_walk_with_an_error() -> None:
    # GIVEN an API that ignores the key it is asked to go on from
    with pytest.raises(GiveUp, match="names the same next page twice"):
        everything(by_key(lambda _key: ROWS[:5], same))


def test_a_list_without_an_end_is_given_up() -> None:
    with pytest.raises(GiveUp, match="more than 7 pages"):
        everything(by_number(lambda number: [str(number)]), most_pages=7)


def test_numbers_beyond_the_end_that_answer_the_last_page_again_end_the_list() -> None:
    # GIVEN an API that answers page 9 of 5 with page 5
    def clamped(number: int) -> Sequence[str]:
        first = min(number - 1, 4) * 5
        return ROWS[first : first + 5]

    assert everything(by_number(clamped, key=same)) == ROWS


@given(st.data())
def test_no_row_is_missed_while_others_are_deleted_and_added(data: st.DataObject) -> None:
    # GIVEN a list from which rows vanish, and to which rows are added, between two pages
    rows = list(ROWS)
    added = iter(range(10_000))

    def at(offset: int) -> Sequence[str]:
        for _ in range(data.draw(st.integers(0, 4))):
            if len(rows) > 5:
                rows.pop(data.draw(st.integers(0, len(rows) - 1)))
        if data.draw(st.booleans()):
            rows.insert(data.draw(st.integers(0, len(rows))), f"new-{next(added)}")
        return rows[offset : offset + 6]

    found = everything(by_offset(at, same, overlap=3), key=same, most_pages=500)
    # THEN every row that stood all the time was read, and none twice
    assert [row for row in rows if row in ROWS and row not in found] == []
    assert len(found) == len(set(found))


def test_a_cursor_of_another_release_is_refused_in_words() -> None:
    for cursor in ("", "5", "[]", '["a"]', "{"):
        with pytest.raises(GiveUp, match="begin anew"):
            everything(by_number(lambda _number: ROWS), start=cursor)


@pytest.mark.parametrize(
    ("header", "link"),
    [
        ('<https://a.example/x?page=2>; rel="next"', "https://a.example/x?page=2"),
        ('</x?a=1,2>; rel=prev, </x?a=3,4>; rel="next last"', "/x?a=3,4"),
        ('<a>; title="b, <c>; rel=next", <d>; REL=Next', "d"),
        ('<a>; rel="prev"; rel="next"', None),
        ('<a>; rel="next"; anchor="#other"', None),
        ('<a>;rel="ne\\xt"', "a"),
        ("<>;rel=next", ""),
        ("a; rel=next", None),
        ("<a; rel=next", None),
        ("", None),
    ],
)
def test_the_link_header_is_read_as_its_rfc_says(header: str, link: str | None) -> None:
    assert link_in({"LINK": header}) == link


@given(st.text(max_size=200))
def test_no_link_header_breaks_the_reader(header: str) -> None:
    link_in({"Link": header})


@pytest.mark.parametrize(
    ("link", "cursor"),
    [
        (f"{BASE}orders?page=2&q=%D0%B6", "/api/v1/orders?page=2&q=%D0%B6"),
        ("?page=2", "/api/v1/orders?page=2"),
        ("/other/path?x=", "/other/path?x="),
        ("https://SHOP.example:443/x", "/x"),
        (f"?api_key={KEY}&page=2", "/api/v1/orders?page=2"),
        ("../../a/b", "/a/b"),
    ],
)
def test_a_link_becomes_a_path_without_our_key(link: str, cursor: str) -> None:
    assert cursor_of_link(BASE, CALLED, link, Redactor([KEY]).holds_secret) == cursor


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/v1/orders?page=2",
        "http://shop.example/api/v1/orders",
        "https://shop.example:8443/",
        "//evil.example/",
        "https://shop.example@evil.example/",
        "https://user:word@shop.example/",
        "https://shop.example.evil.example/",
        "https:\\\\evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://shop.example/a b",
        "https://shop.example/a\r\nX: 1",
        "https://[shop.example/",
        "https://shop.example:x/",
        "ftp://shop.example/",
    ],
)
def test_a_link_that_leads_elsewhere_is_not_followed(link: str) -> None:
    with pytest.raises(GiveUp, match="is not followed"):
        cursor_of_link(BASE, CALLED, link, no_secret)


def test_a_secret_in_the_base_path_is_not_in_the_cursor() -> None:
    # GIVEN an address with a secret in its path
    base = "https://portal.example/rest/1/the-secret-path/"
    holds = Redactor(["the-secret-path"]).holds_secret
    # THEN the cursor begins below it, and another address with the secret is refused
    assert cursor_of_link(base, f"{base}list", "./list:a?page=2", holds) == "./list:a?page=2"
    with pytest.raises(GiveUp, match="holds our secret"):
        cursor_of_link(base, f"{base}list", "/other/the-secret-path/x", holds)


def calling(answers: Mapping[str, Any]) -> tuple[ApiClient, ApiRouter]:
    """A client of a fake API whose key is in the query."""
    router, clock = ApiRouter(BASE, answers), FakeClock()
    session = open_session(1)
    session.mount("https://", router)
    client = ApiClient(
        connection="shop",
        base_url=BASE,
        session=session,
        auth=QueryKey("api_key", KEY),
        dialect=Dialect(errors={}),
        redactor=Redactor([KEY]),
        effects=Effects(clock, clock.sleep, lambda: 0.5),
    )
    return client, router


def test_the_client_follows_a_link_in_the_body_with_its_own_key() -> None:
    # GIVEN an API that links the next page, our key included
    client, router = calling(
        {
            "GET orders": {"items": ["a"], "next": f"{BASE}orders/more?api_key={KEY}&page=2"},
            "GET orders/more": {"items": ["b"], "next": None},
        }
    )

    def page(cursor: str | None) -> Page[str]:
        answer = client.request(LIST, link=cursor)
        return Page(answer.content["items"], client.cursor_of(answer, answer.content["next"]))

    # WHEN it is walked
    found = list(pages(page))
    # THEN all is read, the cursor holds no key, and the call has it once
    assert [row for one in found for row in one.items] == ["a", "b"]
    assert found[0].cursor == "/api/v1/orders/more?page=2"
    assert router.calls[1].url == f"{BASE}orders/more?page=2&api_key={KEY}"


def test_the_client_follows_a_link_header_and_no_foreign_one() -> None:
    client, router = calling({"GET orders": ["a"]})
    router.break_route("GET orders", says(200, ["a"], {"link": '<orders?page=2>; rel="next"'}))
    answer = client.request(LIST)
    assert client.cursor_of(answer, link_in(answer.headers)) == "/api/v1/orders?page=2"
    assert client.cursor_of(answer, link_in(answer.headers, "last")) is None
    # A cursor that somebody has put into a row leads nowhere else either.
    for cursor in ("//evil.example/x", "https://evil.example/"):
        with pytest.raises(ValueError, match="leaves the connection's address"):
            client.request(LIST, link=cursor)
    assert len(router.calls) == 1
