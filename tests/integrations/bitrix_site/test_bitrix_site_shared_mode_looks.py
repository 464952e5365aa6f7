"""How mode shared asks: by the time of an order's last change, as a Bitrix24 asks a shop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.bitrix_site.exchange.english import in_russian
from integrations.bitrix_site.exchange.session import Exchange
from local.sandbox.site import SiteConfig
from mostik.errors import Busy, GiveUp, RetryLater
from mostik.http.result import Answer
from tests.integrations.bitrix_site.world import (
    OurSite,
    an_order,
    buy,
    change,
    on,
    one_c,
    order_rows,
    read_all,
    write_all,
)


def shared(**site: Any) -> OurSite:
    """A site that 1C exchanges with."""
    return on("exchange", SiteConfig(**site), one_c="shared")


def test_shared_mode_finds_what_1c_has_taken_and_confirmed_between_two_looks() -> None:
    # GIVEN a Mostik that has looked
    ours = shared()
    read_all(ours.resource("orders"))
    ours.clock.advance(60)
    # WHEN an order comes, and 1C takes and confirms it before we look again
    buy(ours, "между")
    ours.clock.advance(60)
    assert one_c(ours).exchange_orders().loaded == ["1"]
    ours.clock.advance(60)
    # THEN it is found all the same: we go by a moment of our own
    assert [one.comment for one in read_all(ours.resource("orders"))] == ["между"]


def test_shared_mode_an_order_that_came_from_outside_is_not_taken_for_another() -> None:
    # GIVEN an order that Mostik has made on the site, which calls it by an id of its own
    ours = shared()
    [wrote] = write_all(ours.resource("orders"), [an_order("77")])
    ours.clock.advance(60)
    # WHEN the site tells of its orders
    listed = read_all(ours.resource("orders"))
    # THEN there is that one, under the key that it was written by, and it says the same
    assert [one.key for one in listed] == [wrote.key]
    resource = ours.resource("orders")
    assert listed[0].fingerprint(resource.holds) == wrote.fingerprint(resource.holds)
    # AND a change by a person at the site comes under that key too
    ours.clock.advance(60)
    change(ours, str(order_rows(ours)[0]["id"]), "на сайте")
    ours.clock.advance(60)
    listed = read_all(ours.resource("orders"))
    assert [(one.key, one.comment) for one in listed] == [(wrote.key, "на сайте")]


def test_shared_mode_lists_orders_that_share_one_second() -> None:
    # GIVEN more orders of one second than are asked for at once, and some before and after it
    ours = shared()
    for number in range(30):
        buy(ours, f"до {number}")
        ours.clock.advance(1)
    for number in range(230):
        buy(ours, f"вместе {number}")
    ours.clock.advance(5)
    for number in range(110):
        buy(ours, f"после {number}")
        ours.clock.advance(1)
    # WHEN all of them are listed
    listed = read_all(ours.resource("orders"))
    # THEN none is left out, and none comes twice
    assert len({one.key for one in listed}) == len(listed) == 370
    # AND the next look is one question, not the whole shop again
    ours.wire.sent.clear()
    ours.clock.advance(300)
    ours.resource("orders").pull()
    assert ours.wire.sent == ["1c.catalog.checkauth", "1c.crm.query"]


def test_shared_mode_lists_a_long_history_page_by_page_and_goes_on_after_a_death() -> None:
    # GIVEN a shop with more orders than one job of a worker has time for
    ours = shared()
    for number in range(250):
        buy(ours, f"{number}")
        ours.clock.advance(60)
    # WHEN each page is read by a job of its own, and each of them twice, as after a death
    listed: list[str] = []
    cursor: str | None = None
    while True:
        ours.resource("orders").page(cursor, None)
        ours.wire.sent.clear()
        page = ours.resource("orders").page(cursor, None)
        # THEN a job makes one question
        assert ours.wire.sent == ["1c.catalog.checkauth", "1c.crm.query"]
        listed += [one.key for one in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    # AND each order is listed once
    assert sorted(listed, key=int) == [str(number) for number in range(1, 251)]


@pytest.mark.parametrize("cursor", ["12", "[]", '["x",1,[]]', "{}", "\x00"])
def test_shared_mode_a_cursor_that_is_none_says_so(cursor: str) -> None:
    # GIVEN a cursor of something else WHEN a page is asked for THEN it is refused in words
    with pytest.raises(GiveUp, match="begin anew"):
        shared().resource("orders").page(cursor, None)


@pytest.mark.parametrize("mode", ["shared", "own"])
def test_shared_mode_and_its_own_tell_what_a_run_that_writes_nothing_has_seen(mode: str) -> None:
    # GIVEN a connection that is polled, and an order that comes after
    ours = on("exchange", one_c=mode)
    ours.resource("orders").pull()
    ours.clock.advance(120)
    key = buy(ours, "новый")
    ours.clock.advance(120)
    # WHEN a dry run lists all orders, which the site will not tell as new again
    assert [one.key for one in read_all(ours.resource("orders"))] == [key]
    ours.clock.advance(120)
    # THEN the next poll tells of it all the same
    resource = ours.resource("orders")
    resource.pull()
    assert [one for one, _ in resource.untold()] == [key]


def test_shared_mode_a_change_whose_record_could_not_be_kept_is_told_and_comes_again() -> None:
    # GIVEN an order, and a table that takes the note of the change but not the record
    ours = shared()
    key = buy(ours, "не потерян")
    puts = iter((False, True))

    def fails(operation: str) -> None:
        if operation == "put_many" and next(puts, False):
            raise Busy("ThrottlingException")

    ours.table.before = fails
    with pytest.raises(RetryLater, match="could not all be kept"):
        ours.resource("orders").pull()
    ours.table.before = None
    # WHEN it is asked again THEN the change is told, and the record is there
    resource = ours.resource("orders")
    resource.pull()
    assert [one for one, _ in resource.untold()] == [key]
    assert resource.read(key).comment == "не потерян"


def test_shared_mode_reads_an_order_that_1c_has_numbered() -> None:
    # GIVEN orders that 1C has given a number of its own: the site writes it into <1CID>
    ours = shared()
    key = buy(ours, "с номером")
    ours.there.trade.store.orders.rows[int(key)]["id1c"] = "ТД00-000123"
    # WHEN they are listed THEN they are read
    assert [one.key for one in read_all(ours.resource("orders"))] == [key]


def test_shared_mode_a_change_that_was_seen_while_something_was_written_is_told_as_well() -> None:
    # GIVEN an order that was listed, and then changed by its buyer
    ours = shared()
    key = buy(ours, "до")
    read_all(ours.resource("orders"))
    ours.clock.advance(120)
    change(ours, key, "после")
    ours.clock.advance(120)
    # WHEN somebody looks because something else is written
    resource = ours.resource("orders")
    resource.read_many([key])
    # THEN the next look by schedule tells of it, once
    resource.pull()
    assert [one for one, _ in resource.untold()] == [key]
    resource.told(resource.untold())
    assert resource.untold() == []
    # AND what changes again while that is under way is told again
    ours.clock.advance(120)
    change(ours, key, "и снова")
    ours.clock.advance(120)
    resource.pull()
    stale = resource.untold()
    ours.clock.advance(120)
    change(ours, key, "и ещё раз")
    ours.clock.advance(120)
    resource.pull()
    resource.told(stale)
    assert [one for one, _ in resource.untold()] == [key]


def test_shared_mode_reads_one_order_that_is_older_than_its_first_look() -> None:
    # GIVEN a shop with an old order, and a connection that was made after it
    ours = shared()
    key = buy(ours, "старый")
    ours.clock.advance(30 * 86_400)
    # WHEN changes are looked for THEN the old order is none
    resource = ours.resource("orders")
    resource.pull()
    assert resource.untold() == []
    # AND it is read when somebody asks for it
    found = resource.read(key)
    assert found is not None
    assert found.comment == "старый"


def test_shared_mode_a_module_that_tells_a_bitrix24_nothing_is_said_so() -> None:
    # GIVEN a site whose script knows no such question
    ours = shared(tells_abroad=False)
    # WHEN it is checked THEN the sentence says what to do
    assert "Update the module sale, or copy the script and choose mode own." in ours.missing()


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><CommerceInformation/>", "no CommerceML"),
        (b"<html><body>502</body></html>", "no CommerceML"),
        (b'<?xml version="1.0"?><CommerceInformation><Document>', "no CommerceML"),
        (
            b'<?xml version="1.0"?><CommerceInformation><Document><Id>5</Id></Document>'
            b"</CommerceInformation>",
            "The order 5 of the site comes without the time of its change",
        ),
    ],
)
def test_shared_mode_an_answer_that_is_none_is_refused(document: bytes, words: str) -> None:
    # GIVEN something else than orders WHEN it is read THEN it is refused in words
    with pytest.raises(GiveUp, match=words):
        in_russian(document)


def test_shared_mode_asks_by_the_clock_on_the_wall_also_when_the_clocks_were_changed() -> None:
    # GIVEN a site in a zone with summer time, asked in winter for changes since the summer
    ours = shared()
    settings = ours.set.model_copy(update={"zone": "Europe/Berlin"})
    asked: list[int] = []

    class Told:
        """The client of a site that writes down the moments that it is asked for."""

        def request(self, endpoint: Any, *, query: Any, **_: Any) -> Any:
            """Answers a login or a question."""
            del endpoint
            if query["mode"] == "checkauth":
                return Answer(200, {}, b"success\nPHPSESSID\nabc\nsessid=1\n")
            asked.append(int(query["MODIFICATION_LABEL"]))
            return Answer(200, {}, b'<?xml version="1.0"?>\n<CommerceInformation/>')

    exchange = Exchange(Told(), settings)  # type: ignore[arg-type]  # of the client one method
    summer = datetime.fromisoformat("2026-07-01 12:00:00")
    winter = datetime.fromisoformat("2026-12-01 12:00:00")
    # WHEN it is asked
    list(exchange.changes(summer, winter))
    list(exchange.changes(winter, winter))
    # THEN the moment, as the site shows it with the offset of that time, is the second before it
    shown = [
        datetime.fromtimestamp(label - 3_600, ZoneInfo("Europe/Berlin")).replace(tzinfo=None)
        for label in asked
    ]
    assert shown == [summer - timedelta(seconds=1), winter - timedelta(seconds=1)]
