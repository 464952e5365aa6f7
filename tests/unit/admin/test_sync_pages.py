"""Sync through the API and the pages: dry run with its differences, pauses, comparison, repair."""

from __future__ import annotations

import pytest

from mostik.admin.routing import PREFIX
from mostik.sync.run import RunKind, RunState
from tests.support.adminrig import AdminRig
from tests.support.rig import Rig
from tests.unit.admin_pages.test_pages import open_page, send_form
from tests.unit.sync.stories import finished, run_of, stocked


@pytest.fixture
def rig() -> AdminRig:
    """Three things, of which two are carried over; one of them was changed since."""
    rig = AdminRig(stocked(Rig(), 2))
    run_of(rig.rig, RunKind.FULL)
    rig.rig.here.put("0001", "another text")
    rig.rig.here.put("0002", "text 2")
    return rig


def test_a_dry_run_says_field_by_field_what_would_change(rig: AdminRig) -> None:
    # GIVEN
    oleg = rig.browser("oleg")
    # WHEN a dry run is made
    run = oleg.call("POST", f"{PREFIX}/runs", {"link": "link", "kind": "dry"}).json
    found = rig.desk.runs.runs.get(run["id"])
    assert found is not None
    finished(rig.rig, found)
    # THEN its page shows each field with both values, and nothing was written
    diff = oleg.call("GET", f"{PREFIX}/runs/{run['id']}/diff").json
    by_key = {one["key"]: one for one in diff["records"]}
    assert by_key["0001"]["verdict"] == "updated"
    [change] = [one for one in by_key["0001"]["changes"] if one["path"] == "text"]
    assert (change["side"], change["before"], change["after"]) == (
        "right", "text 1", "another text",
    )  # fmt: skip
    assert by_key["0002"]["verdict"] == "created"
    text = open_page(oleg, f"/sync/runs/{run['id']}").text
    assert "<b>another text</b>" in text
    only = open_page(oleg, f"/sync/runs/{run['id']}?verdict=created", language="ru").text
    assert "another text" not in only
    assert "Что изменилось бы" in only
    assert set(rig.rig.there.texts().values()) == {"text 0", "text 1"}


def test_a_run_over_named_records_is_paused_and_goes_on(rig: AdminRig) -> None:
    # GIVEN a run over one named record
    oleg = rig.browser("oleg")
    fields = {"csrf": oleg.csrf, "link": "link", "kind": "manual", "side": "left", "ids": "0001"}
    started = send_form(oleg, "/sync/runs", fields)
    name = started.headers["Location"].rpartition("/")[2]
    place = f"/sync/runs/{name}"
    # WHEN it is paused
    assert send_form(oleg, f"{place}/pause", {"csrf": oleg.csrf}).status == 303
    page = open_page(oleg, place).text
    assert "paused by oleg@shop.example" in page
    assert "only 1 named record" in page
    rig.rig.minute()
    assert "another text" not in rig.rig.there.texts().values()
    # AND goes on
    assert send_form(oleg, f"{place}/resume", {"csrf": oleg.csrf}).status == 303
    found = rig.desk.runs.runs.get(name)
    assert found is not None
    ended = finished(rig.rig, found)
    # THEN that record went over, and no other
    assert ended.state is RunState.DONE
    assert set(rig.rig.there.texts().values()) == {"text 0", "another text"}


def test_a_paused_link_starts_no_run_and_says_who_has_stopped_it(rig: AdminRig) -> None:
    oleg = rig.browser("oleg")
    base = "/sync/links/link/steer"
    assert send_form(oleg, f"{base}/pause", {"csrf": oleg.csrf}).status == 303
    [link] = oleg.call("GET", f"{PREFIX}/links").json["links"]
    assert "oleg@shop.example" in link["paused"]
    refused = oleg.call("POST", f"{PREFIX}/runs", {"link": "link", "kind": "full"})
    assert refused.status == 409
    assert "Resume the link" in open_page(oleg, "/sync").text
    assert send_form(oleg, f"{base}/resume", {"csrf": oleg.csrf}).status == 303
    assert oleg.call("POST", f"{PREFIX}/runs", {"link": "link", "kind": "full"}).status == 202


def test_both_sides_are_compared_and_what_differs_is_repaired(rig: AdminRig) -> None:
    # GIVEN
    oleg = rig.browser("oleg")
    place = "/sync/links/link/compare"
    assert "Compare now" in open_page(oleg, place).text
    # WHEN both sides are compared
    assert send_form(oleg, place, {"csrf": oleg.csrf}).status == 303
    found = oleg.call("GET", f"{PREFIX}/links/link/comparison").json["comparison"]
    # THEN numbers, hashes and the differing records are there
    assert found["part"] == "done"
    assert (found["left"]["listed"], found["right"]["listed"]) == (3, 2)
    assert found["left"]["hash"] != found["right"]["hash"]
    assert found["lacks"] == {"differs": 1, "missing_right": 1}
    text = open_page(oleg, place).text
    assert "0001" in text
    assert "0002" in text
    # AND WHEN it is repaired and compared again
    fields = {"csrf": oleg.csrf, "act": "repair", "comparison": found["id"], "reason": "night"}
    assert send_form(oleg, place, fields).status == 303
    rig.rig.settle_down()
    send_form(oleg, place, {"csrf": oleg.csrf})
    # THEN both sides have one hash
    again = oleg.call("GET", f"{PREFIX}/links/link/comparison").json["comparison"]
    assert again["lacks"] == {}
    assert again["left"]["hash"] == again["right"]["hash"]
    assert oleg.call("GET", f"{PREFIX}/comparisons/{'0' * 26}/differences").status == 404
