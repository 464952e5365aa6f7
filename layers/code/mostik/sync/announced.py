"""Which records of a run a hint has told of, or may still tell of.

A webhook is a hint and may be lost, so runs are made all the same. What they carry over that no
hint had brought says how good the hints are: see ``Totals.unannounced``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mostik.commerce.record import Canonical
from mostik.jobs.rows import JobRows
from mostik.sync.parked import Parked
from mostik.sync.route import Route


@dataclass(frozen=True, slots=True)
class Announced:
    """Knows.

    Attributes:
        rows: job rows.
        parked: quarantine and pending records.
    """

    rows: JobRows
    parked: Parked

    def none_of(
        self, route: Route, keys: Sequence[str], records: dict[str, Canonical], listed_at: float
    ) -> frozenset[str]:
        """Returns the keys of which nobody has told.

        A hint that has done its work has left nothing to be carried over. So of what is still to
        be carried over these are announced: whose touch has not ended, which lie in quarantine or
        are pending, and which were changed so shortly before they were listed that their hint may
        be on its way.

        Args:
            route: with the end that they come from.
            keys: of the records.
            records: those that are known.
            listed_at: when they were listed, unix seconds.
        """
        end = route.link.end(route.side)
        jobs = {f"{end.connection}/{end.resource}/{key}": key for key in keys}
        told = {jobs[job] for job in self.rows.standing(list(jobs))}
        told |= self.parked.standing(route.link.id, route.side, keys)
        latest = listed_at - route.link.lag
        for key, record in records.items():
            if record.changed_at is not None and record.changed_at.timestamp() > latest:
                told.add(key)
        return frozenset(keys) - told
