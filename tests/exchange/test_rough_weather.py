"""Exchanges that go wrong on the way: no double goods, no wipe, and a clear word for 1C."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from local.sandbox.onec.catalogue import Catalogue
from local.sandbox.onec.paper import Style
from local.sandbox.onec.program import Habits, portions_of
from local.sandbox.onec.wire import Repeating
from mostik.commerceml.client_flow import Sendable
from mostik.commerceml.client_reply import SiteRefuses
from mostik.commerceml.imports import State
from mostik.commerceml.protocol import Word
from tests.exchange.files import catalogue, good, guid
from tests.exchange.town import Town

pytestmark = pytest.mark.loopback

SHOP = Catalogue(6, pictures=0, groups=2, properties=0, with_offers=0, least_stock=0)
RICH = Catalogue(6, pictures=0, groups=2, properties=1, with_offers=2, least_stock=0)
TYPES = {"prices": {"create_types": True}}
KEYS = {SHOP.key("good", number) for number in range(6)}


class Killed(BaseException):
    """The worker's process ends here: no handler sees it."""


def goods_file() -> bytes:
    (files, *_) = portions_of(SHOP, Style(), 500)
    with files[0].open() as source:
        return source.read()


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("import0_1.xml", content)
    return packed.getvalue()


def test_a_zip_that_lacks_its_end_is_refused_and_the_next_session_mends_it(town: Town) -> None:
    # GIVEN an archive whose last fragment never came
    content = zipped(goods_file())
    client = town.onec().client()
    client.check_auth()
    client.init()
    client.send_fragment("v8_1.zip", content[:-200])
    # WHEN 1C asks for the document in it
    with pytest.raises(SiteRefuses, match="повреждён или передан не целиком"):
        list(client.import_file("import0_1.xml"))
    # THEN nothing was changed, and the row says what was wrong
    town.settle(3)
    assert not town.rows("goods")
    assert [row.state for row in town.imports()] == [State.FAILED]
    # WHEN 1C sends it once more
    exported = town.onec().send([[Sendable.of_bytes("import0_1.xml", goods_file())]])
    # THEN the goods are there
    assert exported.whole, exported.failures
    town.settle()
    assert set(town.goods()) == KEYS


def test_two_1cs_at_once_make_no_good_twice(town: Town) -> None:
    # GIVEN two sessions that send the same goods and ask for their import in turns
    clients = [town.onec().client() for _ in range(2)]
    content = goods_file()
    for client in clients:
        client.check_auth()
        client.init()
        client.send_fragment("import0_1.xml", content)
    polls = [client.import_file("import0_1.xml") for client in clients]
    words = [Word.PROGRESS, Word.PROGRESS]
    # WHEN both go on until they are done
    for _ in range(50):
        for number, poll in enumerate(polls):
            if words[number] is not Word.SUCCESS:
                words[number] = next(poll).word
    # THEN both have heard success, and each good is there once (``goods`` fails for two)
    assert set(words) == {Word.SUCCESS}
    town.settle()
    assert set(town.goods()) == KEYS
    # AND the reports of both say what they made: the one the goods, the other nothing
    assert "создано 6" in town.report()
    assert "без изменений 6" in town.report()


@pytest.fixture(scope="module")
def calm() -> dict[str, tuple[Any, ...]]:
    """What a calm export makes of a portal."""
    with pytest.MonkeyPatch.context() as patch, Town(patch, TYPES) as town:
        assert town.onec(Habits(zips=False, retries=0)).export(RICH).whole
        return town.settle().content()


@pytest.mark.parametrize(("killed_at", "times"), [(3, 3), (11, 2), (29, 3)])
def test_a_worker_that_is_killed_again_and_again_ends_the_import(
    creating: Town, calm: dict[str, tuple[Any, ...]], killed_at: int, times: int
) -> None:
    # GIVEN a worker that is killed at some call of the table, but not three times in a row at the
    # same piece of work: that one would be taken for what kills it
    town = creating
    left, calls = [times], [0]
    go_on = town.site.while_waiting

    def die(_operation: str) -> None:
        calls[0] += 1
        if calls[0] % killed_at == 0 and left[0]:
            left[0] -= 1
            raise Killed

    def work() -> None:
        town.works.table.before = die
        try:
            go_on()
        except Killed:
            town.works.restart()
            town.site.clock.advance(600)  # until the queue shows its messages again
        finally:
            town.works.table.before = None

    town.site.while_waiting = work
    # WHEN 1C exports through a proxy that repeats every fragment
    program = town.onec(Habits(zips=False, retries=0), http=Repeating(town.wire))
    exported = program.export(RICH)
    town.settle()
    # THEN it reads success, and the portal is what it is after a calm export: variants, prices and
    # stock too
    assert exported.whole, exported.failures
    assert left == [0]
    assert town.content() == calm


def test_no_poll_of_a_real_import_takes_longer_than_25_seconds(town: Town) -> None:
    # GIVEN an import that waits for a worker for two minutes
    began = town.site.clock()
    go_on = town.site.while_waiting
    ends: list[float] = []

    def late() -> None:
        if town.site.clock() - began > 120:
            go_on()

    town.site.while_waiting = late
    client = town.onec().client()
    client.check_auth()
    client.init()
    client.send_fragment("import0_1.xml", goods_file())
    # WHEN 1C polls
    for _told in client.import_file("import0_1.xml"):
        ends.append(town.site.clock())
    # THEN each answer comes in time, and there are few of them
    waits = [after - before for before, after in zip([began, *ends], ends, strict=False)]
    assert max(waits) <= 25
    assert len(ends) < 20


def test_a_session_that_is_repeated_costs_nothing(town: Town) -> None:
    # GIVEN goods that were imported
    assert town.push(("import0_1.xml", goods_file())).whole
    town.settle()
    before = town.writes()
    # WHEN 1C does all of it again, and then with one good changed
    assert town.push(("import0_1.xml", goods_file())).whole
    assert "без изменений" in town.last_words()
    town.settle()
    assert town.writes() == before
    changed = catalogue(good(guid(1), "Новый"), only_changes=True)
    assert town.push(("import0_1.xml", changed)).whole
    town.settle()
    # THEN only that one was written
    assert set(town.goods()) == {*KEYS, guid(1)}
    assert town.writes() - before <= 2


def test_a_file_of_fragments_that_are_lost_is_not_imported_by_the_tick(town: Town) -> None:
    # GIVEN an upload that broke off in the middle
    town.ruled(replace(town.site.rules, idle_seconds=60.0))
    client = town.onec().client()
    client.check_auth()
    client.init()
    client.send_fragment("import0_1.xml", goods_file()[:-100])
    # WHEN nothing more comes
    town.settle(30)
    # THEN the portal is as it was, and the import row says it in words
    assert not town.rows("goods")
    (row,) = town.imports()
    assert "передан не до конца" in row.errors[0]
