"""An SNS subscription is confirmed by a job that calls Amazon and nobody else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mostik.errors import GiveUp, RetryLater
from mostik.jobs.row import JobState
from mostik.worker.confirm import confirmed
from tests.support.rig import HERE, Rig

SNS = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=t&TopicArn=a"


def asking(url: str) -> bytes:
    """What SNS posts to a new subscriber."""
    return json.dumps({"Type": "SubscriptionConfirmation", "SubscribeURL": url}).encode()


def test_a_subscription_is_confirmed_at_sns() -> None:
    # GIVEN a receipt that asks for it
    asked: list[str] = []

    def read(url: str) -> bytes:
        asked.append(url)
        return b"<ok/>"

    # WHEN it is handled
    done = confirmed(Rig().receipt(asking(SNS)), read)
    # THEN SNS was called once
    assert done
    assert asked == [SNS]


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.eu-central-1.amazonaws.com.evil.example/?Action=ConfirmSubscription",
        "https://bucket.s3.amazonaws.com/?Action=ConfirmSubscription",
        "http://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription",
        "https://169.254.169.254/?Action=ConfirmSubscription",
        "https://sns.eu-central-1.amazonaws.com/?Action=Publish",
        "https://user@sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription",
        "",
    ],
)
def test_any_other_address_is_not_followed(url: str) -> None:
    # GIVEN a receipt that names another address
    def read(_url: str) -> bytes:
        raise AssertionError("nothing may be called")

    # WHEN it is handled
    # THEN it is refused in words
    with pytest.raises(GiveUp, match="does not name Amazon SNS"):
        confirmed(Rig().receipt(asking(url)), read)


def test_an_ordinary_event_is_no_confirmation() -> None:
    assert not confirmed(Rig().receipt({"keys": ["1"]}), lambda _url: b"")


def test_sns_away_is_tried_again_later() -> None:
    # GIVEN a network without anybody in it
    def read(_url: str) -> bytes:
        raise OSError("nobody")

    # WHEN a confirmation is handled
    # THEN it is a matter of time
    with pytest.raises(RetryLater):
        confirmed(Rig().receipt(asking(SNS)), read)


def test_the_worker_lets_a_confirmation_wait_until_sns_answers() -> None:
    # GIVEN a rig whose network has nobody in it
    rig = Rig()
    receipt = rig.receipt(asking(SNS))
    rig.send(receipt)
    # WHEN the worker handles the receipt
    assert rig.work() == []
    # THEN it waits, with its whole payload
    row = rig.job(receipt.id)
    assert row.state is JobState.WAITING
    # WHEN SNS can be reached
    rig._worker = replace(rig.worker(), read=lambda _url: b"<ok/>")
    rig.settle_down()
    # THEN nothing is left of it
    assert rig.rows.get(receipt.id) is None
    assert HERE in receipt.id
