"""The request log: search, one entry, reveal, replay."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from mostik.admin.desk import AdminDesk
from mostik.admin.parameters import read_filter
from mostik.admin.problems import Words, no_such
from mostik.admin.roles import Role
from mostik.admin.routes.shapes import Because, Done, Key, Limit, Reason, Shown, Wanted
from mostik.admin.routing import AdminApi
from mostik.admin.views import log_detail, masked_page
from mostik.requestlog.entry import Direction, LogEntry

EntryId = Annotated[
    str, Path(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$", description="Id of an entry.")
]
Text = Annotated[str | None, Query(min_length=1, max_length=500)]
Time = Annotated[str | None, Query(max_length=40, description="30m, 2h, 7d (ago), or ISO 8601.")]
_ENTRY = Words("entry; it may have expired", "запись журнала; возможно, её срок истёк")


class EntryShown(Shown):
    """One exchange, without bodies."""

    id: str
    at: str
    connection: str
    direction: Direction
    method: str
    endpoint: str
    url: str
    status: int | None
    duration_ms: int
    family: str | None
    error: str | None
    attempt: int
    job: str | None
    event: str | None
    record: str | None
    trace: str | None
    request_bytes: int
    response_bytes: int


class SideShown(Shown):
    """One side of an exchange."""

    headers: dict[str, str]
    body: str
    bytes: int


class EntryDetail(EntryShown):
    """One exchange, whole."""

    request: SideShown
    response: SideShown
    curl: str


class LogShown(Shown):
    """Entries, newest first."""

    entries: list[EntryShown]
    cursor: str | None
    searched_back_to: str


class RevealWanted(Wanted):
    """Why personal data must be seen."""

    reason: Reason = ""


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get("/log", Role.VIEWER, summary="Search the request log")
    def search(
        since: Time = None,
        until: Time = None,
        status: Text = None,
        family: Text = None,
        endpoint: Text = None,
        method: Text = None,
        connection: Text = None,
        direction: Text = None,
        event: Text = None,
        run: Text = None,
        job: Annotated[str | None, Query(min_length=1, max_length=1_500)] = None,
        record: Annotated[str | None, Query(min_length=1, max_length=1_500)] = None,
        text: Text = None,
        newer_than: Text = None,
        limit: Limit = 50,
        cursor: Text = None,
    ) -> LogShown:
        given = {
            "since": since, "until": until, "status": status, "family": family,
            "endpoint": endpoint, "method": method, "connection": connection,
            "direction": direction, "event": event, "run": run, "job": job, "record": record,
            "text": text, "newer_than": newer_than, "limit": str(limit), "cursor": cursor,
        }  # fmt: skip
        query = {name: value for name, value in given.items() if value is not None}
        wanted, most, after = read_filter(query, desk.clock())
        found = desk.log().search(wanted, limit=most, cursor=after)
        return LogShown.model_validate(masked_page(found))

    def entry_of(entry: str) -> LogEntry:
        found = desk.log().get(entry)
        if found is None:
            raise no_such(_ENTRY)
        return found

    @api.get("/log/<entry>", Role.VIEWER, summary="One entry, personal data masked")
    def one(entry: EntryId) -> EntryDetail:
        return EntryDetail.model_validate(log_detail(entry_of(entry)))

    @api.post("/log/<entry>/reveal", Role.OPERATOR, summary="One entry as it was kept; audited")
    def reveal(entry: EntryId, wanted: Annotated[RevealWanted, Body()]) -> EntryDetail:
        found = entry_of(entry)
        with desk.audit.action(
            api.caller,
            "log.reveal",
            f"log/{entry}",
            connection=found.connection,
            reason=wanted.reason,
        ):
            return EntryDetail.model_validate(log_detail(found, reveal=True))

    @api.post("/log/<entry>/replay", Role.OPERATOR, summary="Do again what an entry was about")
    def replay(entry: EntryId, wanted: Annotated[Because, Body()], once: Key = None) -> Done:
        found = entry_of(entry)

        def act() -> dict[str, Any]:
            with desk.audit.action(
                api.caller,
                "log.replay",
                f"log/{entry}",
                connection=found.connection,
                reason=wanted.reason,
            ) as note:
                said = list(desk.log_replay().of(entry))
                note.result = " ".join(said)[:1_000]
            return {"done": said}

        return Done.model_validate(desk.once(api.caller, once, {"replay": entry}, act))
