"""Jobs, runs, records and the log through the API: four steps, idempotency keys, reasons, audit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from mostik.admin.routing import PREFIX
from mostik.errors import Family, GiveUp, WhoActs
from mostik.jobs.row import Failure, JobState
from mostik.requestlog.store import RequestLog
from mostik.sync.link import Side
from mostik.sync.xref import Pair, Pairs
from tests.aws.entries import NOON, entry
from tests.support.adminrig import AdminRig, Browser
from tests.support.clock import STARTS_AT
from tests.support.rig import HERE, THERE
from tests.unit.jobs.rows import EVENT, row

WHY = Failure(Family.GIVE_UP, "The order is gone.", WhoActs.ADMIN, STARTS_AT, "NOT_FOUND")
PHONE = "+79990000017"


@pytest.fixture
def rig() -> AdminRig:
    return AdminRig()


@pytest.fixture
def oleg(rig: AdminRig) -> Browser:
    return rig.browser("oleg")


@pytest.fixture
def anna(rig: AdminRig) -> Browser:
    return rig.browser("anna")


def fail(rig: AdminRig, *names: str) -> list[str]:
    """Leaves failed jobs. Returns their ids."""
    rows = []
    for name in names:
        event = replace(EVENT, id=f"shop:{name}", content={"phone": PHONE, "name": name})
        rows.append(replace(row(JobState.FAILED, event, failure=WHY), id=event.id))
        assert rig.rig.rows.write(rows[-1], None).done
    return [one.id for one in rows]


def test_many_failed_jobs_are_repeated_in_four_steps(rig: AdminRig, oleg: Browser) -> None:
    # GIVEN five failed jobs
    fail(rig, *"abcde")
    # WHEN 1: filter, 2: count
    page = oleg.call("GET", f"{PREFIX}/jobs/failed", query={"because": "gone", "limit": "2"}).json
    assert len(page["jobs"]) == 2
    more = oleg.call("GET", f"{PREFIX}/jobs/failed", query={"cursor": page["cursor"]}).json
    assert len(more["jobs"]) == 3
    wanted = {"because": "gone", "connection": "shop"}
    count = oleg.call("POST", f"{PREFIX}/jobs/failed/count", wanted).json
    assert (count["jobs"], count["groups"][0]["reason"]) == (5, "The order is gone.")
    # AND 3: confirm, which needs the number that was shown, and a reason
    start = {"filter": wanted, "matching": 4, "reason": "the price type is back"}
    refused = oleg.call("POST", f"{PREFIX}/jobs/replays", start)
    assert (refused.status, refused.json["jobs"]) == (409, 5)
    no_reason = {**start, "matching": 5, "reason": ""}
    assert oleg.call("POST", f"{PREFIX}/jobs/replays", no_reason).status == 422
    started = oleg.call("POST", f"{PREFIX}/jobs/replays", {**start, "matching": 5})
    assert (started.status, started.json["by"]) == (202, "oleg@shop.example")
    # AND 4: progress
    rig.rig.tick()
    path = f"{PREFIX}/jobs/replays/{started.json['id']}"
    ended = oleg.call("GET", path).json
    # THEN
    assert (ended["state"], ended["replayed"]) == ("done", 5)
    assert oleg.call("POST", f"{path}/cancel", {}).status == 409
    told = oleg.call("GET", f"{PREFIX}/audit", query={"action": "jobs.replay"}).json["entries"]
    assert [(one["action"], one["outcome"], one["reason"]) for one in told] == [
        ("jobs.replay.cancel", "refused", ""),
        ("jobs.replay", "done", "the price type is back"),
    ]


def test_a_key_acts_once_however_often_it_is_sent(rig: AdminRig, oleg: Browser) -> None:
    # GIVEN
    fail(rig, "a", "b")
    body = {"filter": {}, "matching": 2, "reason": "again"}
    key = {"idempotency-key": "button-1"}
    # WHEN the same click arrives twice
    first = oleg.call("POST", f"{PREFIX}/jobs/replays", body, headers=key)
    again = oleg.call("POST", f"{PREFIX}/jobs/replays", body, headers=key)
    # THEN
    assert first.json == again.json
    assert len(oleg.call("GET", f"{PREFIX}/jobs/replays").json["replays"]) == 1
    # AND the key does nothing else
    other = oleg.call("POST", f"{PREFIX}/jobs/replays", {**body, "reason": "x"}, headers=key)
    assert other.status == 422
    # AND another person's key is another key
    anna = rig.browser("anna")
    assert anna.call("POST", f"{PREFIX}/jobs/replays", body, headers=key).status == 202


def test_a_refused_action_leaves_its_key_free(rig: AdminRig, oleg: Browser) -> None:
    # GIVEN a key whose action was refused
    key = {"idempotency-key": "button-1"}
    body = {"filter": {}, "matching": 1, "reason": "again"}
    assert oleg.call("POST", f"{PREFIX}/jobs/replays", body, headers=key).status == 409
    # WHEN there is something to do
    fail(rig, "a")
    # THEN
    assert oleg.call("POST", f"{PREFIX}/jobs/replays", body, headers=key).status == 202


def test_an_action_that_was_cut_off_blocks_its_key_for_a_minute(
    rig: AdminRig, oleg: Browser
) -> None:
    # GIVEN an action whose function died in between
    [job] = fail(rig, "a")
    key = {"idempotency-key": "button-1"}
    body = {"id": job}
    oleg.call("POST", f"{PREFIX}/jobs/replay", body, headers=key)
    [item] = rig.rig.table.rows("once#")
    rig.rig.table.put({name: value for name, value in item.items() if name != "answer"})
    # THEN
    busy = oleg.call("POST", f"{PREFIX}/jobs/replay", body, headers=key)
    assert (busy.status, busy.headers["Retry-After"]) == (409, "5")
    rig.clock.advance(61)
    assert (
        oleg.call("POST", f"{PREFIX}/jobs/replay", body, headers=key)
        .json["title"]
        .startswith("The job")
    )


def test_one_job_is_shown_masked_revealed_with_an_audit_and_repeated(
    rig: AdminRig, oleg: Browser
) -> None:
    # GIVEN
    [job] = fail(rig, "a")
    # THEN
    shown = oleg.call("GET", f"{PREFIX}/jobs/one", query={"id": job})
    assert (shown.status, shown.json["code"]) == (200, "NOT_FOUND")
    assert PHONE not in shown.text
    revealed = oleg.call("POST", f"{PREFIX}/jobs/reveal", {"id": job, "reason": "the buyer asks"})
    assert PHONE in revealed.text
    entry = oleg.call("GET", f"{PREFIX}/audit").json["entries"][0]
    assert (entry["action"], entry["reason"]) == ("job.reveal", "the buyer asks")
    assert oleg.call("POST", f"{PREFIX}/jobs/replay", {"id": job}).status == 200
    assert oleg.call("POST", f"{PREFIX}/jobs/replay", {"id": job}).status == 409
    waits = oleg.call("GET", f"{PREFIX}/jobs/waiting").json["jobs"]
    assert [one["id"] for one in waits] == [job]


def test_nothing_is_revealed_that_cannot_be_written_down(rig: AdminRig, oleg: Browser) -> None:
    # GIVEN a table that refuses the audit's row
    [job] = fail(rig, "a")
    rig.rig.table.fail_next("put")
    # WHEN
    reply = oleg.call("POST", f"{PREFIX}/jobs/reveal", {"id": job})
    # THEN
    assert reply.status == 503
    assert PHONE not in reply.text


def test_a_run_is_started_watched_and_ended(rig: AdminRig, oleg: Browser) -> None:
    # GIVEN
    for number in range(3):
        rig.rig.here.put(str(number), f"thing {number}")
    body = {"link": "link", "kind": "full", "reason": "first filling"}
    started = oleg.call("POST", f"{PREFIX}/runs", body)
    assert (started.status, started.json["state"]) == (202, "running")
    assert oleg.call("POST", f"{PREFIX}/runs", body).status == 409
    # WHEN
    rig.rig.settle_down()
    rig.rig.minute()
    # THEN
    run = oleg.call("GET", f"{PREFIX}/runs/{started.json['id']}").json
    assert (run["state"], run["by"]) == ("done", "oleg@shop.example")
    assert run["figures"]["counts"] == {"created": 3}
    assert run["figures"]["add_up"]
    assert run["chunks"] == run["chunks_done"] == 1
    assert oleg.call("POST", f"{PREFIX}/runs/{run['id']}/cancel", {}).status == 409
    assert oleg.call("POST", f"{PREFIX}/runs/{run['id']}/approve", {}).status == 409


def test_cancelling_twice_is_the_same(oleg: Browser) -> None:
    started = oleg.call("POST", f"{PREFIX}/runs", {"link": "link", "kind": "full"}).json
    path = f"{PREFIX}/runs/{started['id']}/cancel"
    assert oleg.call("POST", path, {}).json["state"] == "cancelled"
    assert oleg.call("POST", path, {}).json["state"] == "cancelled"


def test_a_record_is_found_and_shown_from_both_sides(rig: AdminRig, anna: Browser) -> None:
    # GIVEN a thing that was carried over, and then changed here
    rig.rig.here.put("7", "as agreed")
    rig.rig.touch("7")
    rig.rig.settle_down()
    rig.rig.here.put("7", "changed since")
    # WHEN
    [place] = anna.call("GET", f"{PREFIX}/records", query={"q": "7"}).json["places"]
    assert (place["connection"], place["side"]) == (HERE, "left")
    query = {"link": "link", "side": "left", "key": "7"}
    shown = anna.call("GET", f"{PREFIX}/records/one", query=query).json
    # THEN
    assert shown["pair"]["keys"] == {"left": "7", "right": "made-1"}
    assert shown["differences"] == [
        {"field": "text", "before": "changed since", "after": "as agreed"}
    ]
    assert (shown["sides"]["left"]["changed"], shown["sides"]["right"]["changed"]) == (True, False)
    # AND what each is known by is shown: here a field called "key" is no secret
    records = [shown["sides"][side]["record"] for side in ("left", "right")]
    assert [record["key"] for record in records] == ["7", "made-1"]
    # AND it is carried over once somebody asks
    touched = anna.call("POST", f"{PREFIX}/records/touch", query)
    assert touched.status == 202
    rig.rig.settle_down()
    assert rig.rig.there.texts() == {"made-1": "changed since"}


def test_a_side_that_cannot_be_read_says_why(rig: AdminRig, anna: Browser) -> None:
    # GIVEN
    rig.rig.here.put("7", "here")
    rig.rig.touch("7")
    rig.rig.settle_down()
    rig.rig.there.refusals["read"] = [GiveUp("Access was revoked.", who=WhoActs.EXTERNAL_ADMIN)]
    # WHEN
    query = {"link": "link", "side": "left", "key": "7"}
    shown = anna.call("GET", f"{PREFIX}/records/one", query=query).json
    # THEN
    assert shown["sides"]["right"]["problem"] == "Access was revoked."
    assert shown["sides"]["left"]["record"]["text"] == "here"
    assert shown["sides"]["left"]["changed"] is None


def test_a_record_that_nobody_knows_is_not_found(anna: Browser) -> None:
    query = {"link": "link", "side": "left", "key": "nothing"}
    assert anna.call("GET", f"{PREFIX}/records/one", query=query).status == 404
    assert anna.call("GET", f"{PREFIX}/records/one", query={**query, "link": "x"}).status == 404


def test_two_records_are_made_one_and_parted_again(rig: AdminRig, anna: Browser) -> None:
    # GIVEN a pair that is wrong
    pairs = Pairs(rig.rig.table)
    pairs.save("link", Pair({Side.LEFT: "1", Side.RIGHT: "b"}, {}, at=rig.clock()))
    # WHEN
    body = {"link": "link", "left": "1", "right": "a", "reason": "same article"}
    for _ in range(2):
        relinked = anna.call("POST", f"{PREFIX}/records/relink", body)
        assert relinked.json["keys"] == {"left": "1", "right": "a"}
    # THEN
    found = pairs.find("link", Side.RIGHT, "a")
    assert found is not None
    assert found.keys == {Side.LEFT: "1", Side.RIGHT: "a"}
    assert pairs.find("link", Side.RIGHT, "b") is None
    unlink = {"link": "link", "side": "right", "key": "a"}
    assert anna.call("POST", f"{PREFIX}/records/unlink", unlink).json["done"] == [
        "It is forgotten."
    ]
    assert pairs.find("link", Side.LEFT, "1") is None


def test_a_record_in_quarantine_is_tried_again_or_dropped(rig: AdminRig, oleg: Browser) -> None:
    # GIVEN a thing that the other side does not take
    rig.rig.there.errors["bad"] = GiveUp("No such price type.", who=WhoActs.ADMIN)
    rig.rig.here.put("7", "bad")
    oleg.call("POST", f"{PREFIX}/runs", {"link": "link", "kind": "full"})
    rig.rig.settle_down()
    rig.rig.minute()
    [parked] = oleg.call("GET", f"{PREFIX}/quarantine", query={"link": "link"}).json["records"]
    assert (parked["key"], parked["reason"]) == ("7", "No such price type.")
    # WHEN
    body = {"link": "link", "side": "left", "key": "7"}
    assert oleg.call("POST", f"{PREFIX}/quarantine/retry", body).status == 200
    assert len(rig.rig.queue) == 1
    assert oleg.call("POST", f"{PREFIX}/quarantine/drop", body).status == 200
    # THEN
    assert oleg.call("GET", f"{PREFIX}/quarantine", query={"link": "link"}).json["records"] == []
    assert oleg.call("POST", f"{PREFIX}/quarantine/drop", body).status == 404


def test_a_test_event_goes_through_queue_and_worker(rig: AdminRig, oleg: Browser) -> None:
    # GIVEN
    rig.rig.here.put("7", "thing")
    path = f"{PREFIX}/connections/{HERE}/test"
    # WHEN
    sent = oleg.call("POST", path, {"resource": "things", "key": "7"})
    rig.rig.settle_down()
    # THEN
    assert sent.json["event"].startswith("test:")
    assert rig.rig.there.texts() == {"made-1": "thing"}
    wrong = oleg.call("POST", path, {"resource": "orders", "key": "7"})
    assert wrong.json["errors"][0]["field"] == "resource"


def test_a_check_says_what_is_missing_and_a_look_that_there_is_nothing(oleg: Browser) -> None:
    path = f"{PREFIX}/connections/{THERE}"
    assert oleg.call("POST", f"{path}/check", {}).json["ok"] is True
    assert oleg.call("POST", f"{path}/discover", {}).status == 409


def test_errors_are_explained(oleg: Browser) -> None:
    found = oleg.call("GET", f"{PREFIX}/errors", query={"q": "401"}).json["errors"]
    assert found
    assert all(one["advice"] and one["who_must_act"] for one in found)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[" * 50_000, 400),
        ('{"reason": "\\ud800"}', 400),
        ('{"reason": NaN}', 400),
        ('"' + "a" * 1_000_001 + '"', 413),
        ("[]", 422),
        ("null", 422),
    ],
)
def test_a_body_that_nobody_can_read_is_refused_in_words(
    oleg: Browser, body: str, status: int
) -> None:
    reply = oleg.call("POST", f"{PREFIX}/runs", body)
    assert reply.status == status
    assert json.loads(reply.text)["messages"]["ru"]


@pytest.mark.parametrize("path", ["jobs/failed", "audit", "jobs/waiting", "quarantine"])
def test_a_cursor_that_is_none_is_refused(oleg: Browser, path: str) -> None:
    query: dict[str, Any] = {"cursor": "!!!", "link": "link"}
    reply = oleg.call("GET", f"{PREFIX}/{path}", query=query)
    assert reply.status == 400


def test_two_phones_differ_although_both_are_masked(rig: AdminRig, anna: Browser) -> None:
    # GIVEN a pair whose sides say different phones
    rig.rig.here.put("7", "+7 999 000-00-17")
    rig.rig.touch("7")
    rig.rig.settle_down()
    rig.rig.here.put("7", "+7 999 000-00-18")
    query = {"link": "link", "side": "left", "key": "7"}
    # WHEN
    shown = anna.call("GET", f"{PREFIX}/records/one", query=query)
    # THEN
    assert [one["field"] for one in shown.json["differences"]] == ["text"]
    revealed = anna.call("POST", f"{PREFIX}/records/reveal", {**query, "reason": "the buyer asks"})
    assert revealed.json["differences"] == [
        {"field": "text", "before": "+7 999 000-00-18", "after": "+7 999 000-00-17"}
    ]


def test_a_list_of_calls_shows_no_personal_data(rig: AdminRig) -> None:
    # GIVEN a connection that keeps personal data
    kept = entry(1, url="https://api.example/find?email=a@mail.example", connection=HERE)
    RequestLog(rig.rig.log_table, rig.rig.blobs).write([kept])
    rig.clock.now = NOON
    oleg = rig.browser("oleg")
    # WHEN
    shown = oleg.call("GET", f"{PREFIX}/log")
    # THEN
    assert [one["id"] for one in shown.json["entries"]] == [kept.id]
    assert "a@mail.example" not in shown.text
    whole = oleg.call("POST", f"{PREFIX}/log/{kept.id}/reveal", {"reason": "the buyer asks"})
    assert "a@mail.example" in whole.text


def test_a_parameter_that_is_given_twice_is_refused(rig: AdminRig, oleg: Browser) -> None:
    reply = rig.send(
        "GET",
        f"{PREFIX}/errors",
        query={"q": "a,b"},
        raw_query="q=a&q=b",
        cookies=oleg.cookies,
    )
    assert reply.status == 400
    assert reply.json["errors"][0]["field"] == "q"
