"""The end of a package: what a whole export did not hold is looked for then, and never before.

A whole export comes in portions, and only its first one says that it is whole (facts on the
exchange protocol, 1.3): deleting what is not in a file would empty the shop. So the pages of all
imports of the package are listed once more, in one run whose brake sees what is gone; what did not
change costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mostik.commerce import catalog
from mostik.commerceml.imports import ImportRow, Imports, State, Step
from mostik.commerceml.pages import Pages
from mostik.commerceml.places import Cursor
from mostik.commerceml.protocol import shown
from mostik.ids import time_of
from mostik.sync.link import Link
from mostik.sync.run import RunKind
from mostik.worker.importplan import ImportPlan, Lane, Plans

_HEADS: Mapping[str, str] = {catalog.PRODUCTS: "Каталог", catalog.VARIANTS: "ПакетПредложений"}
"""Which part of a file says that the resource is whole."""
_CLOCK_SECONDS = 2.0
"""A time in whole seconds is a little before the session that it names."""
_LONGEST_PACKAGE_SECONDS = 24 * 3_600.0
_CHANGES = "Выгружались только изменения: отсутствующие товары не отключаются."


@dataclass(frozen=True, slots=True)
class Packages:
    """Ends packages of one connection.

    Attributes:
        imports: what was asked for.
        plans: what was read.
        pages: records.
        linked: links, by resource.
    """

    imports: Imports
    plans: Plans
    pages: Pages
    linked: Mapping[str, Link]

    def ended(self, row: ImportRow, plan: ImportPlan) -> ImportPlan | None:
        """Returns the plan of a package's end.

        Args:
            row: the import that says so.
            plan: its plan.

        Returns:
            The plan with the runs that look for what is gone; ``None``: imports of the package are
            still under way.
        """
        rows = self._rows(row)
        files = [one for one in rows if one.step is Step.FILE]
        if any(not one.state.is_final for one in files):
            return None
        was_ended = any(one.step is Step.DEACTIVATE for one in rows)
        if row.step is Step.COMPLETE and was_ended:
            return _only(plan)
        failed = [one for one in files if one.state is State.FAILED]
        if failed:
            names = ", ".join(shown(one.file) for one in failed[:5])
            return _only(plan, f"Не обработаны файлы: {names}; ничего не отключается.")
        plans = self._plans(files)
        nameless = sum(one.nameless for one in plans)
        if nameless:
            return _only(plan, f"Записей без Ид: {nameless}; ничего не отключается.")
        if not files or not any(_is_whole(plans, head) for head in _HEADS.values()):
            return _only(plan, _CHANGES if files else "")
        lanes = tuple(self._lanes(plans, files))
        return replace(plan, is_read=True, lanes=lanes)

    def _rows(self, row: ImportRow) -> Sequence[ImportRow]:
        """The imports of the package, the first one first."""
        found: list[ImportRow] = []
        for one in self.imports.of(row.connection):
            if one.id == row.id or one.kind != row.kind or one.session > row.session:
                continue
            if row.timestamp is not None:
                if time_of(one.session) < row.timestamp - _CLOCK_SECONDS:
                    break
            elif one.session != row.session:
                if one.step is Step.COMPLETE:
                    break
                if time_of(row.session) - time_of(one.session) > _LONGEST_PACKAGE_SECONDS:
                    break
            found.append(one)
        return found[::-1]

    def _plans(self, files: Iterable[ImportRow]) -> Sequence[ImportPlan]:
        plans = (self.plans.get(one.connection, one.session, one.id) for one in files)
        return sorted((one for one in plans if one is not None), key=lambda one: one.key)

    def _lanes(self, plans: Sequence[ImportPlan], files: Sequence[ImportRow]) -> Iterable[Lane]:
        first, last = min(one.session for one in files), max(one.session for one in files)
        for resource, head in _HEADS.items():
            link = self.linked.get(resource)
            if link is None or not link.deletes or not _is_whole(plans, head):
                continue
            said = list(self.pages.said(resource, first, last))
            records = sum(one.records for one in said)
            if not records:
                continue
            self.pages.forget_before(resource, first)
            cursor = str(Cursor(said[0].place, 1, last))
            yield Lane(resource, link.id, records, cursor, RunKind.FULL)


def _is_whole(plans: Sequence[ImportPlan], head: str) -> bool:
    """Whether the first portion says so; those behind it always say that they are changes."""
    said = [whole for one in plans for kind, whole in one.heads if kind == head]
    return bool(said) and said[0] is True


def _only(plan: ImportPlan, *sentences: str) -> ImportPlan:
    """A plan by which nothing is done."""
    return replace(plan, is_read=True, sentences=tuple(filter(None, sentences)))
