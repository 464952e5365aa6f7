"""Failed jobs as a person asks for them and sees them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mostik.admin.parameters import moment
from mostik.admin.views import iso, job
from mostik.errors import ConfigurationError, Family, WhoActs
from mostik.http.redact import Redactor
from mostik.jobs.failed import FailedCount, FailedFilter
from mostik.jobs.message import Receipt, StateEvent, Touch, UnreadableMessage, load
from mostik.jobs.replay import ReplayRun
from mostik.jobs.row import JobRow
from mostik.jobs.runwork import Import, RunChunk, RunPage
from mostik.ports import Blobs

NAMES = ("connection", "family", "who", "reason", "resource", "since", "until", "text")
_WHO: Mapping[str, WhoActs] = {
    "system": WhoActs.SYSTEM,
    "external": WhoActs.EXTERNAL_ADMIN,
    "admin": WhoActs.ADMIN,
    "developer": WhoActs.DEVELOPER,
}


def read_failed_filter(query: Mapping[str, str], now: float) -> FailedFilter:
    """Returns which failed jobs are meant.

    Raises:
        ConfigurationError: a parameter is unknown or wrong; lists what is possible.
    """
    unknown = sorted(set(query) - set(NAMES))
    if unknown:
        raise ConfigurationError(f"There is no filter {unknown[0]!r}. Filters: {', '.join(NAMES)}.")
    family, who = query.get("family"), query.get("who")
    if family is not None and family not in set(Family):
        raise ConfigurationError(f"family is one of {', '.join(Family)}.")
    if who is not None and who not in _WHO:
        raise ConfigurationError(f"who is one of {', '.join(_WHO)}.")
    return FailedFilter(
        since=moment(query["since"], now) if "since" in query else None,
        until=moment(query["until"], now) if "until" in query else None,
        connection=query.get("connection"),
        family=Family(family) if family else None,
        who=_WHO[who] if who else None,
        reason=query.get("reason") or None,
        resource=query.get("resource"),
        text=query.get("text") or None,
    )


def failed_count(count: FailedCount) -> dict[str, Any]:
    """Returns how many jobs a filter means."""
    return {
        "jobs": count.jobs,
        "whole": count.whole,
        "oldest": iso(count.oldest),
        "newest": iso(count.newest),
        "groups": [
            {"connection": group.connection, "reason": group.reason, "jobs": group.jobs}
            for group in count.groups
        ],
    }


def replay_run(run: ReplayRun) -> dict[str, Any]:
    """Returns where a replay of many jobs stands."""
    return {
        "id": run.id,
        "state": run.state.value,
        "matching": run.matching,
        "replayed": run.replayed,
        "left": run.left,
        "by": run.by,
        "started_at": iso(run.started_at),
        "ended_at": iso(run.ended_at),
        "filter": run.wanted.as_item(),
    }


def failed_job(row: JobRow, blobs: Blobs, *, reveal: bool = False) -> dict[str, Any]:
    """Returns one job with its whole payload.

    Args:
        row: the job.
        blobs: hold a body that was too big for a message.
        reveal: show personal data. The caller audits it.

    Raises:
        Busy: a body cannot be read now.
    """
    return {
        **job(row),
        "failed_at": iso(row.failure.at) if row.failure else None,
        "code": row.failure.code if row.failure else None,
        "crashes": row.crashes,
        "payload": _payload(row.payload, blobs, None if reveal else Redactor()),
    }


def _payload(text: str, blobs: Blobs, redactor: Redactor | None) -> dict[str, Any]:
    try:
        message = load(text)
    except UnreadableMessage as error:
        shown = redactor.text(text) if redactor else text
        return {"kind": "unreadable", "why": str(error), "text": shown}
    match message:
        case Touch():
            return {
                "kind": "touch",
                "resource": message.resource,
                "key": message.key,
                "event": message.event,
                "asked_at": iso(message.asked_at),
            }
        case StateEvent():
            content = json.dumps(dict(message.content), ensure_ascii=False).encode()
            return {
                "kind": "event",
                "resource": message.resource,
                "key": message.key,
                "event": message.event,
                "asked_at": iso(message.asked_at),
                "content": json.loads(
                    redactor.body(content, "application/json") if redactor else content
                ),
            }
        case RunPage() | RunChunk():
            return {
                "kind": "run",
                "run": message.run,
                "resource": message.resource,
                "asked_at": iso(message.asked_at),
            }
        case Import():
            return {
                "kind": "import",
                "session": message.session,
                "import": message.import_id,
                "asked_at": iso(message.asked_at),
            }
        case Receipt():
            return _receipt(message, blobs, redactor)


def _receipt(receipt: Receipt, blobs: Blobs, redactor: Redactor | None) -> dict[str, Any]:
    body = receipt.body
    if body is None and receipt.body_key is not None:
        body = blobs.get(receipt.body_key)
    shown = body
    if redactor is not None and body is not None:
        shown = redactor.body(body, receipt.content_type)
    return {
        "kind": "receipt",
        "received_at": iso(receipt.received_at),
        "scheme": receipt.scheme,
        "delivery_id": receipt.delivery_id,
        "method": receipt.method,
        "url": redactor.url(receipt.url) if redactor else receipt.url,
        "headers": dict(redactor.headers(receipt.headers) if redactor else receipt.headers),
        "body": shown.decode("utf-8", "replace") if shown is not None else None,
        "bytes": len(body) if body is not None else None,
        "body_expired": receipt.body_key is not None and body is None,
    }
