"""Lists: whole, in order, resumable, and ended by nothing but their end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.bitrix24.transport.listing import Listing
from local.sandbox.faults import FaultKind
from local.sandbox.portal import PortalConfig
from local.sandbox.portal.crm.fields import DEAL
from mostik.errors import GiveUp, RateLimited
from tests.integrations.bitrix24.transport.world import LIST, World

DEALS = Listing(LIST, rows="items", fixed={"entityTypeId": DEAL})


def listed(world: World, **options: Any) -> list[int]:
    """The ids of a whole list, page by page."""
    ids: list[int] = []
    cursor: str | None = options.pop("cursor", None)
    while True:
        page = world.portal.rows(DEALS, select=("title",), cursor=cursor, **options)
        ids += [row["id"] for row in page.items]
        cursor = page.cursor
        if cursor is None:
            return ids


def streamed(world: World, **options: Any) -> list[int]:
    """The ids of a whole list, as a stream."""
    pages = world.portal.stream(DEALS, select=("title",), **options)
    return [row["id"] for page in pages for row in page.items]


def portal_with(ids: list[int]) -> World:
    """A portal that has deals with these ids, and has deleted the others."""
    world = World()
    world.hold(max(ids, default=0))
    store = world.there.items.stores[DEAL]
    for gone in set(store.ids) - set(ids):
        store.remove(gone)
    return world


@settings(max_examples=20)
@given(st.data())
def test_a_list_is_whole_and_in_order_whatever_was_deleted(data: st.DataObject) -> None:
    # GIVEN a portal with runs of deals and gaps of any length between them
    ids: list[int] = []
    at = 1
    for _ in range(data.draw(st.integers(0, 6))):
        at += data.draw(st.sampled_from([0, 1, 30, 700, 4_000]))
        step = data.draw(st.sampled_from([1, 1, 2, 7]))
        count = data.draw(st.sampled_from([1, 49, 50, 51, 200, 1_200]))
        ids += range(at, at + count * step, step)
        at = ids[-1] + 1
    world = portal_with(ids)
    # THEN both ways of reading it give all of them, once and in order
    assert listed(world) == ids
    assert streamed(world) == ids


def test_a_short_list_costs_one_call() -> None:
    # GIVEN a portal with as many deals as a page shows, less one
    world = World()
    world.hold(49)
    # THEN they are read by one call of one method
    assert len(listed(world)) == 49
    assert world.there.calls == {"crm.item.list": 1}


def test_a_long_list_costs_a_request_for_2500_rows() -> None:
    # GIVEN a long list without gaps
    world = World()
    world.hold(20_000)
    # WHEN it is read as a run does, and as a stream
    assert len(listed(world)) == 20_000
    assert len(world.wire.sent) == 1 + 8 + 1  # the first look, and one that sees the end
    world.wire.sent.clear()
    assert len(streamed(world)) == 20_000
    # THEN the stream needs no request more than its rows do
    assert world.wire.sent == ["batch"] * 8


def test_a_run_goes_on_behind_the_last_row_of_the_page_before() -> None:
    # GIVEN a page of a list, and a row that has come since
    world = World()
    world.hold(6_000)
    page = world.portal.rows(DEALS)
    assert page.cursor == str(page.items[-1]["id"])
    world.hold(1)
    # WHEN another job goes on from its cursor
    rest = listed(world, cursor=page.cursor)
    # THEN nothing is missing, the new row included
    assert [row["id"] for row in page.items] + rest == list(range(1, 6_002))


def test_filter_and_fields_are_what_was_asked_for() -> None:
    # GIVEN deals of two titles
    world = World()
    world.there.seed(DEAL, [{"title": "odd" if n % 2 else "even"} for n in range(300)])
    # WHEN one title is listed
    page = world.portal.rows(DEALS, {"title": "odd"}, select=("stageId",))
    # THEN nothing else comes, and of it what was asked for and the id
    assert len(page.items) == 150
    assert all(set(row) == {"id", "stageId"} for row in page.items)


@pytest.mark.parametrize("read", [listed, streamed])
def test_an_error_inside_a_batch_ends_the_page_and_not_the_list(read: Any) -> None:
    # GIVEN a list of which a page fails in the middle, a few times
    world = World()
    world.hold(7_000)
    world.breaks(
        "crm.item.list", FaultKind.STATUS, verb="BATCH", status=500,
        error="INTERNAL_SERVER_ERROR", after=70, times=5,
    )  # fmt: skip
    # THEN the list is whole all the same
    assert read(world) == list(range(1, 7_001))


def test_a_page_ends_before_what_was_refused() -> None:
    # GIVEN a list whose twelfth page meets the end of the method's working time
    world = World()
    world.hold(7_000)
    world.breaks(
        "crm.item.list", FaultKind.STATUS, verb="BATCH", status=429,
        error="OPERATION_TIME_LIMIT", after=10, times=None,
    )  # fmt: skip
    # WHEN a page is read
    page = world.portal.rows(DEALS)
    # THEN it ends before that, and says where to go on
    assert [row["id"] for row in page.items] == list(range(1, 551))
    assert page.cursor == "550"
    # AND the next one is kept back until the method has rested
    with pytest.raises(RateLimited) as refusal:
        world.portal.rows(DEALS, cursor=page.cursor)
    assert refusal.value.gate == "portal:crm.item.list"
    world.there.faults.clear()
    world.clock.advance((refusal.value.retry_after or 0.0) + 1.0)
    assert listed(world, cursor=page.cursor) == list(range(551, 7_001))


def test_a_stream_ends_at_the_park_and_goes_on_behind_its_last_page() -> None:
    # GIVEN a portal whose working time does not suffice for a list
    world = World(
        PortalConfig(rate_limit=None, operating_limit=60.0, operating_cost={"crm.item.list": 1.0})
    )
    world.hold(15_000)
    ids: list[int] = []
    cursor, parks = None, 0
    # WHEN it is streamed, and after each park again from where it had come to
    while True:
        try:
            for page in world.portal.stream(DEALS, cursor=cursor):
                ids += [row["id"] for row in page.items]
                cursor = page.cursor
            break
        except RateLimited as refusal:
            parks += 1
            world.clock.advance(refusal.retry_after or 0.0)
    # THEN it is whole and in order
    assert ids == list(range(1, 15_001))
    assert parks >= 3


def test_an_id_of_another_spelling_is_refused_and_not_an_empty_list() -> None:
    # GIVEN a method that calls its id otherwise
    world = World()
    world.hold(1)
    # THEN listing by the wrong name is an error
    wrong = Listing(LIST, rows="items", id="ID", fixed={"entityTypeId": DEAL})
    with pytest.raises(GiveUp):
        world.portal.rows(wrong)
    with pytest.raises(GiveUp):
        list(world.portal.stream(wrong))


def test_rows_that_do_not_rise_are_a_defect_and_not_a_list() -> None:
    # GIVEN a method that takes no notice of the filter
    world = World()
    world.hold(60)
    deaf = Listing(LIST, rows="items", fixed={"entityTypeId": DEAL})
    store = world.there.items.stores[DEAL]
    store.ids.reverse()
    # THEN its rows are not taken for the next page
    with pytest.raises(GiveUp, match="rising"):
        world.portal.rows(deaf)


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "²"])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(GiveUp, match="cursor"):
        World().portal.rows(DEALS, cursor=cursor)


def test_a_condition_that_the_walk_needs_cannot_be_given() -> None:
    with pytest.raises(ValueError, match=">id"):
        World().portal.rows(DEALS, {">id": 5})


def test_a_stream_keeps_a_few_pages_at_most() -> None:
    # GIVEN a long list
    world = World()
    world.hold(30_000)
    # WHEN somebody takes two pages and then no more
    stream = world.portal.stream(DEALS)
    next(stream)
    next(stream)
    # THEN no more was asked for than was on its way
    assert len(world.wire.sent) <= 6
    stream.close()
    assert len(world.wire.sent) <= 6
