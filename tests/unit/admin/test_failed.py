"""Failed jobs as a person asks for them and sees them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mostik.admin.failed import failed_count, failed_job, read_failed_filter, replay_run
from mostik.errors import ConfigurationError, Family, WhoActs
from mostik.jobs.failed import FailedFilter, FailedJobs
from mostik.jobs.message import dump
from mostik.jobs.row import Failure, JobState
from tests.support.clock import STARTS_AT
from tests.support.memory import MemoryBlobs
from tests.support.rig import Rig
from tests.unit.jobs.rows import EVENT, row

WHY = Failure(Family.GIVE_UP, "The order is gone.", WhoActs.ADMIN, STARTS_AT, "NOT_FOUND")
PHONE = "+79990000017"
PERSON = {"phone": PHONE, "total": 5}


def test_a_filter_is_read_from_words() -> None:
    given = {
        "connection": "shop",
        "family": "give_up",
        "who": "external",
        "reason": "gone",
        "resource": "orders",
        "since": "2h",
        "until": "2025-10-09T08:00",
        "text": "7",
    }
    assert read_failed_filter(given, STARTS_AT) == FailedFilter(
        STARTS_AT - 7_200,
        1_759_996_800.0,
        "shop",
        Family.GIVE_UP,
        WhoActs.EXTERNAL_ADMIN,
        "gone",
        "orders",
        "7",
    )
    assert read_failed_filter({}, STARTS_AT) == FailedFilter()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"colour": "red"}, "no filter 'colour'"),
        ({"family": "aunt"}, "retry_later"),
        ({"who": "me"}, "developer"),
        ({"since": "yesterday"}, "30m, 2h"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(given: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        read_failed_filter(given, STARTS_AT)


def test_a_failed_event_is_shown_whole_and_without_a_person_in_it() -> None:
    # GIVEN
    failed = row(JobState.FAILED, replace(EVENT, content=PERSON), failure=WHY, attempts=3)
    # WHEN
    shown = failed_job(failed, MemoryBlobs())
    # THEN
    assert (shown["reason"], shown["family"], shown["code"]) == (
        "The order is gone.",
        "give_up",
        "NOT_FOUND",
    )
    assert shown["who_must_act"] == "administrator of this connection"
    assert shown["first_attempt_at"] == shown["last_attempt_at"] == "2025-10-09T08:53:10.000+00:00"
    assert shown["failed_at"] == "2025-10-09T08:53:20.000+00:00"
    assert shown["payload"]["content"]["total"] == 5
    assert PHONE not in json.dumps(shown)
    # AND whole, when a person says so
    assert failed_job(failed, MemoryBlobs(), reveal=True)["payload"]["content"] == PERSON


def test_a_failed_receipt_is_shown_with_its_body() -> None:
    # GIVEN a receipt that failed as a whole
    receipt = Rig().receipt(PERSON, delivery="d-1")
    failed = replace(row(JobState.FAILED, failure=WHY), id=receipt.id, payload=dump(receipt))
    # THEN
    payload = failed_job(failed, MemoryBlobs())["payload"]
    assert (payload["kind"], payload["method"], payload["delivery_id"]) == (
        "receipt",
        "POST",
        "d-1",
    )
    assert json.loads(payload["body"])["total"] == 5
    assert PHONE not in json.dumps(payload)
    shown = failed_job(failed, MemoryBlobs(), reveal=True)["payload"]["body"]
    assert json.loads(shown) == PERSON


def test_a_big_body_is_shown_too_and_one_that_has_expired_is_said_to_be_gone() -> None:
    # GIVEN a receipt whose body lies in the bucket
    receipt, blobs = Rig().receipt(PERSON), MemoryBlobs()
    away = receipt.in_blob("bodies/1")
    failed = replace(row(JobState.FAILED, failure=WHY), id=receipt.id, payload=dump(away))
    blobs.put("bodies/1", receipt.body or b"")
    # THEN
    payload = failed_job(failed, blobs)["payload"]
    assert (json.loads(payload["body"])["total"], payload["body_expired"]) == (5, False)
    gone = failed_job(failed, MemoryBlobs())["payload"]
    assert (gone["body"], gone["body_expired"]) == (None, True)


def test_what_is_no_message_is_shown_as_it_is() -> None:
    failed = replace(row(JobState.FAILED, failure=WHY), payload='{"v":99}')
    payload = failed_job(failed, MemoryBlobs())["payload"]
    assert (payload["kind"], payload["text"]) == ("unreadable", '{"v":99}')
    assert "newer than this release" in payload["why"]


def test_a_count_and_a_replay_are_plain_json() -> None:
    # GIVEN
    rig = Rig()
    assert rig.rows.write(row(JobState.FAILED, failure=WHY), None).done
    counted = FailedJobs(rig.rows).count(FailedFilter(connection="shop"))
    run = rig.replays.start(FailedFilter(connection="shop"), matching=1, by="a person")
    # THEN
    assert json.loads(json.dumps(failed_count(counted))) == {
        "jobs": 1,
        "whole": True,
        "oldest": "2025-10-09T08:53:20.000+00:00",
        "newest": "2025-10-09T08:53:20.000+00:00",
        "groups": [{"connection": "shop", "reason": "The order is gone.", "jobs": 1}],
    }
    shown = json.loads(json.dumps(replay_run(run)))
    assert (shown["state"], shown["matching"], shown["replayed"]) == ("running", 1, 0)
    assert shown["filter"] == {"connection": "shop", "until": STARTS_AT}
