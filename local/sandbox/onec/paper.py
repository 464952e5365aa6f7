"""How the sandbox 1C writes XML: in any namespace, encoding and order of children."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

NAMESPACES = {
    "2.03": "",
    "2.05": "",
    "2.07": "urn:1C.ru:commerceml_2",
    "2.08": "urn:1C.ru:commerceml_210",
    "2.10": "urn:1C.ru:commerceml_210",
    "3.1": "urn:1C.ru:commerceml_3",
}


class Node(NamedTuple):
    """An element: a text, or children."""

    name: str
    content: str | Sequence[Node] = ""
    attributes: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Style:
    """What differs between two files that say the same.

    Attributes:
        version: ``ВерсияСхемы``.
        namespace: ``None``: the usual one of the version.
        encoding: of the bytes and the declaration.
        mark: a byte order mark comes first.
        formed_at: ``ДатаФормирования``.
        shuffle: children come in an order that this number decides; ``None``: in the usual order.
        indent: what stands before an element of the first level.
    """

    version: str = "2.07"
    namespace: str | None = None
    encoding: str = "utf-8"
    mark: bool = True
    formed_at: str = "2026-11-24T10:00:00"
    shuffle: int | None = None
    indent: str = "\t"

    def xmlns(self) -> str:
        """Returns the namespace that is written; empty: none."""
        return NAMESPACES.get(self.version, "") if self.namespace is None else self.namespace


def document(style: Style, parts: Iterable[Node | Part]) -> Iterator[bytes]:
    """Yields a file in pieces."""
    dice = None if style.shuffle is None else Random(style.shuffle)  # noqa: S311 - no secret
    namespace = f' xmlns="{style.xmlns()}"' if style.xmlns() else ""
    mark = "\ufeff" if style.mark and style.encoding == "utf-8" else ""
    yield _bytes(
        f'{mark}<?xml version="1.0" encoding="{style.encoding}"?>\n'
        f'<КоммерческаяИнформация{namespace} ВерсияСхемы="{style.version}"'
        f' ДатаФормирования="{style.formed_at}">\n',
        style,
    )
    for part in parts:
        if isinstance(part, Node):
            yield _bytes("".join(_rendered(part, style.indent, style.indent, dice)), style)
        else:
            yield from _part(part, style, dice)
    yield _bytes("</КоммерческаяИнформация>\n", style)


@dataclass(frozen=True, slots=True)
class Part:
    """A part whose records are made while they are written.

    Attributes:
        name: the element.
        attributes: of it.
        children: what it says of itself.
        container: the element around its records.
        records: one after the other.
    """

    name: str
    attributes: Mapping[str, str]
    children: Sequence[Node]
    container: str
    records: Iterable[Node]


def _part(part: Part, style: Style, dice: Random | None) -> Iterator[bytes]:
    one, two, three = style.indent, style.indent * 2, style.indent * 3
    children = list(part.children)
    behind: list[Node] = []
    if dice is not None:
        dice.shuffle(children)
        cut = dice.randint(0, len(children))
        children, behind = children[:cut], children[cut:]
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in part.attributes.items())
    yield _bytes(f"{one}<{part.name}{attributes}>\n", style)
    for child in children:
        yield _bytes("".join(_rendered(child, two, style.indent, dice)), style)
    yield _bytes(f"{two}<{part.container}>\n", style)
    for record in part.records:
        yield _bytes("".join(_rendered(record, three, style.indent, dice)), style)
    yield _bytes(f"{two}</{part.container}>\n", style)
    for child in behind:
        yield _bytes("".join(_rendered(child, two, style.indent, dice)), style)
    yield _bytes(f"{one}</{part.name}>\n", style)


def _rendered(node: Node, before: str, indent: str, dice: Random | None) -> Iterator[str]:
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in node.attributes.items())
    content = node.content
    if isinstance(content, str):
        if content:
            yield f"{before}<{node.name}{attributes}>{escape(content)}</{node.name}>\n"
        else:
            yield f"{before}<{node.name}{attributes}/>\n"
        return
    children = content
    if dice is not None and len({child.name for child in content}) > 1:
        children = _shuffled(content, dice)
    yield f"{before}<{node.name}{attributes}>\n"
    for child in children:
        yield from _rendered(child, before + indent, indent, dice)
    yield f"{before}</{node.name}>\n"


def _shuffled(children: Sequence[Node], dice: Random) -> Sequence[Node]:
    """In another order; those of one name keep theirs, which says something (pictures)."""
    names = [child.name for child in children]
    dice.shuffle(names)
    left = {name: iter([one for one in children if one.name == name]) for name in set(names)}
    return [next(left[name]) for name in names]


def _bytes(text: str, style: Style) -> bytes:
    return text.encode(style.encoding, "xmlcharrefreplace")
