"""1C that uploads and never asks for an import: the tick finishes what fell silent."""

from __future__ import annotations

import pytest

from mostik.commerceml.client import ExchangeClient
from mostik.commerceml.imports import By, State
from mostik.commerceml.uploads import OPEN
from tests.support.exchange import Site

DOCUMENT = b"<a></a>"


@pytest.fixture
def site() -> Site:
    return Site()


def opened(site: Site, kind: str = "catalog") -> ExchangeClient:
    client = site.client(kind)
    client.check_auth()
    client.init()
    return client


def fallen_silent(site: Site) -> int:
    site.clock.advance(site.rules.idle_seconds + 1)
    return site.finaliser().run()


def test_files_that_nobody_asked_for_are_imported_goods_first(site: Site) -> None:
    # GIVEN 1C that uploads without waiting
    client = opened(site)
    for name in ("rests___1.xml", "offers___1.xml", "prices___1.xml", "import___1.xml"):
        client.send_fragment(name, DOCUMENT)
    client.send_fragment("import_files/a.jpg", b"\xff\xd8\xff")
    # WHEN it is silent for a while
    assert site.finaliser().run() == 0
    begun = fallen_silent(site)
    # THEN the documents are imported in an order that makes sense, the picture is none
    assert begun == 4
    assert [row.file.partition("_")[0] for row in site.asked()] == [
        "import", "offers", "prices", "rests",
    ]  # fmt: skip
    assert {row.by for row in site.asked()} == {By.IDLE}


def test_a_second_tick_begins_nothing(site: Site) -> None:
    # GIVEN an upload that was finished
    opened(site).send_fragment("import.xml", DOCUMENT)
    fallen_silent(site)
    # WHEN ticks come again, at once and later
    again = site.finaliser().run() + fallen_silent(site)
    site.work()
    again += fallen_silent(site)
    # THEN nothing is begun, and at last nothing is looked at
    assert again == 0
    assert len({row.id for row in site.asked()}) == 1
    assert not site.table.rows(OPEN)


def test_what_1c_asks_for_itself_is_left_to_it(site: Site) -> None:
    # GIVEN 1C that is in the middle of its imports
    client = opened(site)
    client.send_fragment("import.xml", DOCUMENT)
    client.import_once("import.xml")
    site.work()
    # WHEN it falls silent
    # THEN nothing is begun twice
    assert fallen_silent(site) == 0
    assert len(site.queue.bodies) == 1


def test_what_1c_did_not_ask_for_after_a_failure_is_left_alone(site: Site) -> None:
    # GIVEN 1C that stopped when its goods were refused
    client = opened(site)
    client.send_fragment("import.xml", DOCUMENT)
    client.send_fragment("offers.xml", DOCUMENT)
    client.import_once("import.xml")
    site.work(State.FAILED)
    # WHEN it falls silent
    # THEN its offers are not imported behind its back
    assert fallen_silent(site) == 0
    assert not site.table.rows(OPEN)


def test_an_archive_of_which_something_was_asked_is_left_alone(site: Site) -> None:
    client = opened(site)
    client.send_fragment("v8_1.zip", b"PK\x03\x04 PK\x05\x06" + b"\0" * 18)
    client.import_once("import0_1.xml")
    site.work()
    assert fallen_silent(site) == 0


def test_an_archive_is_imported_whole(site: Site) -> None:
    opened(site).send_fragment("v8_1.zip", b"PK\x03\x04 PK\x05\x06" + b"\0" * 18)
    assert fallen_silent(site) == 1
    (row,) = site.asked()
    assert row.file == "v8_1.zip"


def test_a_file_that_is_not_whole_is_not_imported_and_somebody_hears_of_it(site: Site) -> None:
    # GIVEN an upload that broke off
    client = opened(site)
    client.send_fragment("import.xml", b"<a><b>")
    client.send_fragment("empty.xml", b"")
    # WHEN it stays so
    assert fallen_silent(site) == 0
    # THEN nothing was applied, and each is reported
    assert not site.queue.bodies
    rows = list(site.imports.of("onec"))
    assert {row.state for row in rows} == {State.FAILED}
    assert all("не до конца" in row.errors[0] for row in rows)
    assert {row.file for row in rows} == {"import.xml", "empty.xml"}


def test_an_upload_of_orders_stays_one_of_orders(site: Site) -> None:
    opened(site, "sale").send_fragment("orders.txt.xml", b"<a>" + b" " * 3_000_000)
    opened(site, "sale").send_fragment("orders.xml", DOCUMENT)
    fallen_silent(site)
    assert {row.kind for row in site.imports.of("onec")} == {"sale"}


def test_a_message_that_the_queue_refused_is_sent_by_the_tick(site: Site) -> None:
    # GIVEN an import whose message never left, and 1C that never asks again
    client = opened(site)
    client.send_fragment("import.xml", DOCUMENT)
    site.queue.fail_next("send", times=100)
    client.import_once("import.xml")
    site.queue.recover()
    assert not site.queue.bodies
    # WHEN the tick comes
    site.finaliser().run()
    # THEN it is sent
    assert len(site.queue.bodies) == 1


def test_every_upload_of_every_connection_is_seen(site: Site) -> None:
    # GIVEN more uploads than a page of the table holds
    for _ in range(120):
        opened(site).send_fragment("import.xml", DOCUMENT)
    # THEN each is finished
    assert fallen_silent(site) == 120


def test_a_file_whose_fragments_are_gone_stops_no_other(site: Site) -> None:
    # GIVEN an upload whose bytes the bucket has dropped, and another one
    opened(site).send_fragment("import.xml", DOCUMENT)
    site.blobs.objects.clear()
    opened(site).send_fragment("import.xml", DOCUMENT)
    # WHEN both have fallen silent
    begun = fallen_silent(site)
    # THEN the second is imported, and the first is reported
    assert begun == 1
    failed = [row for row in site.imports.of("onec") if row.state is State.FAILED]
    assert ["больше не хранится" in row.errors[0] for row in failed] == [True]


def test_a_tick_that_is_short_of_time_leaves_the_rest_to_the_next(site: Site) -> None:
    # GIVEN two uploads that have fallen silent
    for _ in range(2):
        opened(site).send_fragment("import.xml", DOCUMENT)
    site.clock.advance(site.rules.idle_seconds + 1)
    # WHEN a tick has time for one
    left = iter((30.0, 1.0))
    begun = site.finaliser().run(lambda: next(left))
    # THEN the next one does the other
    assert (begun, site.finaliser().run()) == (1, 1)
