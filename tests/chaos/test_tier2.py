"""The harness's second tier tells its story and sees what goes wrong; all cases: make chaos."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.chaos.tier2 import Case, Told, cases_of, tell
from local.chaos.wire import AWS_FATES, Fate, HookedClients
from mostik.worker.plan import Task
from mostik.worker.worker import Worker


@pytest.fixture(scope="module")
def clients() -> Iterator[HookedClients]:
    made = HookedClients()
    yield made
    made.close()


@pytest.fixture(scope="module")
def undisturbed(clients: HookedClients) -> Told:
    return tell(clients)


def nth(told: Told, name: str, number: int = 0) -> int:
    """The number of the n-th call of an operation."""
    return [place for place, call in enumerate(told.calls) if call == name][number]


def test_the_undisturbed_story_ends_well(undisturbed: Told) -> None:
    assert undisturbed.problems == ()


def test_the_story_passes_every_kind_of_boundary(undisturbed: Told) -> None:
    for name in (
        "aws:dynamodb.GetItem", "aws:dynamodb.PutItem", "aws:dynamodb.UpdateItem",
        "aws:dynamodb.DeleteItem", "aws:dynamodb.Query", "aws:dynamodb.BatchWriteItem",
        "aws:sqs.SendMessage", "aws:sqs.ReceiveMessage", "aws:s3.GetObject",
        "aws:secretsmanager.GetSecretValue", "api:POST crm.item.add", "api:POST crm.item.update",
    ):  # fmt: skip
        assert name in undisturbed.calls


def test_every_call_meets_every_fate_that_it_can_have(undisturbed: Told) -> None:
    cases = cases_of(undisturbed.calls)
    assert {case.number for case in cases} == set(range(len(undisturbed.calls)))
    assert {case.fate for case in cases if case.number == 0} == set(AWS_FATES)


@pytest.mark.parametrize("fate", list(Fate))
def test_a_create_that_meets_trouble_is_not_doubled(
    clients: HookedClients, undisturbed: Told, fate: Fate
) -> None:
    told = tell(clients, Case(nth(undisturbed, "api:POST crm.item.add", -1), fate))
    assert told.hit == "api:POST crm.item.add"
    assert told.problems == ()


@pytest.mark.parametrize("fate", AWS_FATES)
@pytest.mark.parametrize("name", ["aws:dynamodb.PutItem", "aws:sqs.SendMessage"])
def test_an_aws_call_that_meets_trouble_loses_nothing(
    clients: HookedClients, undisturbed: Told, name: str, fate: Fate
) -> None:
    told = tell(clients, Case(nth(undisturbed, name), fate))
    assert told.hit == name
    assert told.problems == ()


def test_a_worker_that_drops_its_work_is_caught(
    clients: HookedClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a worker that ends all its messages without doing anything
    monkeypatch.setattr(Worker, "_run", lambda _self, tasks, *_: _all_settled(tasks))
    # WHEN the story is told
    told = tell(clients)
    # THEN the harness sees it
    assert any("never came to the portal" in problem for problem in told.problems)


def _all_settled(tasks: list[Task]) -> dict[str, bool]:
    return {message: True for task in tasks for message in task.messages}
