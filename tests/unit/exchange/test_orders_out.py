"""Orders to 1C: streamed, given again until ``success``, and one bad one blocks nobody."""

from __future__ import annotations

import pytest
from lxml import etree

from mostik.commerceml.client import ExchangeClient
from mostik.commerceml.client_flow import pull_orders
from mostik.commerceml.client_reply import SiteRefuses
from mostik.commerceml.outbox import SaleInfo
from mostik.commerceml.protocol import Word
from mostik.commerceml.rules import Rules
from tests.support.exchange import Site


@pytest.fixture
def site() -> Site:
    return Site()


def opened(site: Site, schema: str | None = None) -> ExchangeClient:
    client = site.client("sale", schema=schema)
    client.check_auth()
    return client


def numbers(document: bytes) -> list[str]:
    """The numbers of a document's orders, as 1C reads them."""
    assert document.startswith(b'<?xml version="1.0" encoding="windows-1251"?>')
    return [str(element.text) for element in etree.fromstring(document).iter("Номер")]


def test_orders_are_given_again_until_1c_has_taken_them(site: Site) -> None:
    # GIVEN two orders
    site.outbox.add("1", "2")
    # WHEN 1C asks and never says success
    assert numbers(opened(site).query()) == ["1", "2"]
    # THEN it gets them again, with what came since
    site.outbox.add("3")
    client = opened(site)
    assert numbers(client.query()) == ["1", "2", "3"]
    # WHEN it says success
    client.success()
    # THEN it gets what changed after that
    assert numbers(opened(site).query()) == []
    site.outbox.add("1")
    assert numbers(opened(site).query()) == ["1"]


def test_success_commits_what_the_query_gave_not_what_came_since(site: Site) -> None:
    # GIVEN an order that changes between query and success
    site.outbox.add("1")
    client = opened(site)
    client.query()
    site.outbox.add("2")
    client.success()
    # THEN it is given next time
    assert numbers(opened(site).query()) == ["2"]
    assert site.outbox.taken_marks == ["00000001"]


def test_success_of_another_session_commits_nothing(site: Site) -> None:
    # GIVEN orders that one session was given
    site.outbox.add("1")
    opened(site).query()
    # WHEN another says success
    with pytest.raises(SiteRefuses, match="не запрашивались"):
        opened(site).success()
    # THEN they are given again
    assert numbers(opened(site).query()) == ["1"]


def test_success_twice_is_success(site: Site) -> None:
    site.outbox.add("1")
    client = opened(site)
    client.query()
    client.success()
    client.success()
    assert len(site.outbox.taken_marks) == 1


def test_an_older_session_does_not_turn_the_mark_back(site: Site) -> None:
    # GIVEN a slow 1C and a fast one
    site.outbox.add("1")
    slow = opened(site)
    slow.query()
    site.outbox.add("2")
    fast = opened(site)
    fast.query()
    # WHEN the fast one is done first
    fast.success()
    slow.success()
    # THEN nothing is given twice
    assert numbers(opened(site).query()) == []


def test_an_order_that_cannot_be_written_blocks_nobody(site: Site) -> None:
    # GIVEN a bad order between good ones
    site.outbox.add("1")
    site.outbox.add("2", comment="bad")
    site.outbox.add("3")
    client = opened(site)
    # WHEN 1C asks
    document = client.query()
    # THEN it gets the others, and the bad one is known with its reason
    assert numbers(document) == ["1", "3"]
    assert site.outbox.left == [("2", "Заказ 2: нет валюты.")]
    client.success()
    assert numbers(opened(site).query()) == []
    (handed, *_) = site.handovers.of("onec")
    assert not handed.taken or handed.given


def test_bad_orders_alone_do_not_stop_the_mark(site: Site) -> None:
    site.outbox.add("1", comment="bad")
    client = opened(site)
    assert numbers(client.query()) == []
    client.success()
    site.outbox.left.clear()
    opened(site).query()
    assert not site.outbox.left


def test_many_orders_are_given_in_portions_and_drawn_one_by_one() -> None:
    # GIVEN more orders than one answer may hold
    site = Site(Rules(most_orders=40))
    site.outbox.add(*map(str, range(100)))
    got: list[list[str]] = []
    # WHEN 1C comes again and again
    while portion := numbers(pull_orders(site.client("sale"), lambda _document: None)):
        got.append(portion)
    # THEN it gets each once, in order, and no answer drew more than it gave and one
    assert [len(portion) for portion in got] == [40, 40, 20]
    assert [one for portion in got for one in portion] == list(map(str, range(100)))
    assert site.outbox.pulled <= 100 + len(got)


