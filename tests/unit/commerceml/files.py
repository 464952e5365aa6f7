"""Small files with the traits of real ones, and what a reader says of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from mostik.commerceml.models import Head, Message, Record, Rejected
from mostik.commerceml.reader import Reader
from mostik.commerceml.refusal import Limits
from mostik.commerceml.report import Report

Kind = TypeVar("Kind")
NAMESPACES = (
    "",
    "urn:1C.ru:commerceml_2",
    "urn:1C.ru:commerceml_210",
    "urn:1C.ru:commerceml_3",
)
Yielded = Message | Head | Record | Rejected


def whole(
    inside: str, *, namespace: str = NAMESPACES[1], encoding: str = "utf-8", version: str = "2.07"
) -> bytes:
    """A file around some parts."""
    xmlns = f' xmlns="{namespace}"' if namespace else ""
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<КоммерческаяИнформация{xmlns}'
        f' ВерсияСхемы="{version}" ДатаФормирования="2026-11-24T10:00:00">{inside}'
        "</КоммерческаяИнформация>"
    )
    return text.encode(encoding, "xmlcharrefreplace")


def goods(inside: str) -> str:
    return f"<Каталог><Ид>c</Ид><Товары>{inside}</Товары></Каталог>"


def offers(inside: str) -> str:
    return f"<ПакетПредложений><Ид>c#</Ид><Предложения>{inside}</Предложения></ПакетПредложений>"


def read(
    content: bytes | Iterable[bytes], limits: Limits | None = None
) -> tuple[list[Yielded], Report]:
    pieces = [content] if isinstance(content, bytes) else content
    reader = Reader(pieces, limits=limits)
    return list(reader), reader.report


def of(kind: type[Kind], content: bytes) -> list[Kind]:
    return [one for one in read(content)[0] if isinstance(one, kind)]


def one(kind: type[Kind], content: bytes) -> Kind:
    (only,) = of(kind, content)
    return only
