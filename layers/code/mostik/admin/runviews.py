"""Runs, links and parked records as plain JSON values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mostik.admin.views import iso
from mostik.sync.link import End, Link
from mostik.sync.parked import ParkedRecord
from mostik.sync.pause import Pause
from mostik.sync.progress import progress_of
from mostik.sync.results import Results
from mostik.sync.run import Run
from mostik.sync.verdict import Totals

_MOST_KEYS = 20


def link_view(link: Link, pause: Pause | None = None) -> dict[str, Any]:
    """Returns a link, and what has stopped it."""
    return {
        "id": link.id,
        "left": _end(link.left),
        "right": _end(link.right),
        "creates": sorted(side.value for side in link.creates),
        "deletes": sorted(side.value for side in link.deletes),
        "owner": link.owner.value,
        "brakes": link.brakes.as_item(),
        "documented": link.document is not None,
        "matched": link.matched,
        "paused_at": iso(pause.at) if pause is not None else None,
        "paused": pause.text if pause is not None else "",
    }


def run_view(run: Run) -> dict[str, Any]:
    """Returns a run."""
    return {
        "id": run.id,
        "link": run.link,
        "side": run.side.value,
        "kind": run.kind.value,
        "state": run.state.value,
        "stage": run.stage.value if run.is_open else None,
        "started_at": iso(run.started_at),
        "moved_at": iso(run.moved_at),
        "ended_at": iso(run.ended_at),
        "by": run.by,
        "pages": run.pages,
        "held_for": list(run.held_for),
        "approved_by": run.approved_by,
        "paused_by": run.paused_by,
        "named": run.ids,
        "note": run.note,
        "reason": run.failure.text if run.failure is not None else None,
        "who_must_act": run.failure.who.value if run.failure is not None else None,
        "figures": figures(run.totals) if run.totals is not None else None,
    }


def run_detail(run: Run, results: Results, now: float) -> dict[str, Any]:
    """Returns a run with its progress and some of the records that it is about."""
    pages, chunks = results.pages(run.id), results.chunks(run.id)
    progress = progress_of(run, pages, chunks, now)
    samples: dict[str, list[str]] = {}
    for some in [*(page.samples for page in pages), *(chunk.samples for chunk in chunks)]:
        for about, keys in some.items():
            samples.setdefault(about, []).extend(keys)
    return {
        **run_view(run),
        "figures": figures(progress.totals),
        "records": {about: keys[:_MOST_KEYS] for about, keys in samples.items()},
        "chunks": progress.chunks,
        "chunks_done": progress.chunks_done,
        "planned": progress.planned,
        "looked_at": progress.done,
        "share": progress.share,
        "ends_at": iso(progress.ends_at),
    }


def figures(totals: Totals) -> dict[str, Any]:
    """Returns a run's figures: they add up when every listed record is accounted for."""
    return {
        "listed": totals.listed,
        "gone": totals.gone,
        "add_up": totals.add_up,
        "counts": {verdict.value: number for verdict, number in totals.counts.items()},
        "unannounced": totals.unannounced,
    }


def parked_view(record: ParkedRecord) -> dict[str, Any]:
    """Returns a record in quarantine, or a pending one."""
    return {
        "link": record.link,
        "side": record.side.value,
        "connection": record.connection,
        "resource": record.resource,
        "key": record.key,
        "state": record.verdict.value,
        "tries": record.tries,
        "reason": record.failure.text,
        "who_must_act": record.failure.who.value,
        "code": record.failure.code,
        "since": iso(record.failure.at),
        "run": record.run,
        "waits_for": "/".join(record.waits_for) if record.waits_for is not None else None,
        "next_attempt_at": iso(record.due_at),
    }


def parked_views(records: Iterable[ParkedRecord]) -> list[dict[str, Any]]:
    """Returns several of them."""
    return [parked_view(record) for record in records]


def _end(end: End) -> dict[str, str]:
    return {"connection": end.connection, "resource": end.resource}
