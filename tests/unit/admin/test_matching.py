"""Matching through the API and the pages: table, CSV, decisions, approval in parts."""

from __future__ import annotations

from typing import Any

import pytest

from mostik.admin import matchdesk
from mostik.admin.routing import PREFIX
from mostik.mapping.side import Side
from mostik.sync.link import Links
from mostik.sync.xref import Pairs
from tests.support.adminrig import AdminRig, Browser
from tests.support.rig import HERE
from tests.support.shelf import Thing
from tests.unit.admin_pages.test_pages import open_page, send_form
from tests.unit.sync.test_documents import applied

BASE = f"{PREFIX}/links/things/matching"
PAGE = "/sync/links/things/matching"


@pytest.fixture
def rig() -> AdminRig:
    """Two bases: one thing is the same by its key, one may be either of two, one is alone."""
    rig = AdminRig()
    Links(rig.rig.table, rig.clock).remove("link")
    applied(rig.rig, settled=False)
    for key in ("same", "twin", "alone"):
        rig.rig.here.put(key, key)
    carried = {"A": "same", "B": "twin", "C": "twin"}
    for key, ours in carried.items():
        thing = Thing(key=key, text=f"{ours} there", external_ids={HERE: ours})
        rig.rig.there.things[key] = thing
    return rig


def matched(who: Browser) -> Any:
    """Both bases are read."""
    reply = who.call("POST", BASE, {"reason": "first link"})
    assert reply.status == 200, reply.text
    return reply.json


def pair_of(rig: AdminRig, key: str) -> str | None:
    """The key on the other side, where the two are one."""
    pair = Pairs(rig.rig.table).find("things", Side.LEFT, key)
    return pair.keys[Side.RIGHT] if pair is not None and pair.is_linked else None


def test_two_bases_are_matched_decided_and_approved(rig: AdminRig) -> None:
    # GIVEN both are read
    anna = rig.browser("anna")
    table = matched(anna)
    assert table["counts"]["matched"] == 1
    assert not table["matched"]
    rows = anna.call("GET", f"{BASE}/rows", query={"state": "ambiguous"}).json["rows"]
    twin = next(row for row in rows if row["left"] == "twin")
    assert {one["key"] for one in twin["candidates"]} == {"B", "C"}
    # WHEN a person chooses, and approves
    decision = {
        "version": table["version"], "place": twin["place"], "verdict": "pair", "key": "C",
    }  # fmt: skip
    assert anna.call("POST", f"{BASE}/rows", decision).status == 200
    assert "2 records are paired." in anna.call("GET", BASE).json["comes_to"]
    wanted = {"version": table["version"], "reason": "looked at all of it"}
    done = anna.call("POST", f"{BASE}/approve", wanted)
    # THEN the pairs stand and the link may write
    assert (done.status, done.json["matched"]) == (200, True)
    assert (pair_of(rig, "same"), pair_of(rig, "twin"), pair_of(rig, "alone")) == ("A", "C", None)


