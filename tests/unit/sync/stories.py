"""Runs over a rig, from their start to their end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mostik.sync.link import Link, Links, Side
from mostik.sync.run import Run, RunKind, Runs
from tests.support.rig import HERE, Rig
from tests.support.shelf import Thing


def stocked(rig: Rig, things: int) -> Rig:
    """Puts things on the shelf ``here``, by keys of four digits."""
    for number in range(things):
        rig.here.put(f"{number:04}", f"text {number}")
    return rig


def relinked(rig: Rig, **changes: Any) -> Link:
    """Changes the rig's link."""
    links = Links(rig.table, rig.clock)
    link = replace(links.all()[0], **changes)
    links.save(link)
    rig.restart()
    return link


def run_of(rig: Rig, kind: RunKind, *, back: bool = False) -> Run:
    """Makes a run and waits for its end."""
    run = rig.desk.start("link", kind, side=Side.RIGHT if back else Side.LEFT, by="a test")
    return finished(rig, run)


def finished(rig: Rig, run: Run, minutes: int = 120) -> Run:
    """Waits until a run is closed, or held."""
    for _ in range(minutes):
        found = Runs(rig.table).get(run.id)
        assert found is not None
        waits = found.stage.value == "send" and found.state.value == "held"
        if not found.is_open or waits:
            return found
        rig.minute()
    raise AssertionError(f"after {minutes} minutes: {found}, {rig.queue.bodies}, {rig.jobs()}")


def linked(rig: Rig, key: str) -> Thing:
    """What stands on the shelf ``there`` for a thing of ``here``."""
    [thing] = rig.there.carrying(HERE, key)
    return thing


def lose_messages(rig: Rig) -> None:
    """Takes every message out of the queue."""
    while held := rig.queue.receive():
        for message in held:
            rig.queue.delete(message.handle or "")
