"""Mapping through the API and the page: what is said, tried on a real record, and kept."""

from __future__ import annotations

import pytest

from mostik.admin.routing import PREFIX
from mostik.sync.link import Links
from tests.support.adminrig import AdminRig
from tests.unit.admin_pages.test_pages import open_page, send_form
from tests.unit.sync.test_documents import STATUSES, applied, run

BASE = f"{PREFIX}/links/things"


@pytest.fixture
def rig() -> AdminRig:
    """A link whose statuses the other side spells in its own way."""
    rig = AdminRig()
    Links(rig.rig.table, rig.clock).remove("link")
    applied(rig.rig, STATUSES)
    rig.rig.here.put("1", "new")
    rig.rig.here.put("2", "lost")
    return rig


def test_a_record_is_tried_field_by_field_with_the_reason(rig: AdminRig) -> None:
    # GIVEN
    vera = rig.browser("vera")
    # WHEN a record is tried under the link as it is kept
    tried = vera.call("POST", f"{BASE}/preview", {"key": "1"}).json
    # THEN each field says what it becomes and how; nothing is written
    [step] = tried["steps"]
    assert (step["field"], step["before"], step["after"]) == ("text", "new", "N")
    assert "dictionary" in step["sentence"]
    assert tried["there"] is None
    assert rig.rig.there.things == {}
    # AND a value that no dictionary knows is a sentence
    lost = vera.call("POST", f"{BASE}/preview", {"key": "2"}).json
    assert "status" in lost["problems"][0]
    assert vera.call("POST", f"{BASE}/preview", {"key": "77"}).status == 404


def test_a_text_is_tried_before_it_is_kept_and_mends_what_lies_in_quarantine(rig: AdminRig) -> None:
    # GIVEN a record in quarantine
    run(rig.rig)
    anna = rig.browser("anna")
    text = anna.call("GET", f"{BASE}/document").json["text"]
    better = text.replace("entries:\n", "entries:\n    - {left: lost, right: L}\n")
    # WHEN the better text is tried
    tried = anna.call("POST", f"{BASE}/preview", {"key": "2", "text": better}).json
    assert [step["after"] for step in tried["steps"]] == ["L"]
    review = anna.call("POST", f"{BASE}/document/check", {"text": better}).json
    assert review["changes"]
    assert len(anna.call("GET", f"{BASE}/document").json["versions"]) == 1
    # AND kept
    rig.clock.advance(1)
    kept = anna.call("PUT", f"{BASE}/document", {"text": better, "reason": "a new status"})
    assert (kept.status, kept.json["changes"]) == (200, review["changes"])
    rig.clock.advance(61)
    rig.rig.restart()
    rig.rig.settle_down()
    # THEN the record went over without anybody touching it
    assert set(rig.rig.there.texts().values()) == {"N", "L"}
    assert len(anna.call("GET", f"{BASE}/document").json["versions"]) == 2


def test_a_wrong_text_names_its_lines_and_is_not_kept(rig: AdminRig) -> None:
    anna = rig.browser("anna")
    text = anna.call("GET", f"{BASE}/document").json["text"]
    for wrong in (text.replace("dictionary: statuses", "dictionary: colours"), "a: [", ""):
        reply = anna.call("PUT", f"{BASE}/document", {"text": wrong or "x"})
        assert reply.status == 422
    other = anna.call("PUT", f"{BASE}/document", {"text": text.replace("id: things", "id: other")})
    assert "holds one link" in other.json["title"]
    assert len(anna.call("GET", f"{BASE}/document").json["versions"]) == 1


def test_the_page_shows_fields_dictionaries_and_the_preview(rig: AdminRig) -> None:
    # GIVEN
    anna = rig.browser("anna")
    page = open_page(anna, "/mapping/things?key=1").text
    assert "<b>N</b>" in page
    assert "READY" in page
    # WHEN the text is changed while a record is looked at: only the preview is rendered
    text = anna.call("GET", f"{BASE}/document").json["text"]
    fields = {"csrf": anna.csrf, "side": "left", "key": "1",
              "text": text.replace("right: N", "right: NEW")}  # fmt: skip
    part = send_form(
        anna, "/mapping/things", fields, **{"hx-request": "true", "hx-target": "preview"}
    ).text
    assert "<b>NEW</b>" in part
    assert "<html" not in part
    # AND WHEN it is reviewed and kept
    review = send_form(anna, "/mapping/things", {**fields, "act": "review"})
    assert review.status == 200
    assert send_form(anna, "/mapping/things", {**fields, "act": "keep"}).status == 303
    # THEN
    assert "NEW" in anna.call("GET", f"{BASE}/document").json["text"]
    wrong = send_form(anna, "/mapping/things", {**fields, "text": "a: [", "act": "keep"})
    assert wrong.status == 422
    assert "readonly" in open_page(rig.browser("vera"), "/mapping/things").text


def test_a_link_that_follows_from_settings_says_so() -> None:
    rig = AdminRig()
    vera = rig.browser("vera")
    assert "follows from the settings" in open_page(vera, "/mapping").text
    assert open_page(vera, "/mapping/link").status == 200
