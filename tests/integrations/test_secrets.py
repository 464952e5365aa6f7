"""After everything that can happen, no secret stands anywhere but in Secrets Manager."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import partial

import pytest

from mostik.connections.connection import Connection
from mostik.connections.open import read_settings
from mostik.errors import ConfigurationError, MostikError, Skip
from mostik.integration import secret_fields
from tests.integrations.leaks import (
    kept_by,
    leaks,
    queued_by,
    secrets_of,
    shown_by,
    spellings,
    told_by,
)
from tests.integrations.subjects import EVERY_CALLED, EVERY_LISTENER, Subject
from tests.integrations.test_effects import a_linked_record, change, touch
from tests.integrations.test_events import receipt_of
from tests.integrations.test_failures import CASES
from tests.integrations.world import HERE, World, a_world, changed, checked, traffic, ways_to_write
from tests.support.api_router import EVERY_ROUTE, Fault, echoes
from tests.support.signers import another, signed, unsigned

FAULTS: dict[str, Fault] = {
    **{name: case.fault for name, case in CASES.items()},
    **{f"echo with {status}": echoes(status) for status in (200, 400, 401, 404, 422, 429, 500)},
}
EVERY_FAULT = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())


@EVERY_CALLED
def test_the_sample_has_secrets_to_look_for(subject: Subject) -> None:
    assert secrets_of(subject)
    assert all(len(secret) >= 12 for secret in secrets_of(subject)), "they would be found anywhere"
    assert not [
        secret
        for secret in secrets_of(subject)
        for spelling in spellings(secret)
        if spelling in json.dumps([dict(subject.public_settings), subject.package])
    ], "a secret stands among the settings that are none"


@EVERY_CALLED
@EVERY_FAULT
def test_no_secret_is_kept_whatever_the_api_answers(
    subject: Subject, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with a_world(subject) as world:
        # GIVEN records on both sides, and an API that goes wrong, or repeats what it was sent
        key = a_linked_record(subject, world)
        change(world.mirror, key)
        world.router.break_route(EVERY_ROUTE, fault)
        # WHEN work comes from both sides, fails, and time passes
        world.enqueue(touch(subject, world))
        world.touch_mirror(key)
        world.work()
        world.later(700.0)
        # THEN no secret is in a log entry, a row, a blob, a line or a message
        assert not leaks(subject, kept_by(world) | queued_by(world) | {"logging": caplog.text})


@EVERY_CALLED
@EVERY_FAULT
def test_no_secret_is_in_an_exception(subject: Subject, fault: Fault) -> None:
    with a_world(subject) as world:
        errors = errors_of(subject, world, fault)
        assert not leaks(subject, told_by(errors) | kept_by(world))


@EVERY_CALLED
def test_no_secret_is_shown_by_an_object(subject: Subject) -> None:
    with a_world(subject) as world:
        a_linked_record(subject, world)
        assert not leaks(subject, shown_by(world))


@EVERY_LISTENER
def test_no_secret_of_the_door_is_kept_of_an_event(subject: Subject) -> None:
    with a_world(subject) as world:
        # WHEN the sample event is taken, whose body may carry the proof
        world.send_sample()
        # THEN the message in the queue goes without it
        assert len(world.queue) == 1
        assert not leaks(subject, queued_by(world) | shown_by(world) | kept_by(world))


@EVERY_LISTENER
def test_no_secret_of_the_door_is_in_the_log(subject: Subject) -> None:
    with a_world(subject) as world:
        # WHEN an event is handled and another one makes no sense
        world.send_sample()
        world.enqueue(receipt_of(subject, b"\x00" + subject.sample.body))
        world.work()
        # THEN the log tells of both without the proof
        assert len([entry for entry in world.entries if entry.direction == "in"]) == 2
        kept = kept_by(world)
        assert not leaks(
            subject, {name: text for name, text in kept.items() if name.startswith(("log", "line"))}
        )


@EVERY_LISTENER
def test_no_secret_is_kept_of_a_refused_event(
    subject: Subject, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret, scheme = subject.sample.door_secret, subject.door().scheme
    with a_world(subject) as world:
        now = int(world.clock())
        # WHEN events with a wrong and without a proof are refused
        for event in (
            signed(scheme, subject.event, another(secret), at=now, now=now),
            unsigned(scheme, subject.event, now=now),
        ):
            reply = world.arrive(event)
            # THEN neither the sender nor the log learns what would have been right
            assert not leaks(subject, {"reply": repr(reply), "logging": caplog.text})
        assert not leaks(subject, kept_by(world) | queued_by(world))
        assert another(secret) not in "".join(world.lines), "what was tried is nobody's business"


@EVERY_CALLED
def test_settings_that_cannot_be_read_say_so_without_a_value(subject: Subject) -> None:
    integration, connection = subject.integration, Connection(HERE, subject.package)
    secrets = dict(subject.client_secrets)
    documents = {
        "with a stray field": {**secrets, "stray": secrets_of(subject)},
        "of wrong kinds": {name: [value] for name, value in secrets.items()},
        "under a wrong name": {f"{name}x": value for name, value in secrets.items()},
    }
    texts = {name: json.dumps(document) for name, document in documents.items()}
    texts |= {"cut short": json.dumps(secrets)[:-3]}
    errors = []
    for text in texts.values():
        with pytest.raises(ConfigurationError) as raised:
            read_settings(connection, integration, text)
        errors.append(raised.value)
    assert not leaks(subject, told_by(errors))


@EVERY_CALLED
def test_secrets_that_are_no_object_are_a_fault_of_the_connection(subject: Subject) -> None:
    text = json.dumps(list(subject.client_secrets.values()))
    with pytest.raises(ConfigurationError):
        read_settings(Connection(HERE, subject.package), subject.integration, text)


@EVERY_CALLED
def test_secrets_never_reach_the_state_table(subject: Subject) -> None:
    with a_world(subject) as world:
        (row,) = (row for row in world.table.rows("connections") if row["sk"] == HERE)
    assert not set(row["settings"]) & secret_fields(subject.integration.settings)


def errors_of(subject: Subject, world: World, fault: Fault) -> list[BaseException]:
    """Everything that can be raised when the API goes wrong like this."""
    record, resource = changed(world.record()), world.resource()
    errors: list[BaseException] = []
    for route in (EVERY_ROUTE, *(made.route for made in traffic(subject).writes)):
        world.router.mend()
        world.router.break_route(route, fault)
        acts: list[Callable[[], object]] = [
            partial(resource.read, subject.sample.key),
            partial(resource.find, "elsewhere", "1"),
            *ways_to_write(resource, record),
            partial(checked, world),
        ]
        for act in acts:
            try:
                act()
            except Skip:
                continue
            except MostikError as error:
                errors.append(error)
    return errors
