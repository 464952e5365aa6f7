"""Reported failures in the protocol, and what became of the goods: the whole way to a portal.

``test_reported_protocol`` looks at the bytes of each; here a worker works on what was sent, and the
portal and the report say what came of it. The numbers are those of the list of reported failures.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

import pytest

from local.sandbox.onec.catalogue import Catalogue
from local.sandbox.onec.program import Habits
from local.sandbox.onec.wire import Breaking, Repeating
from mostik.commerce.order import Line
from mostik.commerce.record import Ref
from mostik.commerceml.client import Manners
from mostik.commerceml.client_flow import Sendable
from mostik.commerceml.client_reply import HttpCall, HttpReply
from mostik.commerceml.imports import By
from mostik.commerceml.protocol import Word
from mostik.commerceml.rules import Rules
from mostik.errors import Busy, ConfigurationError
from mostik.jobs.rows import JobRows
from tests.exchange.files import catalogue, good, guid, offer, package
from tests.exchange.orders import an_order
from tests.exchange.town import Town
from tests.integrations.bitrix24.catalog.world import just_create

pytestmark = pytest.mark.loopback

SHOP = Catalogue(12, pictures=0, with_offers=0)
KEYS = {SHOP.key("good", number) for number in range(12)}
MINUTES = 60.0
TYPES = {"prices": {"create_types": True}}
ENDS = Habits(zips=False, retries=0, ends=True)


def goods_file(*numbers: int, name: str = "Чайник") -> bytes:
    """A file of 1C with some goods."""
    return catalogue(*(good(guid(number), f"{name} {number}") for number in numbers))


def test_01_a_catalogue_that_takes_forty_minutes_is_polled_to_its_end(town: Town) -> None:
    # GIVEN a stack whose worker gets to this import after forty minutes
    began, go_on = town.site.clock(), town.site.while_waiting

    def late() -> None:
        if town.site.clock() - began > 40 * MINUTES:
            go_on()

    town.site.while_waiting = late
    client = town.onec().client()
    client.check_auth()
    client.init()
    client.send_fragment("import0_1.xml", goods_file(*range(1, 40)))
    # WHEN 1C asks in its tight loop
    ends, words = [began], []
    for told in client.import_file("import0_1.xml"):
        ends.append(town.site.clock())
        words.append(told)
    # THEN every answer comes within its time, and the last word is success
    waits = [after - before for before, after in pairwise(ends)]
    assert max(waits) <= 25
    assert ends[-1] - began > 40 * MINUTES
    assert {told.word for told in words[:-1]} == {Word.PROGRESS}
    assert words[-1].word is Word.SUCCESS
    # AND all goods are on the portal, and the report says so
    town.settle()
    assert set(town.goods()) == {guid(number) for number in range(1, 40)}
    assert "Обработано записей: 39 из 39." in town.report()


def test_02_whatever_breaks_in_the_worker_1c_hears_a_word_and_the_goods_come(town: Town) -> None:
    # GIVEN a table that throttles every other call while the import is worked on
    calls, go_on = [0], town.site.while_waiting

    def busy(_operation: str) -> None:
        calls[0] += 1
        if calls[0] % 2 and calls[0] < 60:
            raise Busy("ThrottlingException")

    def work() -> None:
        town.works.table.before = busy
        try:
            go_on()
        finally:
            town.works.table.before = None
            town.site.clock.advance(30)

    town.site.while_waiting = work
    # WHEN 1C sends goods and polls
    client = town.onec().client()
    client.check_auth()
    client.init()
    client.send_fragment("import0_1.xml", goods_file(1, 2))
    words = [told.word for told in client.import_file("import0_1.xml")]
    town.settle()
    # THEN it hears the words of the protocol only, and the goods are there
    assert set(words[:-1]) <= {Word.PROGRESS}
    assert words[-1] is Word.SUCCESS
    assert set(town.goods()) == {guid(1), guid(2)}
    assert "создано 2" in town.report()


def test_03_a_client_that_takes_nothing_but_the_bare_word_fills_the_portal(town: Town) -> None:
    # GIVEN a client that takes whatever stands behind the word for an extended status
    cookie = town.cookie()
    town.call("type=catalog&mode=init", cookie=cookie)
    # WHEN it sends its file in bare requests
    sent = town.call(
        "type=catalog&mode=file&filename=import0_1.xml", body=goods_file(1), cookie=cookie
    )
    assert sent.body == b"success\n"
    while town.call("type=catalog&mode=import&filename=import0_1.xml", cookie=cookie).lines[0] == (
        "progress"
    ):
        pass
    # THEN its goods are there, and the report names its file
    town.settle()
    assert set(town.goods()) == {guid(1)}
    assert "Файл import0_1.xml: обработан" in town.report()


@pytest.mark.parametrize("arrives", [False, True])
def test_04_a_gateway_page_on_a_fragment_loses_no_good_and_doubles_none(
    town: Town, arrives: bool
) -> None:
    # GIVEN a proxy that answers the second fragment with a page of its own
    town.ruled(Rules(file_limit=4_096, zip=False))
    seen: list[HttpCall] = []

    def second(call: HttpCall) -> bool:
        if call.method == "POST":
            seen.append(call)
        return len(seen) == 2

    proxy = Breaking(town.wire, second, status=502, arrives=arrives)
    # WHEN 1C, which takes that for the end of the portion, sends it once more
    exported = town.onec(Habits(zips=False, retries=1, ends=True), http=proxy).export(SHOP)
    town.settle()
    # THEN its log shows the page, and the portal has each good once
    assert exported.whole
    assert len(exported.failures) == 1
    assert "HTTP 502" in exported.failures[0]
    assert set(town.goods()) == KEYS
    # AND the report says what became of the session that broke off
    assert "Файл import0_1.xml передан не до конца, 1С прервала обмен." in town.report()


def test_06_a_lost_login_changes_nothing_and_is_counted(town: Town) -> None:
    # GIVEN a server on the way that takes the Authorization header away
    def bare(call: HttpCall) -> HttpReply:
        return town.wire(HttpCall(call.method, call.url, {}, call.body))

    # WHEN 1C wants to send goods
    with pytest.raises(ConfigurationError, match="логин или пароль"):
        town.onec(http=bare).push([Sendable.of_bytes("import0_1.xml", goods_file(1))])
    town.settle()
    # THEN it was told why, the portal has none of it, and the log counts it
    assert not town.rows("goods")
    assert not town.imports()
    (line,) = town.logged('"reason"')
    assert "signature_missing" in line


@pytest.mark.parametrize(
    "manners",
    [
        Manners(keeps_cookie=True, repeats_login=False),
        Manners(keeps_cookie=False, repeats_login=True),
    ],
    ids=["cookie only", "login only"],
)
def test_06_goods_of_clients_with_one_proof_reach_the_portal(town: Town, manners: Manners) -> None:
    # GIVEN a client that keeps no cookie, or one that keeps nothing else
    habits = Habits(zips=False, retries=0, ends=True, manners=manners)
    # WHEN it exports THEN its goods are there
    assert town.onec(habits).export(SHOP).whole
    town.settle()
    assert set(town.goods()) == KEYS


def test_07_files_whose_import_nobody_asks_for_reach_the_portal(town: Town) -> None:
    # GIVEN 1C with the setting to upload and not to wait
    exported = town.onec(Habits(waits=False, zips=False, retries=0)).export(SHOP)
    assert exported.whole
    assert "import import0_1.xml" not in town.wire.calls
    assert not town.rows("goods")
    # WHEN it stays silent, and time passes
    town.settle(60)
    # THEN the goods are there, and the report says that nobody had asked
    assert {row.by for row in town.imports()} == {By.IDLE}
    assert set(town.goods()) == KEYS
    assert "без запроса 1С: она передала файлы и не запросила их загрузку" in town.report()


def test_27_an_old_client_without_sessid_fills_the_portal_unless_the_owner_forbids_it(
    town: Town,
) -> None:
    # GIVEN a module of 1C that sends no sessid
    old = Habits(zips=False, retries=0, ends=True, manners=Manners(knows_sessid=False))
    # WHEN the owner wants the check
    town.ruled(Rules(sessid_required=True))
    exported = town.onec(old).export(SHOP)
    town.settle()
    # THEN 1C reads what to do about it, and nothing was written
    assert not exported.whole
    assert "отключите проверку sessid в настройках подключения" in exported.failures[0]
    assert not town.rows("goods")
    # WHEN he follows that THEN the goods are there
    town.ruled(Rules())
    assert town.onec(old).export(SHOP).whole
    town.settle()
    assert set(town.goods()) == KEYS


def test_p1_fragments_that_a_proxy_repeats_make_no_other_goods(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # GIVEN what a calm export makes of a portal
    with Town(monkeypatch, TYPES) as calm:
        assert calm.onec(ENDS).export(SHOP).whole
        wanted = calm.settle().content()
    # WHEN a proxy sends every fragment of it twice
    with Town(monkeypatch, TYPES) as town:
        town.ruled(Rules(file_limit=5_000))
        proxy = Repeating(town.wire)
        assert town.onec(ENDS, http=proxy).export(SHOP).whole
        town.settle()
        # THEN the portal is the same, and the report counts each record once
        assert proxy.repeated >= 4
        assert town.content() == wanted
        assert "предложений 12, цен 24, остатков 24" in town.report()


def test_p2_two_exchanges_at_once_wipe_nothing_of_each_other(town: Town) -> None:
    # GIVEN two 1Cs of one connection in the middle of sending files of one name
    contents = goods_file(1, 2), goods_file(3)
    clients = [town.onec().client() for _ in range(2)]
    for client, content in zip(clients, contents, strict=True):
        client.check_auth()
        client.init()
        client.send_fragment("import0_1.xml", content)
    # WHEN the second begins anew, as init wipes what was sent before, and the first goes on
    clients[1].init()
    assert [told.word for told in clients[0].import_file("import0_1.xml")][-1] is Word.SUCCESS
    answer = clients[1].import_once("import0_1.xml")
    town.settle()
    # THEN the goods of the first are there, and the second hears that its file is not
    assert set(town.goods()) == {guid(1), guid(2)}
    assert answer.word is Word.FAILURE
    assert "не был передан в этом сеансе" in answer.text
    # AND when it sends it again, those come too, and the others stay
    clients[1].send_fragment("import0_1.xml", contents[1])
    assert [told.word for told in clients[1].import_file("import0_1.xml")][-1] is Word.SUCCESS
    town.settle()
    assert set(town.goods()) == {guid(1), guid(2), guid(3)}


# ── orders ─────────────────────────────────────────────────────────────────────────────────────

STORE = {"order_as": "order", "payer_type": 3, "pay_system": 48, "delivery_service": 2}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A town whose portal sells in its online store."""
    with Town(monkeypatch, shop=STORE) as opened:
        yield opened


