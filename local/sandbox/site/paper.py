"""How the site reads and writes CommerceML; on its own, without Mostik's reader and writer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation

from lxml import etree
from lxml.etree import _Element as Element

from local.sandbox.onec.paper import Node, Style, document


class Unreadable(Exception):
    """The site answers ``failure`` with these words."""


def root_of(content: bytes) -> Element:
    """Reads a file.

    Raises:
        Unreadable: it is no XML.
    """
    try:
        root: Element = etree.fromstring(content)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"Ошибка разбора XML: {error.msg}") from None
    return root


def name_of(element: Element) -> str:
    """Returns an element's name without its namespace."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def child(element: Element, name: str) -> Element | None:
    """Returns the first child of a name."""
    return next((one for one in element if name_of(one) == name), None)


def inside(element: Element, name: str) -> Sequence[Element]:
    """Returns what stands in the first child of a name."""
    found = child(element, name)
    return () if found is None else list(found)


def every(element: Element, name: str) -> Iterator[Element]:
    """Yields the children of a name."""
    return (one for one in element if name_of(one) == name)


def text(element: Element, name: str) -> str | None:
    """Returns a child's text; ``None``: there is no such child."""
    found = child(element, name)
    return None if found is None else (found.text or "").strip()


def number(written: str | None) -> Decimal | None:
    """Reads a number.

    Raises:
        Unreadable: it is none.
    """
    if not written:
        return None
    try:
        return Decimal(written.replace(",", ".").replace("\u00a0", ""))
    except InvalidOperation:
        raise Unreadable(f"Неверное число: {written}") from None


def attributes(element: Element) -> dict[str, str]:
    """Returns ``ЗначенияРеквизитов`` by name."""
    return {
        text(one, "Наименование") or "": text(one, "Значение") or ""
        for one in inside(element, "ЗначенияРеквизитов")
    }


def file_of(encoding: str, version: str, parts: Iterable[Node]) -> bytes:
    """Writes a whole file as the site does: without a namespace and without a mark."""
    style = Style(version=version, namespace="", encoding=encoding, mark=False)
    return b"".join(document(style, parts))


def pair(name: str, value: str) -> Node:
    """An attribute."""
    return Node("ЗначениеРеквизита", (Node("Наименование", name), Node("Значение", value)))
