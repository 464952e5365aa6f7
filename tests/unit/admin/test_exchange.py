"""Exchange 1C through the API and its pages: sessions, files, orders, and both once more."""

from __future__ import annotations

from mostik.admin.routing import PREFIX
from mostik.errors import GiveUp, WhoActs
from tests.support.onec_admin import admin_over, an_order_for_1c, one_query
from tests.support.onec_world import ONEC, Stack
from tests.unit.admin_pages.test_pages import open_page, send_form
from tests.unit.imports.files import catalogue, file, good, offer, package

BASE = f"{PREFIX}/exchange/{ONEC}"


def brought(**settings: object) -> Stack:
    """A stack to which 1C has brought two goods, one of which the shop refuses."""
    stack = Stack(settings)
    stack.shop.refused["b"] = GiveUp("Too long.", who=WhoActs.EXTERNAL_ADMIN)
    goods = catalogue(good("a", more="<Новинка>да</Новинка>"), good("b"))
    stack.program().push([file("import.xml", goods, package(offer("a", "5"), offer("b")))])
    return stack


def test_a_session_shows_its_files_its_records_and_what_1c_was_told() -> None:
    # GIVEN a session with a good that the shop refuses and an element that nobody knows
    stack = brought()
    viewer = admin_over(stack).browser("vera")
    # WHEN a person looks at the exchange
    [line] = viewer.call("GET", f"{PREFIX}/exchange").json["exchanges"]
    [session] = viewer.call("GET", f"{BASE}/sessions").json["sessions"]
    detail = viewer.call("GET", f"{BASE}/sessions/{session['session']}").json
    # THEN it says when 1C was here, how far the session is and what is wrong with it
    assert line["connection"] == ONEC
    assert line["seen_at"] is not None
    assert (session["state"], session["files"]) == ("partial", 1)
    assert "Отложено с ошибкой" in session["trouble"]
    [one] = detail["imports"]
    lanes = {lane["resource"]: lane for lane in one["carried"]}
    assert lanes["products"]["counts"] == {"created": 1, "quarantined": 1}
    assert lanes["products"]["run"]
    assert one["answer"].startswith("success\n")
    assert one["unknown"] == {"Товар/Новинка": 1}
    assert [file["fragments"] for file in detail["kept"]] == [1]
    assert "товары: записей 2" in detail["report"]


