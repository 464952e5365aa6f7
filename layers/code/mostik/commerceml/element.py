"""What is used of an lxml element; lxml has no types of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Element(Protocol):
    """An element of a tree that is still being built."""

    @property
    def tag(self) -> str:
        """Its full name."""
        ...

    @property
    def text(self) -> str | None:
        """The text before its first child."""
        ...

    @property
    def tail(self) -> str | None:
        """The text behind it."""
        ...

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Element]: ...

    def keys(self) -> list[str]:
        """Names of its attributes."""
        ...

    def items(self) -> list[tuple[str, str]]:
        """Its attributes."""
        ...

    def iter(self) -> Iterator[Element]:
        """Itself and all that is in it, in the file's order."""
        ...

    def getparent(self) -> Element | None:
        """The element around it."""
        ...

    def getprevious(self) -> Element | None:
        """The element before it."""
        ...

    def remove(self, element: Element, /) -> None:
        """Takes a child out of it, with the text behind that."""
        ...


def local_name(tag: str) -> str:
    """Returns a tag without its namespace."""
    return tag.rpartition("}")[2]
