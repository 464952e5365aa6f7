"""The sandbox 1C exchanges in the order of UT11, and stops where UT11 stops."""

from __future__ import annotations

import io
import zipfile
from urllib.parse import parse_qs

import pytest

from local.sandbox.onec import program
from local.sandbox.onec.catalogue import Catalogue, picture
from local.sandbox.onec.paper import Style
from local.sandbox.onec.program import Habits, Program, portions_of
from local.sandbox.onec.wire import Breaking, Repeating, mode_of
from mostik.commerceml.client_flow import Sendable
from mostik.commerceml.client_reply import HttpCall, HttpReply
from mostik.commerceml.imports import State, Step
from mostik.commerceml.models import Head
from mostik.commerceml.reader import Reader
from mostik.commerceml.rules import Rules
from mostik.commerceml.sessions import noted
from tests.support.exchange import ADDRESS, LOGIN, PASSWORD, Site, at_once

GOODS = Sendable.of_bytes("import0_1.xml", b"<a></a>")
SHOP = Catalogue(5, pictures=1)


@pytest.fixture
def site() -> Site:
    return at_once(Site())


def onec(site: Site, habits: Habits | None = None) -> Program:
    return Program(site.http, program.Site(ADDRESS, LOGIN, PASSWORD), habits or Habits(retries=0))


def modes(site: Site) -> list[str]:
    """The modes that were called, in order."""
    return [parse_qs(query)["mode"][0] for query in site.calls]


def test_each_portion_is_a_session_of_its_own(site: Site) -> None:
    # WHEN five goods are exported in portions of two
    exported = onec(site, Habits(portion=2)).export(SHOP)
    # THEN three portions of goods come first, three of offers after them, each with a login
    assert exported.whole
    assert [one.imported for one in exported.portions] == [
        ("import0_1.xml",), ("import0_2.xml",), ("import0_3.xml",),
        ("offers0_1.xml",), ("offers0_2.xml",), ("offers0_3.xml",),
    ]  # fmt: skip
    assert modes(site) == ["checkauth", "init", "file", "import"] * 6


def test_only_the_first_portion_says_that_it_is_a_full_one() -> None:
    # GIVEN the portions of a full export, and those of changes
    def flags(only_changes: bool) -> list[bool | None]:
        found = []
        for portion in portions_of(SHOP, Style(), 2, only_changes):
            with portion[0].open() as source:
                heads = [one for one in Reader([source.read()]) if isinstance(one, Head)]
            found += [one.only_changes for one in heads if one.kind != "Классификатор"]
        return found

    # THEN the others look like changes, as with UT11
    assert flags(only_changes=False) == [False, True, True, False, True, True]
    assert set(flags(only_changes=True)) == {True}


def test_an_archive_has_the_name_of_a_temporary_file_and_all_of_the_portion(site: Site) -> None:
    # WHEN a portion with pictures is sent
    onec(site).export(SHOP)
    # THEN the site got an archive with an odd name, and pictures that can be seen
    names = [row["name"] for row in site.table.rows("upload#")]
    assert names[0].startswith("v8_")
    assert names[0].endswith(".zip")
    (row, *_) = [one for one in site.imports.of("onec") if one.file == "import0_1.xml"]
    archive = zipfile.ZipFile(io.BytesIO(site.content_of(row)))
    pictures = [name for name in archive.namelist() if name.endswith(".png")]
    assert len(pictures) == SHOP.products
    assert archive.read(pictures[0]).startswith(b"\x89PNG")
    assert len({picture(SHOP, number, 0) for number in range(5)}) == 5


def test_a_linux_1c_sends_the_paths_of_its_own_files(site: Site) -> None:
    onec(site, Habits(zips=False, on_linux=True)).push([GOODS])
    assert any("filename=%2Ftmp%2Fimport0_1.xml" in query for query in site.calls)
    assert [row["name"] for row in site.table.rows("upload#")] == ["import0_1.xml"]


