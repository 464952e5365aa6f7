"""Exchange 1C: what came, what became of it, which call took which order; once more, please."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import Field

from mostik.admin.cursors import cursor_of, place_of
from mostik.admin.desk import AdminDesk
from mostik.admin.exchangedesk import ImportView, SessionLine, SessionView
from mostik.admin.problems import Words, no_such
from mostik.admin.roles import Role
from mostik.admin.routes.shapes import (
    Because,
    ConnectionId,
    Cursor,
    Done,
    Key,
    Limit,
    Shown,
)
from mostik.admin.routing import AdminApi
from mostik.admin.views import iso
from mostik.worker.importplan import Lane

SessionId = Annotated[
    str, Path(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$", description="Id of a session.")
]
_SESSION = Words("session (any more)", "сеанс; возможно, он больше не хранится")


class ExchangeShown(Shown):
    """A connection that 1C calls."""

    connection: str
    seen_at: str | None
    seen: dict[str, str | None] = Field(description="When 1C last did something, by what it was.")
    orders_wait_since: str | None


class ExchangesShown(Shown):
    """Connections that 1C calls."""

    exchanges: list[ExchangeShown]


class SessionShown(Shown):
    """A session in which something was to be imported."""

    session: str
    began_at: str | None
    state: str
    kinds: list[str]
    files: int
    done: int
    total: int
    trouble: str


class SessionsShown(Shown):
    """Sessions, newest first."""

    sessions: list[SessionShown]
    cursor: str | None


class CarriedShown(Shown):
    """What became of the records of one resource."""

    resource: str
    link: str
    run: str | None
    state: str
    records: int
    counts: dict[str, int]
    why: list[str]


class ImportShown(Shown):
    """One import; ``answer`` is what 1C was told of it last."""

    id: str
    file: str
    step: str
    by: str
    kind: str
    state: str
    asked_at: str | None
    updated_at: str | None
    done: int
    total: int
    seconds_left: float | None
    answer: str
    errors: list[str]
    found: dict[str, int]
    unknown: dict[str, int] = Field(description="What of the file was not understood, how often.")
    carried: list[CarriedShown]


class FileShown(Shown):
    """A file as 1C has sent it."""

    name: str
    bytes: int
    fragments: int
    repeats: int
    archive: bool
    first_at: str | None
    last_at: str | None
    asked_at: str | None


class SessionDetail(SessionShown):
    """One session with its imports, files and report."""

    imports: list[ImportShown]
    kept: list[FileShown]
    report: str


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/exchange", Role.VIEWER, summary="Connections that 1C calls, and when it last did")
    def exchanges() -> ExchangesShown:
        return ExchangesShown(
            exchanges=[
                ExchangeShown(
                    connection=one.connection,
                    seen_at=iso(one.seen_at),
                    seen={what: iso(at) for what, at in sorted(one.seen.items())},
                    orders_wait_since=iso(one.orders_wait_since),
                )
                for one in desk.exchange.exchanges()
            ]
        )

    @api.get(
        "/exchange/<connection>/sessions",
        Role.VIEWER,
        summary="Sessions of 1C in which something was imported, newest first",
    )
    def sessions(
        connection: ConnectionId, limit: Limit = 50, cursor: Cursor = None
    ) -> SessionsShown:
        known(desk, connection)
        found = desk.exchange.sessions(connection, before=place_of(cursor), most=limit)
        more = found[-1].session if len(found) == limit else None
        return SessionsShown(
            sessions=[SessionShown.model_validate(_line(one)) for one in found],
            cursor=cursor_of(more),
        )

    @api.get(
        "/exchange/<connection>/sessions/<session>",
        Role.VIEWER,
        summary="One session: imports, files, what 1C was told",
    )
    def one(connection: ConnectionId, session: SessionId) -> SessionDetail:
        known(desk, connection)
        found = desk.exchange.session(connection, session)
        if found is None:
            raise no_such(_SESSION)
        return SessionDetail.model_validate(_detail(found))

    @api.post(
        "/exchange/<connection>/sessions/<session>/again",
        Role.OPERATOR,
        summary="Import a session again from its files",
        status=202,
    )
    def again(
        connection: ConnectionId,
        session: SessionId,
        wanted: Annotated[Because, Body()],
        once: Key = None,
    ) -> Done:
        known(desk, connection)

        def act() -> dict[str, Any]:
            with desk.audit.action(
                api.caller,
                "exchange.import_again",
                f"session/{session}",
                connection=connection,
                reason=wanted.reason,
            ) as note:
                files = desk.exchange.import_again(connection, session)
                note.result = ", ".join(files)[:1_000]
            return {"done": [f"{file} is imported again." for file in files]}

        asked = {"import again": [connection, session]}
        return Done.model_validate(desk.once(api.caller, once, asked, act))


def known(desk: AdminDesk, connection: str) -> None:
    """Checks that there is such a connection.

    Raises:
        Refused: there is none.
    """
    if desk.book.now(connection) is None:
        raise no_such(Words("connection", "подключение"))


def _line(line: SessionLine) -> dict[str, Any]:
    return {
        "session": line.session,
        "began_at": iso(line.began_at),
        "state": line.state.value,
        "kinds": sorted({row.kind for row in line.rows}),
        "files": len({row.file for row in line.rows if row.file}),
        "done": line.done,
        "total": line.total,
        "trouble": line.trouble,
    }


def _detail(view: SessionView) -> dict[str, Any]:
    return {
        **_line(view.line),
        "imports": list(map(_import, view.imports)),
        "kept": [
            {
                "name": file.name,
                "bytes": file.size,
                "fragments": len(file.parts),
                "repeats": file.repeats,
                "archive": file.zip,
                "first_at": iso(file.first_at),
                "last_at": iso(file.last_at),
                "asked_at": iso(file.asked_at),
            }
            for file in view.files
        ],
        "report": view.report,
    }


def _import(view: ImportView) -> dict[str, Any]:
    row, plan = view.row, view.plan
    return {
        "id": row.id,
        "file": row.file,
        "step": row.step.value,
        "by": row.by.value,
        "kind": row.kind,
        "state": row.state.value,
        "asked_at": iso(row.created_at),
        "updated_at": iso(row.updated_at or row.created_at),
        "done": row.done,
        "total": row.total,
        "seconds_left": view.seconds_left,
        "answer": view.answer,
        "errors": list(row.errors),
        "found": dict(plan.found) if plan is not None else {},
        "unknown": dict(plan.unknown) if plan is not None else {},
        "carried": [_carried(lane) for lane in (plan.lanes if plan is not None else ())],
    }


def _carried(lane: Lane) -> dict[str, Any]:
    return {
        "resource": lane.resource,
        "link": lane.link,
        "run": lane.run or None,
        "state": lane.state.value,
        "records": lane.records,
        "counts": {name: int(number) for name, number in lane.counts.items() if number},
        "why": list(lane.why),
    }
