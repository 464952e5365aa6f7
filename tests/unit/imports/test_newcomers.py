"""New goods wait until offers tell whether they have characteristics, and never for ever."""

from __future__ import annotations

import pytest

from mostik.commerce.catalog import ProductType
from mostik.commerceml.client_flow import Sendable
from mostik.commerceml.imports import State, answer_of
from mostik.commerceml.pages import NEWCOMERS
from mostik.commerceml.protocol import Word
from mostik.worker.sessions import session_report
from tests.support.onec_world import ONEC, Stack
from tests.support.shelf import Killed
from tests.unit.imports.files import catalogue, file, good, offer, offered, package, xml
from tests.unit.imports.test_watched import ZONE

VARIANTS = package(offer("a#1", "10", "1", what="S"), offer("a#2", "11", "2", what="M"))
IDLE_MINUTES = 15


def sent(stack: Stack, name: str, *parts: str) -> None:
    """1C sends one file in a session of its own, and waits until it is imported."""
    stack.program().push([file(name, *parts)])


def minutes(stack: Stack, number: int) -> None:
    for _ in range(number):
        stack.minute()


def ended(stack: Stack) -> None:
    """1C says that the package is at its end."""
    client = stack.program().client()
    client.check_auth()
    client.complete()


def held(stack: Stack) -> dict[str, ProductType | None]:
    return {one.external_ids[ONEC]: one.type for one in stack.shop.records["products"].values()}


# ── 1C tells with the offers ────────────────────────────────────────────────────────────────────


def test_a_new_good_waits_for_offers_and_comes_once_as_what_it_is() -> None:
    # GIVEN a first export whose goods come in a session of their own
    stack = Stack()
    sent(stack, "import0_1.xml", catalogue(good("a"), good("b")))
    # THEN 1C reads success, how many goods wait and for what; nothing was created
    row = stack.row("import0_1.xml")
    assert row.state is State.DONE
    assert row.counts == {"pending": 2}
    assert (row.done, row.total) == (2, 2)
    answer = answer_of(row)
    assert answer.word is Word.SUCCESS
    assert "ждут связанных данных 2. Новые товары ждут предложений" in answer.lines[0]
    assert "тишины в 15 мин" in answer.lines[0]
    assert held(stack) == {}
    text = session_report(stack.imports, stack.plans, ONEC, row.session, stack.clock(), ZONE)
    assert "новые товары: записей 2: ждут связанных данных 2. Ждут предложений" in text
    # WHEN the offers come in the next session: two characteristics of one good, none of the other
    sent(
        stack,
        "offers0_1.xml",
        VARIANTS.replace("</Предложения>", f"{offer('b', '7')}</Предложения>"),
    )
    # THEN both are there at once, each as what it is, and neither was written twice
    assert stack.row("offers0_1.xml").state is State.DONE
    assert held(stack) == {"a": ProductType.WITH_VARIANTS, "b": None}
    assert stack.writes() == {
        "products": 2,
        "variants": 2,
        "price_types": 1,
        "prices": 3,
        "stock": 2,
    }
    # AND when the package ends, nothing is left over
    ended(stack)
    minutes(stack, 3)
    assert stack.plans.open() == []
    assert stack.writes() == {}
    assert stack.row("import0_1.xml").counts == {"unchanged": 2}
    assert stack.table.rows(f"said#{ONEC}#{NEWCOMERS}") == []


def test_goods_and_offers_of_one_session_do_not_wait_for_each_other() -> None:
    # GIVEN WHEN an old client that sends both files in one session
    stack = Stack()
    goods, offers = file("import.xml", catalogue(good("a"))), file("offers.xml", VARIANTS)
    stack.program().push([goods, offers])
    # THEN
    assert stack.row("offers.xml").state is State.DONE
    assert held(stack) == {"a": ProductType.WITH_VARIANTS}
    assert stack.writes()["products"] == 1


def test_a_good_that_comes_anew_while_it_waits_is_created_as_it_is_then() -> None:
    # GIVEN a good that waits, and comes again under another name
    stack = Stack()
    sent(stack, "import0_1.xml", catalogue(good("a", "Старое")))
    sent(stack, "import0_2.xml", catalogue(good("a", "Новое"), changes=True))
    # WHEN its offers come
    sent(stack, "offers0_1.xml", VARIANTS)
    minutes(stack, IDLE_MINUTES + 2)
    # THEN
    assert stack.shop.one("products", "a").name == "Новое"
    assert held(stack) == {"a": ProductType.WITH_VARIANTS}
    assert stack.writes()["products"] == 1