def a_line_of(store: Town, key: str, name: str) -> Line:
    """A line of an order on the portal, of a good that came from 1C."""
    own = str(store.goods()[key]["id"])
    ref = Ref(key=own, external_ids={"portal": own})
    return Line(key="1", variant=ref, name=name, price=Decimal(100), quantity=Decimal(1))


def test_17_a_good_and_its_only_offer_of_one_key_are_one_line_of_that_key(store: Town) -> None:
    # GIVEN a good whose offer has the key of the good, and one whose key is doubled with "#"
    files = [
        ("import0_1.xml", catalogue(good(guid(7), "Чайник"), good(guid(8), "Плед"))),
        ("offers0_1.xml", package(offer(guid(7)), offer(f"{guid(8)}#{guid(8)}", name="Плед"))),
    ]
    assert store.push(*files, ends=True).whole
    store.settle()
    # WHEN a buyer orders each of them, and 1C takes the orders
    names = (guid(7), "Чайник"), (guid(8), "Плед")
    for number, (key, name) in enumerate(names, 15):
        store.place(an_order(str(number), a_line_of(store, key, name)))
    program = store.onec()
    loaded = program.take_orders().loaded
    # THEN it reads the very keys of its goods
    keys = [line.key for one in loaded for line in program.ledger.order(one).order.lines]
    assert sorted(keys) == [guid(7), guid(8)]
    # AND the report counts what was made of its files
    assert "товары: записей 2: создано 2" in store.report()


def test_p4_an_order_that_1c_would_refuse_blocks_no_other_and_says_why(store: Town) -> None:
    # GIVEN an order whose price something in the shop has set to less than its lines cost
    store.place(an_order("15"))
    poison = store.orders().create(an_order("16"), "elsewhere", just_create).key
    store.portal.trade.store.orders.rows[int(poison)]["price"] = 99.99
    store.touch(poison)
    store.place(an_order("17"))
    # WHEN 1C takes the orders, and comes again
    program = store.onec()
    taken, again = program.take_orders(), program.take_orders()
    # THEN it has the good ones, refuses nothing, and they do not come twice
    assert taken.refusal is None
    assert sorted(taken.loaded) == ["15", "17"]
    assert again.loaded == []
    # AND the bad one has failed by itself, and says why to whoever looks
    (failed,) = JobRows(store.works.table).failed(limit=9).rows
    assert failed.id == f"portal/orders/{poison}"
    assert failed.failure is not None
    assert failed.failure.text == "Заказ 16: строки и доставка дают 100.00, сумма 99.99."
