"""Conflicts through the API and the pages: both values beside each other, and a decision."""

from __future__ import annotations

from typing import Any

import pytest

from mostik.admin.routing import PREFIX
from mostik.sync.link import Links
from tests.support.adminrig import AdminRig
from tests.unit.admin_pages.test_pages import ATTACK, PAYLOAD, open_page, send_form
from tests.unit.sync.test_documents import edit, run, twins

PLACE = {"link": "things", "side": "left", "key": "1"}


@pytest.fixture
def rig() -> AdminRig:
    """Nobody owns the text of a thing, and both sides have changed it."""
    rig = AdminRig()
    Links(rig.rig.table, rig.clock).remove("link")
    there = twins(rig.rig, "owner: person\n")
    edit(rig.rig.here, "1", text="ours")
    edit(rig.rig.there, there, text=f"theirs {PAYLOAD}")
    run(rig.rig)
    rig.rig.restart()
    return rig


def there(rig: AdminRig) -> str:
    """What the other side says."""
    [text] = rig.rig.there.texts().values()
    return text


def looked(rig: AdminRig) -> Any:
    """The conflict, as the API tells it."""
    return rig.browser("vera").call("GET", f"{PREFIX}/conflicts/one", query=PLACE).json


def test_a_conflict_is_listed_shown_decided_and_carried_out(rig: AdminRig) -> None:
    # GIVEN
    oleg = rig.browser("oleg")
    [item] = oleg.call("GET", f"{PREFIX}/conflicts", query={"link": "things"}).json["conflicts"]
    assert (item["key"], item["kind"], item["paths"]) == ("1", "fields", ["text"])
    assert oleg.call("GET", f"{PREFIX}/conflicts/count", query={"link": "things"}).json["open"] == 1
    [dispute] = looked(rig)["disputes"]
    assert (dispute["left"], dispute["right"]) == ("ours", f"theirs {PAYLOAD}")
    # WHEN somebody says that ours stays
    choice = {"path": "text", "side": "left", "mark": dispute["mark"]}
    wanted = {**PLACE, "choices": [choice], "reason": "they mistyped it"}
    decided = oleg.call("POST", f"{PREFIX}/conflicts/decide", wanted)
    assert (decided.status, decided.json["decided"]) == (202, {"text": "left"})
    rig.rig.settle_down()
    # THEN it is so, nothing is open, and the audit says who and why
    assert there(rig) == "ours"
    assert oleg.call("GET", f"{PREFIX}/conflicts", query={"link": "things"}).json["conflicts"] == []
    [told] = oleg.call("GET", f"{PREFIX}/audit", query={"action": "conflict"}).json["entries"]
    assert (told["who"], told["reason"], told["result"]) == (
        "oleg@shop.example", "they mistyped it", "text: left",
    )  # fmt: skip


def test_a_decision_about_other_values_is_not_carried_out_and_says_so(rig: AdminRig) -> None:
    # GIVEN a decision, and a record that is changed before it is carried out
    oleg = rig.browser("oleg")
    [dispute] = looked(rig)["disputes"]
    choice = {"path": "text", "side": "left", "mark": dispute["mark"]}
    assert (
        oleg.call("POST", f"{PREFIX}/conflicts/decide", {**PLACE, "choices": [choice]}).status
        == 202
    )
    edit(rig.rig.here, "1", text="ours, once more")
    # WHEN
    rig.rig.settle_down()
    # THEN the other side is as it was, and the page asks anew
    assert there(rig).startswith("theirs")
    assert looked(rig)["outrun"] == ["text"]
    text = open_page(oleg, "/sync/conflicts/one?link=things&side=left&key=1").text
    assert "was changed after that" in text


def test_the_pages_of_a_conflict_show_both_values_and_keep_one(rig: AdminRig) -> None:
    # GIVEN
    oleg = rig.browser("oleg")
    listed = open_page(oleg, "/sync/conflicts?link=things").text
    place = "/sync/conflicts/one"
    text = open_page(oleg, f"{place}?link=things&side=left&key=1", language="ru").text
    assert "<code>text</code>" in listed
    assert "Оставить всё слева" in text
    # THEN what a side says is text, whatever it says
    assert "ours" in text
    assert not ATTACK.search(text)
    # WHEN everything of the left side is kept
    [dispute] = looked(rig)["disputes"]
    fields = {**PLACE, "csrf": oleg.csrf, "path": "text", "mark": dispute["mark"], "all": "left"}
    reply = send_form(oleg, place, fields)
    # THEN
    assert reply.status == 303
    assert "sync/conflicts?link=things" in reply.headers["Location"]
    rig.rig.settle_down()
    assert there(rig) == "ours"
    # AND who only looks has no buttons
    edit(rig.rig.here, "1", text="a")
    viewer = rig.browser("vera")
    assert "Keep all" not in open_page(viewer, "/sync/conflicts?link=things").text


def test_nothing_open_is_a_sentence_and_no_defect(rig: AdminRig) -> None:
    vera = rig.browser("vera")
    gone = vera.call("GET", f"{PREFIX}/conflicts/one", query={**PLACE, "key": "77"})
    assert gone.status == 409
    assert "Nothing is open" in gone.json["title"]
    assert open_page(vera, "/sync/conflicts/one?link=things&side=left&key=77").status == 409
