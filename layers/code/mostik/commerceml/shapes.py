"""How elements become fields: for each kind of element, what its children and attributes mean.

A shape is data; ``walk`` applies it. Elements are matched by local name, in any order: files come
in four namespaces or none, and the order of children is not fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

TEXT = 0
"""``field`` is the text."""
TEXTS = 1
"""The text is appended to ``field``."""
NUMBER = 2
FLAG = 3
MOMENT = 4
LEAF = MOMENT
"""Up to here an element holds a text and nothing else."""
EACH = 5
"""A structure is appended to ``field``."""
INTO = 6
"""A container: its children belong to this record; ``field`` is empty where they are none."""
ONE = 7
"""``field`` is a structure."""
DONE = 8
"""Read by another event, or of no use, and known."""
BARE = 9
"""A number that is a stock row without a warehouse."""
BARE_OR_INTO = 10
"""The same where it has no children, else a container (``Остаток``)."""
EACH_OR_INTO = 11
"""A structure where it has attributes, else a container (``Склады``)."""


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with one child.

    Attributes:
        op: one of the constants above.
        field: where it goes.
        shape: of a structure, or of a container.
        container: of the container, where it may be either.
    """

    op: int
    field: str = ""
    shape: Shape | None = None
    container: Shape | None = None

    def learned(self) -> Learned:
        """Returns it as the inner loop wants it."""
        return self.op, self.field, self.shape or _NOTHING, self.container or _NOTHING


@dataclass(slots=True)
class Shape:
    """One kind of element.

    Attributes:
        name: its local name, for reports.
        model: what its fields become; containers have none.
        steps: by local name of the child.
        attributes: fields by attribute; each is read as ``steps`` of that name says, or as text.
        text: the field of its own text.
        keeps: unknown texts are kept in ``extra``: it is a record.
        late: it is a record of its own, made by the reader.
        finish: what has to be done with all fields together.
        learned: ``steps`` by full tag, filled as tags are met: a plain tuple is quicker than a
            ``Step``. Only known names in known namespaces get in.
        blank: of a ``NamedTuple``: its fields with their defaults, in order.
        lists: of a ``NamedTuple``: those of its fields that hold tuples.
        flat: it has texts alone. A good has a dozen such structures: they have a loop of their own.
        places: of a flat one: where among its fields a text belongs, by full tag; one that may
            occur often is counted from the end. Of a container of flat ones: those of their texts,
            and ``ROW`` for themselves.
        rows: of a container that holds flat structures of one kind alone: that kind.
    """

    name: str
    model: type[Any] | None = None
    steps: Mapping[str, Step] = field(default_factory=dict)
    attributes: Mapping[str, Step] = field(default_factory=dict)
    text: str | None = None
    keeps: bool = False
    late: bool = False
    finish: Callable[[dict[str, Any]], None] | None = None
    learned: dict[str, Learned] = field(default_factory=dict)
    blank: dict[str, Any] = field(init=False, default_factory=dict)
    lists: tuple[str, ...] = field(init=False, default=())
    flat: bool = field(init=False, default=False)
    places: dict[str, int] = field(init=False, default_factory=dict)
    rows: Shape | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.model is None and self.steps:
            first = next(iter(self.steps.values()))
            alike = all(
                step.op == EACH and step.shape is first.shape and step.field == first.field
                for step in self.steps.values()
            )
            self.rows = first.shape if alike and first.shape and first.shape.flat else None
        defaults: dict[str, Any] | None = getattr(self.model, "_field_defaults", None)
        if defaults is None:
            return
        self.blank = dict(defaults)
        self.flat = all(step.op in (TEXT, TEXTS) for step in self.steps.values())
        self.lists = tuple(
            step.field
            for step in self.steps.values()
            if step.field and step.op in (TEXTS, EACH, INTO, EACH_OR_INTO, BARE, BARE_OR_INTO)
        )

    @property
    def record(self) -> type[Any]:
        """The class of records that it is of."""
        if self.model is None:
            raise LookupError(f"{self.name} is no record")
        return self.model

    def place(self, step: Step) -> int:
        """Returns where among the fields a step's text belongs."""
        names = tuple(self.blank)
        index = names.index(step.field)
        return index - len(names) if step.op == TEXTS else index


Learned = tuple[int, str, Shape, Shape]
ROW = 1_000
_NOTHING = Shape("")


def text(name: str) -> Step:
    """One text."""
    return Step(TEXT, name)


def texts(name: str) -> Step:
    """Texts, as often as the element occurs."""
    return Step(TEXTS, name)


def number(name: str) -> Step:
    """One number."""
    return Step(NUMBER, name)


def flag(name: str) -> Step:
    """Yes or no."""
    return Step(FLAG, name)


def moment(name: str) -> Step:
    """A date, with or without time."""
    return Step(MOMENT, name)


def each(name: str, shape: Shape) -> Step:
    """Structures, as often as the element occurs."""
    return Step(EACH, name, shape)


def one(name: str, shape: Shape) -> Step:
    """One structure."""
    return Step(ONE, name, shape)


def inside(name: str, own: str, **steps: Step) -> Step:
    """A container whose children belong to the record itself."""
    return Step(INTO, name, Shape(own, None, steps))


DONE_ELSEWHERE = Step(DONE)
