"""One record: where it is, what each side says of it now, and why it is not written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mostik.admin.audit import Change, changes_between
from mostik.admin.callsdesk import CallsDesk
from mostik.admin.problems import Refused, Words, no_such
from mostik.commerce.fields import common
from mostik.commerce.record import Canonical
from mostik.errors import MostikError
from mostik.http.redact import Redactor
from mostik.jobs.message import Touch, dump
from mostik.jobs.row import JobRow
from mostik.jobs.rows import JobRows
from mostik.ports import Clock, JobQueue, RemainingTime
from mostik.sync.link import Link, Links, Side
from mostik.sync.parked import Parked, ParkedRecord
from mostik.sync.xref import Pair, Pairs

LINK = Words("link", "связь")
RECORD = Words("record", "запись")
_MOST_PARKED = 500
_Holds = frozenset[str] | None
_OWN_FIELDS = ("key", "external_ids", "version", "changed_at", "origin", "extra")
"""What each side says of itself, and nobody compares."""


@dataclass(frozen=True, slots=True)
class Place:
    """A record of one side of a link.

    Attributes:
        link: the link.
        side: the side that it is on.
        key: its key there.
    """

    link: Link
    side: Side
    key: str

    @property
    def connection(self) -> str:
        """Whose record it is."""
        return self.link.end(self.side).connection

    @property
    def resource(self) -> str:
        """What it is in."""
        return self.link.end(self.side).resource

    @property
    def job(self) -> str:
        """The job of a touch of it."""
        return f"{self.connection}/{self.resource}/{self.key}"


@dataclass(frozen=True, slots=True)
class SideView:
    """What one side says of a record now.

    Attributes:
        place: where it is; ``None``: nothing there is known to be this record.
        record: its fields, personal data masked; ``None``: it was not read, or is not there.
        changed: whether it differs from what both sides last agreed on; ``None``: not known.
        problem: why it could not be read.
    """

    place: Place | None
    record: Mapping[str, Any] | None = None
    changed: bool | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record with everything around it."""

    pair: Pair | None
    sides: Mapping[Side, SideView]
    differences: Sequence[Change]
    jobs: Sequence[JobRow]
    parked: Sequence[ParkedRecord]


class RecordDesk:
    """Finds records and looks at them.

    Args:
        links: links.
        pairs: cross-references.
        parked: records in quarantine, and pending ones.
        rows: job rows.
        queue: takes touches.
        calls: reads the sides.
        clock: unix seconds.
    """

    def __init__(
        self,
        *,
        links: Links,
        pairs: Pairs,
        parked: Parked,
        rows: JobRows,
        queue: JobQueue,
        calls: CallsDesk,
        clock: Clock,
    ) -> None:
        self._links = links
        self._pairs = pairs
        self._parked = parked
        self._rows = rows
        self._queue = queue
        self._calls = calls
        self._clock = clock

    def link(self, link_id: str) -> Link:
        """Returns a link.

        Raises:
            Refused: there is none of this id.
        """
        found = self._links.get(link_id)
        if found is None:
            raise no_such(LINK)
        return found

    def find(self, text: str, link_id: str | None = None) -> list[Place]:
        """Returns the places at which something of this key is known: a pair, a job or a record
        that is parked. Keys of either side fit."""
        links = [self.link(link_id)] if link_id is not None else list(self._links.all())
        return [place for link in links for place in self._known(link, text)]

    def _known(self, link: Link, key: str) -> Iterator[Place]:
        for side in Side:
            place = Place(link, side, key)
            known = self._pairs.find(link.id, side, key) is not None
            if known or self._rows.get(place.job) is not None:
                yield place

    def look(self, place: Place, remaining: RemainingTime, *, reveal: bool = False) -> RecordView:
        """Reads both sides of a record now.

        Args:
            place: a record of one side.
            remaining: seconds left.
            reveal: show personal data; the caller audits it.

        Raises:
            Refused: nothing is known of it, and it is not there.
        """
        pair = self._pairs.find(place.link.id, place.side, place.key)
        places = {place.side: place}
        if pair is not None:
            places |= {side: Place(place.link, side, key) for side, key in pair.keys.items()}
        read: dict[Side, tuple[Canonical, _Holds]] = {}
        sides: dict[Side, SideView] = {}
        for side in Side:
            there = places.get(side)
            sides[side] = SideView(None)
            if there is not None:
                sides[side] = self._read(there, read, remaining, reveal)
        sides = {side: replace(view, changed=_changed(side, pair, read))
                 for side, view in sides.items()}  # fmt: skip
        jobs = [row for one in places.values() if (row := self._rows.get(one.job)) is not None]
        parked = [one for one in self._all_parked(place.link) if _is_at(one, places)]
        if pair is None and not read and not jobs and not parked:
            problem = sides[place.side].problem
            raise no_such(Words(f"record ({problem})", f"запись ({problem})")
                          if problem else RECORD)  # fmt: skip
        return RecordView(pair, sides, _differences(read, sides), jobs, parked)

    def _read(
        self,
        place: Place,
        read: dict[Side, tuple[Canonical, _Holds]],
        remaining: RemainingTime,
        reveal: bool,
    ) -> SideView:
        name = f"{place.resource}/{place.key}"
        try:
            with self._calls.asking(place.connection, remaining, record=name) as asked:
                resource = self._calls.resource(asked, place.resource)
                holds = getattr(resource, "holds", None)
                record: Canonical | None = resource.read(place.key)
        except MostikError as error:
            return SideView(place, problem=str(error))
        if record is None:
            return SideView(place, problem="It is not there.")
        read[place.side] = (record, holds)
        shown = _content(record)
        return SideView(
            place,
            shown if reveal else _masked(shown),
        )

    def _all_parked(self, link: Link) -> Iterator[ParkedRecord]:
        after: str | None = None
        read = 0
        while read < _MOST_PARKED:
            page = self._parked.page(link.id, after=after)
            yield from page.records
            read += len(page.records)
            after = page.after
            if after is None:
                return

    def touch(self, place: Place, event: str) -> str:
        """Has a record read again and carried over as it is now. Returns the job's id.

        Raises:
            Busy: the queue did not take it.
        """
        touch = Touch(place.connection, place.resource, place.key, event, self._clock())
        self.send(touch)
        return touch.id

    def send(self, touch: Touch) -> None:
        """Sends a touch.

        Raises:
            Busy: the queue did not take it.
        """
        self._queue.send(dump(touch), group=touch.connection)

    def relink(self, link: Link, left: str, right: str) -> Pair:
        """Says that two records are one, whatever was said before. The next touch compares them.

        Raises:
            Refused: a job is creating one of them.
        """
        for side, key in ((Side.LEFT, left), (Side.RIGHT, right)):
            self.unlink(Place(link, side, key))
        fresh = Pair({Side.LEFT: left, Side.RIGHT: right}, {}, at=self._clock())
        stored = self._pairs.save(link.id, fresh)
        if stored is None:
            raise _in_hand()
        return stored

    def unlink(self, place: Place) -> bool:
        """Forgets which record is this one on the other side. Returns whether it was known.

        Raises:
            Refused: a job is creating it.
        """
        pair = self._pairs.find(place.link.id, place.side, place.key)
        if pair is None:
            return False
        if not pair.is_linked and pair.until > self._clock():
            raise _in_hand()
        self._pairs.forget(place.link.id, pair)
        return True

    def parked_at(self, place: Place) -> ParkedRecord:
        """Returns a record that lies in quarantine or is pending.

        Raises:
            Refused: it does not.
        """
        for record in self._all_parked(place.link):
            if record.side is place.side and record.key == place.key:
                return record
        raise no_such(Words("record in quarantine", "запись в карантине"))

    def drop(self, record: ParkedRecord) -> None:
        """Takes a record out of quarantine without carrying it over."""
        self._parked.drop(record)


