"""The worker and the tick go by the time that AWS' answers carry."""

from __future__ import annotations

import time

import boto3
import pytest
from moto import mock_aws

from mostik.bootstrap import aws, scheduler, worker
from mostik.clock import SharedClock
from mostik.errors import ConfigurationError

HOUR = 3_600.0


@mock_aws
@pytest.mark.parametrize("off", [-HOUR, HOUR])
def test_an_answer_of_aws_sets_a_clock_that_is_off(off: float) -> None:
    # GIVEN a container whose machine is an hour off, and a client that tells its clock the time
    boto3.client("sqs").create_queue(QueueName="jobs")
    clock = SharedClock(lambda: time.time() + off, time.monotonic)
    assert abs(clock() - time.time() - off) < 1
    # WHEN a service answers
    aws.client("sqs", clock=clock).list_queues()
    # THEN it goes by the service's time
    assert abs(clock() - time.time()) < 3


@pytest.mark.parametrize("root", [worker.worker, scheduler.tick])
def test_each_invocation_begins_with_the_clock_of_the_machine(root: object) -> None:
    # GIVEN a container that was told the time an hour ago, and then frozen
    clock = aws.shared_clock()
    clock.served(time.time() - HOUR)
    assert abs(clock() - time.time()) > HOUR / 2
    # WHEN the next invocation begins, even one that is not set up
    with pytest.raises(ConfigurationError):
        root()  # type: ignore[operator]  # both are composition roots
    # THEN the hour is forgotten
    assert abs(clock() - time.time()) < 1