def test_offers_whose_price_types_come_last_tell_it_too() -> None:
    # GIVEN a good that waits, and a file that is read in two passes
    stack = Stack()
    sent(stack, "import0_1.xml", catalogue(good("a"), good("b")))
    offers = package(
        offer("a#1", "10", what="S", kind="vip"), offer("b", "5", kind="vip"), types=()
    )
    # WHEN
    sent(stack, "offers0_1.xml", offers, package(types=("vip",)))
    # THEN
    assert held(stack) == {"a": ProductType.WITH_VARIANTS, "b": None}
    assert len(stack.shop.records["variants"]) == 1
    assert stack.writes()["products"] == 2


def test_figures_of_a_characteristic_alone_tell_that_there_are_some() -> None:
    # GIVEN a good that waits, and a file of stock before the one of offers
    stack = Stack()
    sent(stack, "import0_1.xml", catalogue(good("a")))
    sent(stack, "rests0_1.xml", package(offer("a#1", quantity="5"), types=()))
    # THEN
    assert held(stack) == {"a": ProductType.WITH_VARIANTS}
    # WHEN THEN
    sent(stack, "offers0_1.xml", VARIANTS)
    assert stack.writes()["products"] == 1
    minutes(stack, 8)
    assert len(stack.shop.records["stock"]) == 2


def test_what_offers_have_told_before_the_goods_came_is_not_waited_for() -> None:
    # GIVEN offers that come first
    stack = Stack()
    sent(
        stack,
        "offers0_1.xml",
        VARIANTS.replace("</Предложения>", f"{offer('b', '7')}</Предложения>"),
    )
    # WHEN the goods come, with one of which they have not told
    sent(stack, "import0_1.xml", catalogue(good("a"), good("b"), good("c")))
    # THEN only that one waits
    assert held(stack) == {"a": ProductType.WITH_VARIANTS, "b": None}
    assert stack.row("import0_1.xml").counts == {"created": 2, "pending": 1}


# ── 1C does not tell ────────────────────────────────────────────────────────────────────────────


def test_at_the_end_of_the_package_goods_without_offers_are_created() -> None:
    # GIVEN goods without offers
    stack = Stack()
    sent(stack, "import0_1.xml", catalogue(good("a"), good("b"), changes=True))
    # WHEN 1C says that it was all
    ended(stack)
    stack.minute()
    # THEN they are there as simple ones, and the figures say so
    assert held(stack) == {"a": None, "b": None}
    assert stack.row("import0_1.xml").counts == {"created": 2}
    assert not any("ждут" in text for text in stack.row("import0_1.xml").errors)


def test_at_the_end_of_a_whole_export_goods_without_offers_are_created_and_none_is_off() -> None:
    # GIVEN WHEN a whole export of goods alone
    stack = Stack()
    client = stack.program(ends=True)
    client.send([[file("import0_1.xml", catalogue(good("a"), good("b")))]])
    stack.settle_down()
    # THEN
    assert held(stack) == {"a": None, "b": None}
    assert all(one.active for one in stack.shop.records["products"].values())
    assert stack.writes() == {"products": 2}


def test_after_silence_goods_without_offers_are_created() -> None:
    # GIVEN a client that never says that it was all, and goes on for longer than the silence
    stack = Stack()
    sent(stack, "import0_1.xml", catalogue(good("a")))
    minutes(stack, IDLE_MINUTES - 2)
    sent(stack, "import0_2.xml", catalogue(good("b"), changes=True))
    minutes(stack, IDLE_MINUTES - 2)
    # THEN both still wait: the offers may come behind them
    assert held(stack) == {}
    # WHEN nothing comes any more
    minutes(stack, 3)
    # THEN
    assert held(stack) == {"a": None, "b": None}
    assert stack.plans.open() == []


def test_a_client_that_is_never_silent_does_not_make_goods_wait_for_ever() -> None:
    # GIVEN a good that waits, and stock of others every ten minutes
    stack = Stack()
    sent(stack, "import0_1.xml", catalogue(good("a")))
    for number in range(6 * 6 + 1):
        assert held(stack) == {}, number
        sent(stack, f"rests{number}.xml", package(offer("x", quantity=str(number)), types=()))
        stack.clock.advance(600)
    # WHEN six hours are over
    minutes(stack, 2)
    # THEN
    assert held(stack) == {"a": None}


def test_the_brake_holds_new_goods_that_have_waited() -> None:
    # GIVEN a shop with goods, and a file with more new ones than may come unseen
    stack = Stack({"goods": {"creates_percent": 1}})
    sent(stack, "few.xml", catalogue(good("old")), offered("old"))
    sent(stack, "import0_1.xml", catalogue(*(good(f"g{number}") for number in range(600))))
    # WHEN
    ended(stack)
    minutes(stack, 3)
    # THEN a person decides, and the report says so
    [run] = stack.held
    assert run.link == f"{ONEC}-products"
    assert any("Ждёт решения" in text for text in stack.row("import0_1.xml").errors)
    stack.desk.approve(run.id)
    stack.settle_down()
    assert len(held(stack)) == 601


