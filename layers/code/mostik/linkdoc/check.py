"""What is wrong with a document that can be read: said before it is saved, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mostik.linkdoc.compiled import conditions_of, table_of
from mostik.linkdoc.document import Gone, LinkDocument
from mostik.linkdoc.problem import Problem, line_at
from mostik.mapping.check import faults
from mostik.mapping.path import path
from mostik.mapping.shape import Shape
from mostik.mapping.side import Side


def problems(
    document: LinkDocument,
    left: Shape,
    right: Shape,
    lines: Mapping[str, int] | None = None,
) -> Sequence[Problem]:
    """Returns all that is wrong with a link; without anything but warnings it may be saved.

    Args:
        document: the link.
        left: the fields of the resource at its left end.
        right: the same of its right end.
        lines: place → line, where it came from a file.
    """
    shapes = {Side.LEFT: left, Side.RIGHT: right}
    found = [
        *_ends(document),
        *_directions(document),
        *_owners(document, left),
        *_schedule(document),
        *_conditions(document, shapes),
    ]
    try:
        table = table_of(document)
    except ValueError as error:  # a template that is none
        found.append(Problem("fields", str(error)))
    else:
        found += [
            Problem(one.where, one.text, warning=one.warning) for one in faults(table, left, right)
        ]
    return [replace(one, line=line_at(one.where, lines or {})) for one in found]


def may_be_saved(found: Sequence[Problem]) -> bool:
    """Whether there are no problems but warnings."""
    return all(one.warning for one in found)


def _ends(document: LinkDocument) -> Iterator[Problem]:
    left, right = document.left, document.right
    if (left.connection, left.resource) == (right.connection, right.resource):
        yield Problem("right", "both ends are the same resource of the same connection")


def _directions(document: LinkDocument) -> Iterator[Problem]:
    direction = document.direction
    for side in document.creates:
        if not direction.leads_to(side):
            yield Problem("creates", f"nothing goes to the {side}, so nothing is created there")
    for side in Side:
        if document.deletes.on(side) is not Gone.KEEP and not direction.leads_to(side):
            text = f"nothing goes to the {side}, so nothing is deleted there"
            yield Problem(f"deletes.{side}", text)
    if not document.owners and direction.leads_to(Side.LEFT) != direction.leads_to(Side.RIGHT):
        target = Side.LEFT if direction.leads_to(Side.LEFT) else Side.RIGHT
        if document.owner.side is target:
            text = f"records go to the {target} only, and the {target} wins: edits meet nobody"
            yield Problem("owner", text, warning=True)


def _owners(document: LinkDocument, left: Shape) -> Iterator[Problem]:
    for name, owner in document.owners.items():
        where = f"owners.{name}"
        try:
            left.at(path(_through_lists(name, left)))
        except ValueError as error:
            yield Problem(where, str(error))
        side = owner.side
        if owner.is_strict and side is not None and not document.direction.leads_to(side.other):
            text = f"nothing goes to the {side.other}, so the {side} undoes nothing"
            yield Problem(where, text, warning=True)


def _through_lists(name: str, shape: Shape) -> str:
    """``lines.price`` as the path ``lines[].price``."""
    steps: list[str] = []
    for step in name.split("."):
        steps.append(step)
        try:
            many = shape.at(path(".".join(steps))).many
        except ValueError:
            return name
        if many and len(steps) < len(name.split(".")):
            steps[-1] = f"{step}[]"
    return ".".join(steps)


def _schedule(document: LinkDocument) -> Iterator[Problem]:
    schedule = document.schedule
    try:
        ZoneInfo(schedule.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        text = f"{schedule.zone!r} is no time zone; they look like Europe/Moscow"
        yield Problem("schedule.zone", text)
    if schedule.every_minutes is None and schedule.full_at is None:
        text = "the clock makes no run: what no webhook and no import brings is never found"
        yield Problem("schedule", text, warning=True)
    if schedule.full_on and schedule.full_at is None:
        yield Problem("schedule.full_on", "days are named, but no time: say full_at")


def _conditions(document: LinkDocument, shapes: Mapping[Side, Shape]) -> Iterator[Problem]:
    for side in Side:
        for number, condition in enumerate(conditions_of(document, side)):
            for text in condition.faults(shapes[side]):
                yield Problem(f"{side}.only[{number}]", text)
