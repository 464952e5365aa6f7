"""The sandbox site behaves at its exchange as Bitrix' own components do."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest

from local.sandbox.onec.catalogue import Catalogue
from local.sandbox.onec.ledger import Ledger
from local.sandbox.onec.program import Habits, Program, Site
from local.sandbox.server import Call
from local.sandbox.site import RestDoor, SiteConfig, SiteSandbox, a_box
from mostik.commerceml.client_reply import HttpCall, HttpReply
from tests.support.clock import FakeClock

SCRIPT = "/bitrix/admin/1c_exchange.php"
LOGIN = {"authorization": f"Basic {b64encode(b'exchange:sandbox-exchange-0000').decode()}"}


@dataclass
class Caller:
    """Calls a site's exchange without a socket."""

    site: SiteSandbox
    headers: dict[str, str] = field(default_factory=dict)
    sessid: str = ""

    def __call__(
        self, kind: str, mode: str, body: bytes = b"", headers: Mapping[str, str] = {}, **more: str
    ) -> list[str]:
        query = {"type": kind, "mode": mode, **more}
        if self.sessid:
            query["sessid"] = self.sessid
        call = Call("GET", SCRIPT, urlencode(query), {**self.headers, **headers}, body, "x")
        answer = self.site.answer(call)
        assert answer.status == 200
        charset = answer.content_type.partition("charset=")[2]
        return answer.body.decode(charset).split("\n")

    def login(self, kind: str = "sale") -> None:
        _, name, value, token, *_ = self(kind, "checkauth", headers=LOGIN)
        self.headers["cookie"] = f"{name}={value}"
        self.sessid = token.removeprefix("sessid=")


def a_caller(**changes: object) -> Caller:
    clock = FakeClock()
    config = SiteConfig(portal=a_box(clock=clock), **changes)  # type: ignore[arg-type]  # its own
    return Caller(SiteSandbox(config))


def program_at(site: SiteSandbox, **habits: object) -> Program:
    def http(call: HttpCall) -> HttpReply:
        path, _, query = call.url.partition("?")
        headers = {name.lower(): value for name, value in call.headers.items()}
        path = path.removeprefix("https://shop.example")
        answer = site.answer(Call(call.method, path, query, headers, call.body, "x"))
        return HttpReply(answer.status, {"content-type": answer.content_type}, answer.body)

    own = Site(f"https://shop.example{SCRIPT}", "exchange", "sandbox-exchange-0000")
    return Program(http, own, Habits(**habits), ledger=Ledger())  # type: ignore[arg-type]  # its own


def an_order(site: SiteSandbox) -> int:
    fields = {"lid": "s1", "personTypeId": 3, "currency": "RUB"}
    return int(site.run("sale.order.add", fields=fields)["order"]["id"])


def test_a_login_gives_a_cookie_and_a_token_and_only_the_right_one_is_let_in() -> None:
    # GIVEN a site
    call = a_caller()
    # WHEN somebody logs in without, with a wrong and with the right password
    wrong = {"authorization": f"Basic {b64encode(b'exchange:no').decode()}"}
    # THEN only the last one gets further
    assert call("sale", "checkauth")[0] == "failure"
    assert call("sale", "checkauth", headers=wrong)[0] == "failure"
    assert call("sale", "query")[0] == "failure"
    call.login()
    assert call("sale", "query")[0].startswith("<?xml")
    # AND a call without the session's token is refused
    call.sessid = ""
    assert call("sale", "query")[0] == "failure"


def test_a_schema_that_is_asked_for_makes_four_lines_and_none_makes_two() -> None:
    call = a_caller()
    call.login()
    assert call("sale", "init") == ["zip=yes", "file_limit=204800"]
    assert call("sale", "init", version="2.10")[2:] == [f"sessid={call.sessid}", "version=2.09"]


def test_an_old_module_knows_neither_tokens_nor_schemas() -> None:
    call = a_caller(sessid=False, modern=False)
    assert len(call("sale", "checkauth", headers=LOGIN)) == 4  # three lines, and the end of one
    _, name, value, _ = call("sale", "checkauth", headers=LOGIN)
    call.headers["cookie"] = f"{name}={value}"
    assert len(call("sale", "init", version="2.09")) == 2