# ── beside it ───────────────────────────────────────────────────────────────────────────────────


def test_a_good_that_is_there_is_changed_at_once_beside_one_that_waits() -> None:
    # GIVEN a good that is linked
    stack = Stack()
    sent(stack, "import0_1.xml", catalogue(good("a", "Старое")), offered("a"))
    # WHEN it comes with a new one
    sent(stack, "import0_2.xml", catalogue(good("a", "Новое"), good("b"), changes=True))
    # THEN it is changed, and the other one waits
    assert stack.shop.one("products", "a").name == "Новое"
    assert held(stack) == {"a": None}
    assert stack.row("import0_2.xml").counts == {"updated": 1, "pending": 1}


def test_pictures_of_a_good_that_waits_come_when_it_has_come() -> None:
    # GIVEN
    stack = Stack()
    goods = file("import.xml", catalogue(good("a", more="<Картинка>1.png</Картинка>")))
    stack.program().push([goods, Sendable.of_bytes("1.png", b"\x89PNG\r\n\x1a\n")])
    assert stack.row("import.xml").state is State.DONE
    # WHEN
    ended(stack)
    minutes(stack, 3)
    # THEN
    assert len(stack.shop.records["pictures"]) == 1
    assert stack.parked("pictures") == []


def test_a_connection_may_do_without_waiting() -> None:
    # GIVEN
    stack = Stack({"goods": {"wait_for_offers": False}})
    # WHEN
    sent(stack, "import0_1.xml", catalogue(good("a")))
    # THEN
    assert held(stack) == {"a": None}
    assert stack.row("import0_1.xml").counts == {"created": 1}


# ── deaths ──────────────────────────────────────────────────────────────────────────────────────

LANES = 4
_READING = ("get", "get_many", "query", "read", "find", "receive")
"""A death there is one before the next call that leaves something behind."""
GOODS = xml(catalogue(good("a"), good("b"), good("c")))
OFFERS = xml(package(offer("a#1", "10", "1", what="S"), offer("b", "7")))


class Deaths:
    """Ends the worker or the tick at one call that leaves something behind; 0: it only counts."""

    def __init__(self, stack: Stack, at: int) -> None:
        self.calls = 0
        self._at, self._stack, self._inside = at, stack, False
        for port in (stack.table, stack.blobs, stack.queue, stack.shop):
            port.before = self._before

    def minutes(self, number: int) -> None:
        for _ in range(number):
            self._alive(self._stack.tick)
            for _ in range(6):
                self._alive(self._stack.work)
                self._stack.clock.advance(10)

    def _alive(self, act: object) -> None:
        assert callable(act)
        self._inside = True
        try:
            act()
        except Killed:
            pass
        finally:
            self._inside = False

    def _before(self, operation: str) -> None:
        if self._inside and operation not in _READING:
            self.calls += 1
            if self.calls == self._at:
                raise Killed


def exported(at: int) -> tuple[Stack, int]:
    """1C exports goods, then offers of two of three, then says that it was all."""
    stack = Stack()
    stack.site.while_waiting = lambda: None
    deaths = Deaths(stack, at)
    for name, content in (("import0_1.xml", GOODS), ("offers0_1.xml", OFFERS)):
        client = stack.program(zips=False).client()
        client.check_auth()
        client.init()
        client.send_fragment(name, content)
        client.import_once(name)
        for _ in range(30):
            deaths.minutes(1)
            if stack.row(name).state.is_final:
                break
        assert stack.row(name).state is State.DONE, at
    ended(stack)
    for _ in range(30):
        deaths.minutes(1)
        if not stack.plans.open():
            break
    assert stack.plans.open() == [], at
    return stack, deaths.calls


@pytest.mark.parametrize("lane", range(LANES))
def test_whoever_dies_while_goods_wait_loses_and_doubles_nothing(lane: int) -> None:
    # GIVEN what comes of it when nobody dies
    clean, calls = exported(0)
    assert held(clean) == {"a": ProductType.WITH_VARIANTS, "b": None, "c": None}
    assert calls > 80
    # WHEN the worker or the tick dies at each of those calls in turn
    for call in range(1 + lane, calls + 1, LANES):
        stack, _ = exported(call)
        # THEN the shop holds the same, and nothing waits any more
        assert stack.shop.said() == clean.shop.said(), call
        assert stack.shop.writes["products"] == 3, call
        assert stack.table.rows(f"said#{ONEC}#{NEWCOMERS}") == [], call