def test_after_a_failure_nothing_more_is_sent(site: Site) -> None:
    # GIVEN a site that cannot import
    site.while_waiting = lambda: site.work(State.FAILED, errors=("Файл повреждён.",))
    # WHEN 1C exports, with two repeats
    exported = onec(site, Habits(portion=2, retries=2)).export(SHOP)
    # THEN it tries the first portion three times and gives up
    assert not exported.whole
    assert len(exported.failures) == 3
    assert "Файл повреждён." in exported.failures[0]
    assert modes(site).count("checkauth") == 3


def test_the_end_of_a_package_is_said_by_newer_modules(site: Site) -> None:
    onec(site, Habits(ends=True)).export(SHOP)
    assert modes(site)[-2:] == ["deactivate", "complete"]
    steps = {row.step: row for row in site.imports.of("onec") if row.step is not Step.FILE}
    last_login = noted(site.table, "onec")["catalog"]["at"]
    assert steps[Step.DEACTIVATE].timestamp == int(last_login)
    assert Step.COMPLETE in steps


def test_1c_that_does_not_wait_asks_for_no_import(site: Site) -> None:
    exported = onec(site, Habits(waits=False)).export(SHOP)
    assert exported.whole
    assert "import" not in modes(site)


def test_orders_are_taken_without_init_and_confirmed(site: Site) -> None:
    # GIVEN an order
    site.outbox.add("15")
    program_of_orders = onec(site)
    # WHEN orders are exchanged
    exchanged = program_of_orders.exchange_orders()
    # THEN 1C has it, has said so, and had nothing of its own to send
    assert exchanged.loaded == ["15"]
    assert modes(site) == ["checkauth", "query", "success"]
    # WHEN a manager works on it
    program_of_orders.ledger.post("15")
    exchanged = program_of_orders.exchange_orders()
    # THEN it is sent in a second session
    assert exchanged.loaded == []
    assert modes(site)[3:] == ["checkauth", "query", "success", "checkauth", "init", "file",
                               "import"]  # fmt: skip
    assert program_of_orders.ledger.export() is None


def test_an_order_that_1c_refuses_is_never_confirmed(site: Site) -> None:
    # GIVEN a site that gives an order without a currency among good ones
    site.outbox.add("15")
    site.outbox.add("16", comment="poison")
    program_of_orders = onec(site)
    # WHEN 1C comes, again and again
    refusals = [program_of_orders.exchange_orders().refusal for _ in range(3)]
    # THEN it says why, loads none, and never says success: the site would give the same for ever
    assert set(refusals) == {"Не указана валюта документа 16"}
    assert not program_of_orders.ledger.held
    assert "success" not in modes(site)


def test_a_proxy_may_repeat_or_break_a_call() -> None:
    # GIVEN a site that counts
    came: list[str] = []

    def http(call: HttpCall) -> HttpReply:
        came.append(mode_of(call))
        return HttpReply(200, {}, b"success\n")

    call = HttpCall("POST", f"{ADDRESS}?type=catalog&mode=file&filename=a.xml", {}, b"x")
    # THEN one proxy has it come twice
    assert Repeating(http)(call).body == b"success\n"
    assert came == ["file a.xml"] * 2
    # AND another one answers with a page once, whether the call gets through or not
    breaking = Breaking(http, lambda _call: True, arrives=True)
    assert (breaking(call).status, breaking(call).status) == (502, 200)
    assert len(came) == 4


def test_a_catalogue_can_be_sent_through_a_small_limit(site: Site) -> None:
    # GIVEN a site that takes small fragments
    site.rules = Rules(file_limit=1_024)
    exported = onec(site, Habits(zips=False)).export(SHOP)
    # THEN the files come whole
    assert sum(one.fragments for one in exported.portions) > 10
    (portion, *_) = portions_of(SHOP, Style(), 500)
    with portion[0].open() as source:
        content = source.read()
    row = next(one for one in site.imports.of("onec") if one.file == "import0_1.xml")
    assert site.content_of(row) == content