def test_an_answer_ends_where_it_would_not_fit_any_more() -> None:
    # GIVEN orders that are long, one of them longer than an answer
    site = Site(Rules(most_order_bytes=2_000))
    site.outbox.add("1", "2", comment="x" * 900)
    site.outbox.add("3", comment="y" * 5_000)
    site.outbox.add("4")
    got = []
    while portion := numbers(pull_orders(site.client("sale"), lambda _document: None)):
        got.append(portion)
    # THEN each comes, the long one alone
    assert got == [["1"], ["2"], ["3"], ["4"]]


def test_an_order_that_no_answer_can_hold_is_left_out(site: Site) -> None:
    site.outbox.add("1", comment="x" * 4_000_000)
    site.outbox.add("2")
    assert numbers(opened(site).query()) == ["2"]
    assert site.outbox.left[0][0] == "1"


def test_no_orders_are_a_root_without_documents(site: Site) -> None:
    # THEN 1C reads it as XML, with nothing before the declaration
    document = opened(site).query()
    root = etree.fromstring(document)
    assert root.tag == "КоммерческаяИнформация"
    assert len(root) == 0


@pytest.mark.parametrize(
    ("schema", "written"), [(None, "2.08"), ("2.09", "2.09"), ("2.10", "2.10"), ("9.9", "2.08")]
)
def test_orders_are_written_in_the_schema_that_1c_names(
    site: Site, schema: str | None, written: str
) -> None:
    root = etree.fromstring(opened(site, schema).query())
    assert root.get("ВерсияСхемы") == written


def test_what_windows_1251_lacks_comes_through(site: Site) -> None:
    site.outbox.add("1", comment="😀 — ё")
    (comment,) = etree.fromstring(opened(site).query()).iter("Комментарий")
    assert comment.text.startswith("😀 — ё")


def test_info_tells_the_lists_and_escapes_them(site: Site) -> None:
    # GIVEN statuses with signs that XML has a meaning for
    site.outbox.lists = SaleInfo(
        statuses=[("N", "Принят & <ждёт>"), ("F", "Выполнен\0")],
        pay_systems=[("1", "Наличные")],
        deliveries=[("2", "Курьер")],
    )
    # WHEN 1C asks for them
    root = etree.fromstring(opened(site).info())
    # THEN it reads pairs of id and name in each list, the statuses under both of their names
    lists = {
        kind.tag: [(one.findtext("Ид"), one.findtext("Название")) for one in kind] for kind in root
    }
    statuses = [("N", "Принят & <ждёт>"), ("F", "Выполнен")]
    assert lists == {
        "Статусы": statuses,
        "Cтатусы": statuses,
        "ПлатежныеСистемы": [("1", "Наличные")],
        "СлужбыДоставки": [("2", "Курьер")],
    }


@pytest.mark.parametrize("port", ["table"])
@pytest.mark.parametrize("operation", ["get", "put", "replace", "insert"])
@pytest.mark.parametrize("after", range(4))
def test_a_service_that_is_away_gives_no_order_up(
    site: Site, port: str, operation: str, after: int
) -> None:
    # GIVEN orders, and a service that refuses one of its calls
    site.outbox.add("1", "2")
    client = opened(site)
    getattr(site, port).fail_next(operation, after=after)
    # WHEN 1C exchanges until it works
    try:
        document = client.query()
        client.success()
    except SiteRefuses:
        getattr(site, port).recover()
        client = opened(site)
        document = client.query()
        client.success()
    # THEN it has had both, unless they were taken already, and is given them no more
    assert numbers(document) in (["1", "2"], [])
    assert "00000002" in site.outbox.taken_marks
    getattr(site, port).recover()
    assert numbers(opened(site).query()) == []


def test_a_document_that_1c_would_not_read_is_never_sent(site: Site) -> None:
    # GIVEN an outbox with a defect
    def defect(connection: str, since: str | None) -> list[object]:
        raise RuntimeError(f"{connection} {since}")

    site.outbox.orders_for = defect  # type: ignore[method-assign,assignment]  # a planted defect
    # WHEN 1C asks
    cookie = f"MostikExchange={site.call('type=sale&mode=checkauth').lines[1]}"
    answer = site.call("type=sale&mode=query", cookie=cookie, login=None)
    # THEN it reads failure, and nothing else
    assert answer.word is Word.FAILURE
    assert answer.body().startswith(b"failure\n")
