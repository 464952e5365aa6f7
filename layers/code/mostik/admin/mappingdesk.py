"""What a link says, tried on a real record before it is kept.

A mapping is looked at, changed as text and tried: the preview says for every field what it becomes
on the other side and why, with the text as it stands on the page, kept or not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mostik.admin.linkends import LinkEnds
from mostik.admin.problems import FieldProblem, Refused, Words, no_such
from mostik.http.redact import Redactor
from mostik.jobs.message import dump
from mostik.linkdoc.check import may_be_saved, problems
from mostik.linkdoc.difference import difference
from mostik.linkdoc.document import LinkDocument
from mostik.linkdoc.problem import Problem
from mostik.linkdoc.yamlfile import Loaded
from mostik.linkdoc.yamlfile import load as links_in
from mostik.mapping.side import Side
from mostik.mapping.trace import Step
from mostik.ports import Busy, Clock, JobQueue, RemainingTime
from mostik.sync.ends import terms_between
from mostik.sync.link import documented
from mostik.sync.linkbook import Applied, LinkBook
from mostik.sync.parked import Parked, touch_of
from mostik.sync.xref import Pairs

_ONE = Words(
    "A page holds one link: its text must describe this one.",
    "На странице одна связь: текст должен описывать именно её.",
)
_WRONG = Words("The link is not kept: see the lines.", "Связь не сохранена: смотрите строки.")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a record becomes on the other side.

    Attributes:
        refused: why the link does not take it; ``None``: it does.
        there: its key on the other side; ``None``: it is not known there and would be created.
        steps: field by field.
        problems: what cannot be said there.
    """

    refused: str | None
    there: str | None
    steps: Sequence[Step]
    problems: Sequence[str]


class MappingDesk:
    """Looks at links with a document, tries them and keeps them.

    Args:
        book: links with a document.
        ends: opens their ends.
        pairs: cross-references.
        parked: what no mapping could say.
        queue: takes touches.
        clock: unix seconds.
    """

    def __init__(
        self,
        *,
        book: LinkBook,
        ends: LinkEnds,
        pairs: Pairs,
        parked: Parked,
        queue: JobQueue,
        clock: Clock,
    ) -> None:
        self.book = book
        self._ends = ends
        self._pairs = pairs
        self._parked = parked
        self._queue = queue
        self._clock = clock

    def checked(
        self, link_id: str, text: str, remaining: RemainingTime
    ) -> tuple[LinkDocument, Sequence[Problem]]:
        """Reads the text of a link and checks it against what both sides have.

        Returns:
            The link, and what is odd about it: warnings.

        Raises:
            Refused: it is wrong; says in which lines.
        """
        loaded = _only(link_id, text)
        if loaded.document is None:
            raise _wrong(loaded.problems)
        link = documented(loaded.document)
        with self._ends(link, remaining) as ends:
            terms = terms_between(link, ends)
            left, right = terms.shapes[Side.LEFT], terms.shapes[Side.RIGHT]
            found = list(problems(loaded.document, left, right, loaded.lines))
        if not may_be_saved(found):
            raise _wrong(found)
        return loaded.document, found

    def changes(self, document: LinkDocument) -> list[str]:
        """Returns what keeping a link would change, in sentences."""
        return list(difference(self.book.document(document.id), document))

    def keep(self, document: LinkDocument, remaining: RemainingTime, *, by: str) -> Applied:
        """Keeps a link that was checked; what lies in quarantine is tried under it.

        Raises:
            Skip: a link of this name follows from the settings of a connection.
        """
        applied = self.book.apply(document, by=by)
        if applied.remapped:
            self._try_parked(document.id, remaining)
        return applied

    def _try_parked(self, link_id: str, remaining: RemainingTime) -> None:
        after: str | None = None
        while remaining() > 1.0:  # what is left is tried with its next change, or by a person
            page = self._parked.page(link_id, after=after)
            for record in page.records:
                try:
                    self._queue.send(dump(touch_of(record, self._clock())), group=record.connection)
                except Busy:
                    return
            after = page.after
            if after is None:
                return

    def preview(
        self,
        document: LinkDocument,
        side: Side,
        key: str,
        remaining: RemainingTime,
        *,
        reveal: bool = False,
    ) -> Preview:
        """Says what a record becomes on the other side; nothing is written.

        Args:
            document: the link, kept or not.
            side: where the record is read.
            key: its key there.
            remaining: seconds left.
            reveal: show personal data; the caller audits it.

        Raises:
            Refused: there is no such record.
            MostikError: a side cannot be read.
        """
        pair = self._pairs.find(document.id, side, key)
        there = pair.keys[side.other] if pair is not None and pair.is_linked else None
        name = f"{document.end(side).resource}/{key}"
        link = documented(document)
        with self._ends(link, remaining, record=name) as ends:
            terms = terms_between(link, ends)
            record = ends[side].read(key)
            if record is None:
                raise no_such(Words("record", "запись"))
            present = ends[side.other].read(there) if there is not None else None
        mapped = terms.mapper.to(side.other, record, present, terms.occasion)
        steps = mapped.steps if reveal else [_masked(step) for step in mapped.steps]
        return Preview(
            terms.refused(side, record), there, steps, [one.text for one in mapped.problems]
        )


def _only(link_id: str, text: str) -> Loaded:
    found = links_in(text)
    if len(found) != 1:
        raise Refused(422, _ONE)
    document = found[0].document
    if document is not None and document.id != link_id:
        raise Refused(422, _ONE)
    return found[0]


def _wrong(found: Sequence[Problem]) -> Refused:
    fields = [FieldProblem("text", Words(str(one), str(one))) for one in found if not one.warning]
    return Refused(422, _WRONG, fields=fields[:20])


def _masked(step: Step) -> Step:
    """A step without personal data: masked by the names of the fields that it reads and writes."""
    names = (*step.source.replace(",", " ").split(), step.field)
    return Step(
        field=step.field,
        source=step.source,
        by=step.by,
        before=_hidden(names, step.before),
        after=_hidden(names, step.after),
        outcome=step.outcome,
        why=step.why,
        tells=step.tells,
    )


def _hidden(names: Sequence[str], text: str) -> str:
    redactor = Redactor()
    for name in names:
        path = [part.partition("[")[0] for part in name.split(".")]
        if path[-1] == "key":  # what a record is known by is no secret
            continue
        content: Any = text
        for part in reversed(path):
            content = {part: content}
        masked = json.loads(redactor.content(content))
        for part in path:
            masked = masked[part] if isinstance(masked, Mapping) else masked
        if masked != text:
            return str(masked)
    return redactor.text(text)