def test_a_watermark_is_committed_as_of_the_question_and_by_the_last_login_only() -> None:
    # GIVEN two sessions, of which the second has logged in last
    first = a_caller()
    first.login()
    second = Caller(first.site)
    first("sale", "query")
    second.login()
    # WHEN the first one says that it took the orders THEN it is not believed
    assert first("sale", "success") == ["error", ""]
    # AND the second one is, as of the last question that anybody has asked
    asked_at = int(first.site.clock())
    second("sale", "query")
    assert second("sale", "success") == ["success", ""]
    options = first.site.exchange.options
    assert options["last_export_time_committed_/bitrix/admin/1c_excha"] == str(asked_at)


def test_an_order_that_1c_has_changed_is_given_again_unless_the_site_keeps_that_apart() -> None:
    for echoes, expected in ((True, ["1"]), (False, [])):
        # GIVEN an order that a 1C has taken and changed
        clock = FakeClock()
        site = SiteSandbox(SiteConfig(portal=a_box(clock=clock), echoes=echoes))
        an_order(site)
        program = program_at(site)
        clock.advance(60)
        program.exchange_orders()
        clock.advance(60)
        program.ledger.choose("1", "P")
        program.send_orders()
        # WHEN it asks again THEN that depends on the site
        clock.advance(60)
        assert list(program.take_orders().loaded) == expected
        assert site.trade.store.orders.rows[1]["statusId"] == "P"


def test_a_payment_that_a_document_lacks_is_deleted_in_newer_schemas_only() -> None:
    for schema, left in (("2.09", 0), (None, 1)):
        # GIVEN an order with a payment, and a 1C that keeps no documents of payments
        clock = FakeClock()
        site = SiteSandbox(SiteConfig(portal=a_box(clock=clock)))
        order = an_order(site)
        fields = {"orderId": order, "paySystemId": 48, "sum": 100, "paid": "N"}
        site.run("sale.payment.add", fields=fields)
        program = program_at(site)
        program.exchange_orders()
        # WHEN it sends the order back
        program.habits = Habits(schema=schema)
        program.ledger.choose("1", "P")
        program.send_orders()
        # THEN what the document lacks is gone where the site follows the newer schemas
        assert len(site.trade.store.payments) == left


def test_an_import_is_worked_off_in_steps_and_says_progress_meanwhile() -> None:
    # GIVEN a site that works off 20 records at a time, and a 1C with an archive
    site = SiteSandbox(SiteConfig(portal=a_box(), step=20))
    told: list[str] = []
    program = program_at(site, portion=100)
    program._say = told.append
    # WHEN it exports
    exported = program.export(Catalogue(products=100, pictures=0))
    # THEN all goods are there, and the site has said how far it was
    assert exported.whole
    assert len([row for row in site.catalog.goods if row["type"] not in (4, 5)]) == 100
    assert sum("progress" in line for line in told) > 5


def test_two_uploads_at_the_same_time_wipe_each_other() -> None:
    # GIVEN a session that has sent a file
    first = a_caller()
    first.login("catalog")
    first("catalog", "init")
    first("catalog", "file", b"<x/>", filename="import.xml")
    # WHEN another one begins
    second = Caller(first.site)
    second.login("catalog")
    second("catalog", "init")
    # THEN the first one's file is gone
    assert first("catalog", "import", filename="import.xml")[0] == "failure"


def test_a_closed_rest_is_not_there_and_a_half_open_one_refuses_users() -> None:
    closed = SiteSandbox(SiteConfig(rest=RestDoor.CLOSED))
    path = f"/rest/1/{closed.config.secret}/scope"
    assert closed.answer(Call("POST", path, "", {}, b"", "x")).status == 404
    half = SiteSandbox(SiteConfig(rest=RestDoor.HALF))
    path = path.replace("scope", "user.admin")
    assert half.answer(Call("POST", path, "", {}, b"", "x")).status == 403


def test_a_box_knows_no_crm() -> None:
    site = SiteSandbox()
    path = f"/rest/1/{site.config.secret}/crm.item.list"
    assert b"ERROR_METHOD_NOT_FOUND" in site.answer(Call("POST", path, "", {}, b"", "x")).body


@pytest.mark.parametrize("kind", ["listen", "reference", ""])
def test_a_type_that_is_not_known_is_refused_in_words(kind: str) -> None:
    assert a_caller()(kind, "checkauth")[:2] == ["failure", "Unknown command type."]


def test_options_and_records_outlive_a_restart() -> None:
    # GIVEN a site with an order and a committed watermark
    site = SiteSandbox()
    an_order(site)
    program_at(site).exchange_orders()
    # WHEN it is started again from what it has saved
    again = SiteSandbox()
    again.restore(site.snapshot())
    # THEN both are there
    assert len(again.trade.store.orders) == 1
    assert again.exchange.options == site.exchange.options != {}
