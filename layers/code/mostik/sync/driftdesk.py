"""Reports of drift: made by reading both lists, kept until the next, and decided about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from mostik.errors import Skip
from mostik.integration import Listed, Misfit, Resource
from mostik.linkdoc.document import Contract
from mostik.ports import Clock, RemainingTime, Table
from mostik.sync.drift import DriftKind, Finding, Sent
from mostik.sync.ends import OpenEnds, link_named, terms_between
from mostik.sync.link import Link, Links, Side
from mostik.sync.linkbook import Applied, LinkBook

MOST_RECORDS = 1_000
_SORT_KEY = "drift"
_TIME_RESERVE = 3.0


@dataclass(frozen=True, slots=True)
class SideDrift:
    """What one side sends that is not as the link knows it.

    Attributes:
        listed: so many rows were read.
        whole: these were all.
        findings: what is not as it should be.
    """

    listed: int = 0
    whole: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def open(self) -> Sequence[Finding]:
        """What a person has not decided about, or has and it goes on."""
        return [one for one in self.findings if one.contract is not Contract.DISCARD]


@dataclass(frozen=True, slots=True)
class DriftReport:
    """A report over both sides of a link.

    Attributes:
        link: the link.
        at: when it was made, unix seconds.
        by: who has asked for it.
        sides: what each side sends.
    """

    link: str
    at: float
    by: str
    sides: Mapping[Side, SideDrift] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DriftDesk:
    """Makes reports and takes decisions.

    Attributes:
        links: links.
        book: their documents.
        table: the state table.
        clock: unix seconds.
        open_ends: opens the resources at both ends of a link.
    """

    links: Links
    book: LinkBook
    table: Table
    clock: Clock
    open_ends: OpenEnds

    def look(
        self, link_id: str, remaining: RemainingTime, *, by: str, most: int = MOST_RECORDS
    ) -> DriftReport:
        """Reads both lists from their beginning, and keeps what it finds as the latest report.

        Args:
            link_id: the link.
            remaining: seconds left; half of them for each side.
            by: who asks.
            most: rows of each side, at the most.

        Raises:
            Skip: there is no such link.
            MostikError: a side could not be asked.
        """
        link = link_named(self.links, link_id)
        before, now = self.latest(link_id), self.clock()
        sides: dict[Side, SideDrift] = {}
        with self.open_ends(link, remaining) as ends:
            terms = terms_between(link, ends) if link.document is not None else None
            half = remaining() / 2
            for side, least in ((Side.LEFT, half), (Side.RIGHT, _TIME_RESERVE)):
                collected = Sent(side, terms)
                whole = _read(link, side, ends[side], collected, most, remaining, least)
                was = before.sides[side].findings if before is not None else ()
                found = tuple(collected.findings(was, now))
                sides[side] = SideDrift(collected.listed, whole, found)
        report = DriftReport(link.id, now, by, sides)
        self.table.put(_to_item(report))
        return report

    def latest(self, link_id: str) -> DriftReport | None:
        """Returns the latest report of a link; ``None``: none was made yet."""
        item = self.table.get(f"drift#{link_id}", _SORT_KEY)
        return _from_item(item) if item is not None else None

    def choose(
        self, link_id: str, side: Side, path: str, contract: Contract | None, *, by: str
    ) -> Applied:
        """Says in the link's document what becomes of a field; ``None``: nothing is said any more.

        Raises:
            Skip: there is no such link, it has no document, or no report names the field.
        """
        document = self.book.document(link_id)
        end, report = document.end(side), self.latest(link_id)
        found = report.sides[side].findings if report is not None else ()
        kinds = (DriftKind.UNKNOWN, DriftKind.RETYPED)
        known = {one.path for one in found if one.kind in kinds} | set(end.drift)
        if path not in known:
            listed = ", ".join(sorted(known)) or "nothing"
            raise Skip(f"No report names {path!r} on the {side.value} side. Named are: {listed}.")
        said = {name: one for name, one in end.drift.items() if name != path}
        if contract is not None:
            said[path] = contract
        changed = document.model_copy(
            update={side.value: end.model_copy(update={"drift": dict(sorted(said.items()))})}
        )
        applied = self.book.apply(changed, by=by)
        if report is not None:
            self.table.put(_to_item(_decided(report, side, path, contract)))
        return applied


def _read(
    link: Link,
    side: Side,
    resource: Resource[Any],
    into: Sent,
    most: int,
    remaining: RemainingTime,
    least: float,
) -> bool:
    """Reads a list until its end, enough of it, or the time is over. Returns whether to its end."""
    if not isinstance(resource, Listed):
        end = link.end(side)
        raise Skip(f"{end.connection} cannot list {end.resource}: nothing can be said of it.")
    cursor: str | None = None
    while True:
        page = resource.page(cursor, None)
        for one in page.items:
            if isinstance(one, Misfit):
                into.take_broken(one.key, str(one.error))
            else:
                into.take(one)
        if page.cursor is None or page.cursor == cursor:
            return page.cursor is None
        cursor = page.cursor
        if into.listed >= most or remaining() < max(least, _TIME_RESERVE):
            return False


def _decided(report: DriftReport, side: Side, path: str, contract: Contract | None) -> DriftReport:
    own = report.sides[side]
    findings = tuple(
        replace(one, contract=contract) if one.path == path else one for one in own.findings
    )
    return replace(report, sides={**report.sides, side: replace(own, findings=findings)})


def _to_item(report: DriftReport) -> dict[str, Any]:
    # As JSON has it: a row holds neither tuples nor enums.
    sides = {side.value: json.loads(json.dumps(asdict(own))) for side, own in report.sides.items()}
    place = {"pk": f"drift#{report.link}", "sk": _SORT_KEY}
    return {**place, "link": report.link, "at": report.at, "by": report.by, "sides": sides}


def _from_item(item: Mapping[str, Any]) -> DriftReport:
    sides = {Side(side): _side(own) for side, own in item["sides"].items()}
    return DriftReport(str(item["link"]), float(item["at"]), str(item["by"]), sides)


def _side(item: Mapping[str, Any]) -> SideDrift:
    findings = tuple(
        Finding(
            DriftKind(one["kind"]),
            one["path"],
            int(one["records"]),
            tuple(one["kinds"]),
            tuple(one["values"]),
            Contract(one["contract"]) if one["contract"] is not None else None,
            float(one["first_seen"]),
            one["text"],
        )
        for one in item["findings"]
    )
    return SideDrift(int(item["listed"]), bool(item["whole"]), findings)