def test_an_approval_that_runs_out_of_time_goes_on_where_it_was(
    rig: AdminRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a table that is written in parts of one, by a function that has no time
    monkeypatch.setattr(matchdesk, "_PART", 1)
    anna = rig.browser("anna")
    version = matched(anna)["version"]
    link = rig.desk.records.link("things")
    seconds = iter([9.0, 9.0, 0.0])
    reached = rig.desk.matching.approve(link, version, lambda: next(seconds))
    assert (reached.written, reached.link.matched) == (2, False)
    # WHEN somebody goes on; a decision is too late now
    late = {"version": version, "place": 0, "verdict": "leave"}
    assert anna.call("POST", f"{BASE}/rows", late).status == 409
    done = anna.call("POST", f"{BASE}/approve", {"version": version}).json
    # THEN all of it is written
    assert done["written"] == done["parts"] > 2
    assert done["matched"]


def test_a_sheet_comes_back_filled_in_as_an_old_excel_saves_it(rig: AdminRig) -> None:
    # GIVEN
    anna = rig.browser("anna")
    matched(anna)
    file = open_page(anna, f"{PAGE}/sheet")
    assert "attachment" in file.headers["Content-Disposition"]
    lines = file.text.splitlines()
    place = next(n for n, line in enumerate(lines) if ";twin;" in line and ";ambiguous;" in line)
    cells = lines[place].split(";")
    cells[8] = "B"
    lines[place] = ";".join(cells)
    sheet = "\r\n".join(lines).removeprefix("\ufeff").replace("alone", "один")
    # WHEN it is uploaded in windows-1251, as a file of a form
    reply = upload(anna, sheet.encode("windows-1251", "replace"))
    # THEN its decision counts
    assert reply == 303
    assert anna.call("GET", BASE).json["decided"] == 1
    # AND one that names nobody is refused with its line, and none of it is taken
    cells[8] = "Z"
    lines[place] = ";".join(cells)
    wrong = anna.call("POST", f"{BASE}/sheet", {"sheet": "\n".join(lines)})
    assert wrong.status == 422
    assert "'Z' is no record" in wrong.text
    assert anna.call("GET", BASE).json["decided"] == 1


def upload(who: Browser, data: bytes) -> int:
    """Sends a file as a browser does."""
    parts = (
        f'--edge\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{who.csrf}\r\n'
        '--edge\r\nContent-Disposition: form-data; name="sheet"; filename="a.csv"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    )
    body = parts.encode() + data + b"\r\n--edge--\r\n"
    kind = "multipart/form-data; boundary=edge"
    return who.call(
        "POST", f"/admin{PAGE}/sheet", body,
        headers={"accept": "text/html", "content-type": kind, "x-csrf-token": ""},
    ).status  # fmt: skip


def test_an_old_table_and_another_table_are_not_approved(rig: AdminRig) -> None:
    anna = rig.browser("anna")
    version = matched(anna)["version"]
    assert anna.call("POST", f"{BASE}/approve", {"version": "0" * 10}).status == 409
    rig.clock.advance(90_000)
    late = rig.browser("anna").call("POST", f"{BASE}/approve", {"version": version})
    assert (late.status, "more than a day ago" in late.json["title"]) == (409, True)
    assert pair_of(rig, "same") is None


def test_who_only_looks_sees_numbers_and_no_names(rig: AdminRig) -> None:
    matched(rig.browser("oleg"))
    text = open_page(rig.browser("vera"), PAGE).text
    assert "operators see them" in text
    assert "twin" not in text
    assert "twin" in open_page(rig.browser("oleg"), PAGE).text


def test_the_pages_match_decide_and_approve(rig: AdminRig) -> None:
    anna = rig.browser("anna")
    fields = {"csrf": anna.csrf, "reason": "new shop"}
    assert "Match both bases" in open_page(anna, PAGE).text
    assert send_form(anna, PAGE, fields).status == 303
    found = anna.call("GET", BASE).json
    [row] = [one for one in anna.call("GET", f"{BASE}/rows").json["rows"] if one["left"] == "twin"]
    choice = {"version": found["version"], "place": str(row["place"]), "decision": "pair:B"}
    assert send_form(anna, f"{PAGE}/rows", {**fields, **choice}).status == 303
    approved = send_form(anna, f"{PAGE}/approve", {**fields, "version": found["version"]})
    assert approved.status == 303
    assert pair_of(rig, "twin") == "B"
    assert "Сопоставление" in open_page(anna, PAGE, language="ru").text


def test_an_empty_base_needs_no_matching(rig: AdminRig) -> None:
    anna = rig.browser("anna")
    reply = send_form(anna, f"{PAGE}/waive", {"csrf": anna.csrf, "reason": "the shop is empty"})
    assert reply.status == 303
    assert anna.call("GET", BASE).json["matched"]
