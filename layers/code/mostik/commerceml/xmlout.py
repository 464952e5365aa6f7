"""Elements to be written: what is not known is left out, an empty text is an empty element."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, TypeVar
from xml.sax.saxutils import escape, quoteattr

Item = TypeVar("Item")
# What XML 1.0 cannot hold, not even as a reference.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Leaf(NamedTuple):
    """An element; without a name only its children are written."""

    name: str
    content: str | Sequence[Leaf] | None
    attributes: Mapping[str, str | None] = {}


def node(
    name: str,
    content: str | bool | Decimal | Sequence[Leaf] | None,
    attributes: Mapping[str, str | None] | None = None,
) -> Leaf:
    """Returns an element of a text, a flag, a number or children; of ``None``: none."""
    if isinstance(content, bool):
        content = "true" if content else "false"
    elif isinstance(content, Decimal):
        content = f"{content:f}"
    return Leaf(name, content, attributes or {})


def many(name: str, items: Iterable[Item] | None, of: Callable[[Item], Leaf]) -> Leaf:
    """Returns a container; of ``None``: none."""
    return Leaf(name, None if items is None else [of(item) for item in items])


def rendered(leaf: Leaf) -> str:
    """Returns the XML of an element."""
    return "".join(_lines(leaf, ""))


def _lines(leaf: Leaf, indent: str) -> Iterable[str]:
    if leaf.content is None:
        return
    if not leaf.name:
        for child in leaf.content:
            if isinstance(child, Leaf):
                yield from _lines(child, indent)
        return
    attributes = "".join(
        f" {name}={quoteattr(_FORBIDDEN.sub('', value))}"
        for name, value in leaf.attributes.items()
        if value is not None
    )
    if isinstance(leaf.content, str):
        # A line end that is not a plain one would be read as a plain one.
        text = escape(_FORBIDDEN.sub("", leaf.content), {"\r": "&#13;"})
        end = f">{text}</{leaf.name}>" if text else "/>"
        yield f"{indent}<{leaf.name}{attributes}{end}\n"
        return
    yield f"{indent}<{leaf.name}{attributes}>\n"
    for child in leaf.content:
        yield from _lines(child, indent + "\t")
    yield f"{indent}</{leaf.name}>\n"