def test_sessions_are_paged_from_the_newest_to_the_oldest() -> None:
    stack = brought()
    for _ in range(4):
        stack.clock.advance(3_600)
        stack.program().push([file("import.xml", catalogue(good("a")))])
    viewer = admin_over(stack).browser("vera")
    names: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = viewer.call("GET", f"{BASE}/sessions", query=query).json
        names += [one["session"] for one in page["sessions"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert len(set(names)) == len(names) == 5
    assert names == sorted(names, reverse=True)


def test_a_session_is_imported_again_once_for_each_key_and_the_audit_says_why() -> None:
    # GIVEN a session, and a shop that takes the good by now
    stack = brought()
    stack.shop.refused.clear()
    rig = admin_over(stack)
    oleg = rig.browser("oleg")
    [session] = oleg.call("GET", f"{BASE}/sessions").json["sessions"]
    path = f"{BASE}/sessions/{session['session']}/again"
    # WHEN it is imported again, and the request is sent twice
    for _ in range(2):
        reply = oleg.call("POST", path, {"reason": "fixed"}, headers={"idempotency-key": "k"})
        assert reply.status == 202
    stack.settle_down()
    # THEN
    detail = oleg.call("GET", f"{BASE}/sessions/{session['session']}").json
    assert [one["by"] for one in detail["imports"]] == ["1c", "again"]
    assert detail["imports"][-1]["state"] == "done"
    assert len(stack.shop.records["products"]) == 2
    [told] = oleg.call("GET", f"{PREFIX}/audit", query={"action": "exchange"}).json["entries"]
    assert (told["about"], told["reason"]) == (f"session/{session['session']}", "fixed")


def test_a_session_whose_files_are_gone_says_so() -> None:
    stack = brought()
    for item in stack.table.rows("upload#"):
        stack.table.remove(item["pk"], item["sk"])
    oleg = admin_over(stack).browser("oleg")
    [session] = oleg.call("GET", f"{BASE}/sessions").json["sessions"]
    refused = oleg.call("POST", f"{BASE}/sessions/{session['session']}/again", {})
    assert refused.status == 409
    assert "no longer kept" in refused.json["title"]
    assert oleg.call("GET", f"{BASE}/sessions/{'0' * 26}").status == 404


def test_an_order_says_which_call_took_it_and_is_given_again() -> None:
    # GIVEN an order that was read once in vain and then taken, and one that waits
    stack = Stack()
    an_order_for_1c(stack, "1", "1001")
    one_query(stack, success=False)
    stack.clock.advance(60)
    one_query(stack, success=True)
    stack.clock.advance(60)
    an_order_for_1c(stack, "2", "1002")
    oleg = admin_over(stack).browser("oleg")
    # WHEN a person asks for it
    [order] = oleg.call("GET", f"{BASE}/orders", query={"number": "1001"}).json["orders"]
    # THEN both calls are there, and only the later one is confirmed
    assert [call["confirmed"] for call in order["calls"]] == [True, False]
    assert order["standing"] == "taken"
    [waits] = oleg.call("GET", f"{BASE}/orders").json["orders"]
    assert waits["number"] == "1002"
    calls = oleg.call("GET", f"{BASE}/calls").json["calls"]
    assert [one["taken"] for one in calls] == [True, False]
    assert calls[0]["left_out"] == {"17": "Заказ 17: нет валюты."}
    # AND WHEN it is given again
    wanted = {"numbers": ["1001"], "reason": "1C was restored from a copy"}
    assert oleg.call("POST", f"{BASE}/orders/again", wanted).status == 200
    # THEN both wait
    found = oleg.call("GET", f"{BASE}/orders").json["orders"]
    assert {one["number"] for one in found} == {"1001", "1002"}
    # AND what nobody knows is said, and nothing is not "everything"
    assert oleg.call("GET", f"{BASE}/orders", query={"number": "77"}).json == {"orders": []}
    assert oleg.call("POST", f"{BASE}/orders/again", {"numbers": ["77"]}).status == 422
    assert oleg.call("POST", f"{BASE}/orders/again", {}).status == 422


def test_the_pages_of_the_exchange_show_it_and_do_it() -> None:
    # GIVEN
    stack = brought()
    an_order_for_1c(stack, "1", "1001")
    one_query(stack, success=True)
    rig = admin_over(stack)
    oleg = rig.browser("oleg")
    # WHEN the pages are opened
    text = open_page(oleg, "/exchange").text
    [session] = oleg.call("GET", f"{BASE}/sessions").json["sessions"]
    place = f"/exchange/{ONEC}/sessions/{session['session']}"
    detail = open_page(oleg, place, language="ru").text
    orders = open_page(oleg, "/exchange/orders?number=1001").text
    # THEN
    assert session["session"] in text
    assert "import.xml" in detail
    assert "Отчёт для программиста 1С" in detail
    assert "1001" in orders
    assert "Give again" in orders
    # AND their buttons do what they say
    stack.shop.refused.clear()
    fields = {"csrf": oleg.csrf, "reason": "fixed"}
    assert send_form(oleg, f"{place}/again", fields).status == 303
    fields |= {"numbers": "1001"}
    assert send_form(oleg, f"/exchange/{ONEC}/orders/again", fields).status == 303
    assert len(oleg.call("GET", f"{BASE}/orders").json["orders"]) == 1
    # AND who only looks sees no buttons
    viewer = rig.browser("vera")
    assert "Import again" not in open_page(viewer, place).text
