"""What the engine works with, made of a document that was checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mostik.linkdoc.document import DictionaryPart, EntryPart, FieldPart, LinkDocument
from mostik.mapping.condition import Condition
from mostik.mapping.dictionary import Dictionary, Entry
from mostik.mapping.mapper import Mapper, Occasion
from mostik.mapping.path import path
from mostik.mapping.shape import Shape
from mostik.mapping.side import Side
from mostik.mapping.table import Apply, AsIs, By, Constant, Rule, Table, Template, Translate
from mostik.merge.policy import Policy


def table_of(document: LinkDocument) -> Table:
    """Returns the mapping of a link."""
    return Table(
        tuple(map(_rule, document.fields)),
        {name: _dictionary(one) for name, one in document.dictionaries.items()},
        document.rest,
    )


def mapper_of(document: LinkDocument, left: Shape, right: Shape) -> Mapper:
    """Returns the mapper of a link between two shapes."""
    return Mapper(table_of(document), left, right)


def policy_of(document: LinkDocument, of: frozenset[str] | None) -> Policy:
    """Returns who owns what.

    Args:
        document: the link.
        of: the fields that both sides can hold.
    """
    return Policy(
        document.owner,
        dict(document.owners),
        of,
        frozenset(document.keeps),
        frozenset(document.grows),
        frozenset(_shared_lists(document)),
    )


def _shared_lists(document: LinkDocument) -> Iterator[str]:
    """Lists of which a rule says that parts have one key on both sides."""
    for rule in map(_rule, document.fields):
        for where in rule.left if isinstance(rule.by, AsIs) else ():
            within = where.last_list()
            if within is not None and where == within.inner("key"):
                yield within.field


def conditions_of(document: LinkDocument, side: Side) -> tuple[Condition, ...]:
    """Returns which records of a side the link takes."""
    only = document.end(side).only
    return tuple(Condition(path(one.field), one.test, one.values) for one in only)


def occasion_of(document: LinkDocument, *, bulk: bool) -> Occasion:
    """Returns what the mapping must know of the moment.

    Args:
        document: the link.
        bulk: a run over many records.
    """
    return Occasion(bulk=bulk, may_notify=document.notify)


def _rule(part: FieldPart) -> Rule:
    return Rule(
        tuple(map(path, part.left)),
        tuple(map(path, part.right)),
        _by(part),
        part.way,
        part.required,
    )


def _by(part: FieldPart) -> By:
    if part.by is not None:
        return Apply(part.by, dict(part.left_options), dict(part.right_options))
    if part.dictionary is not None:
        return Translate(part.dictionary)
    if part.template is not None:
        return Template(part.template)
    if part.constant is not None:
        return Constant(part.constant)
    return AsIs()


def _dictionary(part: DictionaryPart) -> Dictionary:
    return Dictionary(tuple(map(_entry, part.entries)), part.back, part.unknown, part.noun)


def _entry(part: EntryPart) -> Entry:
    sets: Mapping[Side, Mapping[str, object]] = part.sets
    return Entry(part.left, part.right, part.way, dict(part.after), sets, frozenset(part.notifies))
