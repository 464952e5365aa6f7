"""Where the suite ``sync`` runs: worker, tick and all between them real, the rest in memory."""

from __future__ import annotations

from typing import Any

from mostik.linkdoc.yamlfile import load
from mostik.sync.link import Links, Side
from mostik.sync.linkbook import LinkBook
from mostik.sync.run import Run, RunKind, Runs, RunState
from tests.support.memory import MemoryTable
from tests.support.register import RegisterRig
from tests.support.rig import HERE, THERE

LINK = "link"
_MINUTES = 240
_DOCUMENT = f"""\
id: {LINK}
left: {{connection: {HERE}, resource: things}}
right: {{connection: {THERE}, resource: things}}
creates: [left, right]
schedule: {{every_minutes: null, full_at: null}}
"""


class ReadTable(MemoryTable):
    """Reads at memory speed: a read by key hands out what is stored, without a copy."""

    def _copy(self, pk: str, sk: str) -> dict[str, Any] | None:
        return self._rows.get((pk, sk))


def document(rig: RegisterRig, more: str = "", text: str = _DOCUMENT) -> None:
    """Puts a link that a person has written in the place of the rig's own."""
    [loaded] = load(text + more)
    if loaded.document is None:
        raise ValueError(f"no document: {loaded.problems}")
    links = Links(rig.table, rig.clock)
    links.remove(LINK)
    book = LinkBook(links, rig.table, rig.clock)
    book.apply(loaded.document, by="bench")
    book.settle(LINK)
    rig.restart()


def run_of(rig: RegisterRig, kind: RunKind, side: Side = Side.LEFT) -> Run:
    """Makes a run and waits for its end; a brake that holds it is let go, as for a first run."""
    run = rig.desk.start(LINK, kind, side=side)
    for _ in range(_MINUTES):
        found = Runs(rig.table).get(run.id)
        if found is None:
            break
        if found.state is RunState.HELD:
            rig.desk.approve(run.id)
        elif not found.is_open:
            return found
        while rig.queue.depth.visible:
            rig.work()
        rig.tick()
        rig.clock.advance(60)
    raise RuntimeError(f"not finished: {run}")