def _changed(
    side: Side, pair: Pair | None, read: Mapping[Side, tuple[Canonical, _Holds]]
) -> bool | None:
    """Whether a side says something else than what was last agreed; two sides agree on what both
    can hold, so both must have been read."""
    agreed = pair.agreed.get(side) if pair is not None else None
    if pair is not None and pair.mapping and agreed is not None and side in read:
        record, holds = read[side]  # of a link with a document: each side by its own fields
        return f"{record.fingerprint(holds)}.{pair.mapping}" != agreed
    if agreed is None or len(read) < len(Side):
        return None
    of = common(*(holds for _, holds in read.values()))
    return read[side][0].fingerprint(of) != agreed


def _in_hand() -> Refused:
    return Refused(
        409,
        Words("A job is at this record; try again.", "Запись сейчас обрабатывается; повторите."),
    )


def _is_at(record: ParkedRecord, places: Mapping[Side, Place]) -> bool:
    place = places.get(record.side)
    return place is not None and place.key == record.key


def _differences(
    read: Mapping[Side, tuple[Canonical, _Holds]], sides: Mapping[Side, SideView]
) -> list[Change]:
    """What differs, as it may be shown: two phones differ although both are masked."""
    if len(read) < len(Side):
        return []
    left, right = (_content(read[side][0]) for side in Side)
    return [
        Change(
            change.field,
            _at(sides[Side.LEFT].record, change.field),
            _at(sides[Side.RIGHT].record, change.field),
        )
        for change in changes_between(left, right)
        if change.field.partition(".")[0] not in _OWN_FIELDS
    ]


def _masked(content: Mapping[str, Any]) -> dict[str, Any]:
    """A record without personal data. A field called ``key`` is what it is known by, and no secret
    as it may be elsewhere; what a side says beside the model (``extra``) is not believed in that.
    """
    masked: dict[str, Any] = json.loads(Redactor().content(content))
    return dict(_with_keys(masked, content))


def _with_keys(masked: Any, content: Any) -> Any:
    if isinstance(masked, Mapping) and isinstance(content, Mapping):
        return {
            name: content[name]
            if name == "key"
            else (value if name == "extra" else _with_keys(value, content.get(name)))
            for name, value in masked.items()
        }
    if isinstance(masked, list) and isinstance(content, list | tuple):
        return [_with_keys(one, of) for one, of in zip(masked, content, strict=True)]
    return masked


def _content(record: Canonical) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude_defaults=True)


def _at(content: Any, path: str) -> Any:
    for name in path.split("."):
        content = content.get(name) if isinstance(content, Mapping) else None
    return content
