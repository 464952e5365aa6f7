"""A connection is asked: check, discover, test; and its gates are opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body

from mostik.admin.desk import AdminDesk
from mostik.admin.problems import WRONG_INPUT, FieldProblem, Refused, Words
from mostik.admin.roles import Role
from mostik.admin.routes.shapes import (
    Because,
    ConnectionId,
    Done,
    Key,
    Reason,
    RecordKey,
    Shown,
    Wanted,
)
from mostik.admin.routing import AdminApi
from mostik.discovery import Certainty, Discovery
from mostik.http.redact import Redactor
from mostik.ids import ulid
from mostik.jobs.message import Touch


class CheckShown(Shown):
    """One right or setting, and what to send to the other side's administrator if it is missing."""

    name: str
    ok: bool
    advice: str


class ChecksShown(Shown):
    """Whether everything that is needed is there."""

    ok: bool
    lines: list[CheckShown]
    event: str


class EntryShown(Shown):
    """One value of a directory."""

    key: str
    name: str
    more: dict[str, Any]


class DirectoryShown(Shown):
    """The values of one kind."""

    name: str
    title: str
    problem: str
    entries: list[EntryShown]


class ProposalShown(Shown):
    """A value for a setting."""

    setting: str
    about: str
    value: Any
    certainty: Certainty
    why: str


class DiscoveryShown(Shown):
    """What there is on the other side; nothing is set by itself."""

    facts: dict[str, Any]
    directories: list[DirectoryShown]
    proposals: list[ProposalShown]
    event: str


class TestWanted(Wanted):
    """Which record a test event is about."""

    resource: str
    key: RecordKey
    reason: Reason = ""


class TestSent(Shown):
    """A test event is on its way; the log holds its calls under the event."""

    job: str
    event: str


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.post("/connections/<connection>/check", Role.OPERATOR, summary="Ask whether all is there")
    def check(connection: ConnectionId) -> ChecksShown:
        desk.settings.standing(connection)
        lines, event = desk.calls.check(connection, api.remaining)
        return ChecksShown(
            ok=all(line.ok for line in lines),
            lines=[CheckShown(name=one.name, ok=one.ok, advice=one.advice) for one in lines],
            event=event,
        )

    @api.post("/connections/<connection>/discover", Role.OPERATOR, summary="Look what there is")
    def discover(connection: ConnectionId) -> DiscoveryShown:
        desk.settings.standing(connection)
        found, event = desk.calls.discover(connection, api.remaining)
        return _discovery(found, event)

    @api.post(
        "/connections/<connection>/test",
        Role.OPERATOR,
        summary="Send an event about a record through queue and worker",
        status=202,
    )
    def test(
        connection: ConnectionId, wanted: Annotated[TestWanted, Body()], once: Key = None
    ) -> TestSent:
        standing = desk.settings.standing(connection)
        known = sorted(desk.integrations[standing.integration].resources)
        if wanted.resource not in known:
            listed = ", ".join(known)
            words = Words(f"Choose one of: {listed}.", f"Выберите одно из: {listed}.")
            raise Refused(422, WRONG_INPUT, fields=[FieldProblem("resource", words)])

        def act() -> dict[str, Any]:
            now = desk.clock()
            event = f"test:{ulid(now)}"
            with desk.audit.action(
                api.caller,
                "event.test",
                f"record/{connection}/{wanted.resource}/{wanted.key}",
                connection=connection,
                reason=wanted.reason,
            ):
                touch = Touch(connection, wanted.resource, wanted.key, event, now)
                desk.records.send(touch)
            return {"job": touch.id, "event": event}

        asked = {"test": connection, **wanted.model_dump()}
        return TestSent.model_validate(desk.once(api.caller, once, asked, act))

    @api.post(
        "/connections/<connection>/open",
        Role.OPERATOR,
        summary="Open what keeps its calls and jobs back, its pause excepted",
    )
    def open_gates(connection: ConnectionId, wanted: Annotated[Because, Body()]) -> Done:
        desk.settings.standing(connection)
        with desk.audit.action(
            api.caller,
            "gates.open",
            f"connection/{connection}",
            connection=connection,
            reason=wanted.reason,
        ):
            return Done(done=list(desk.gates.open(connection)))


def _masked(more: Mapping[str, Any]) -> dict[str, Any]:
    """A directory of users holds addresses; people are chosen by their names."""
    shown: dict[str, Any] = json.loads(Redactor().content(dict(more)))
    return shown


def _discovery(found: Discovery, event: str) -> DiscoveryShown:
    return DiscoveryShown(
        facts=dict(found.facts),
        directories=[
            DirectoryShown(
                name=one.name,
                title=one.title,
                problem=one.problem,
                entries=[
                    EntryShown(key=entry.key, name=entry.name, more=_masked(entry.more))
                    for entry in one.entries
                ],
            )
            for one in found.directories
        ],
        proposals=[
            ProposalShown(
                setting=one.setting,
                about=one.about,
                value=one.value,
                certainty=one.certainty,
                why=one.why,
            )
            for one in found.proposals
        ],
        event=event,
    )
