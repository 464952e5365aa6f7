"""Reads answers that are JSON, XML or a form into plain values, and those into vendors' models.

XML becomes dictionaries: an element with children or attributes is a dictionary of them (``@name``
for an attribute, ``#text`` for text beside them), any other is its text; an element that stands
several times is a list. Prefixes of namespaces are left out. ``Many`` reads one that may stand
once or several times.
"""

from __future__ import annotations

import re
from email.message import Message
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, ParseError

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from mostik.http.endpoint import Format
from mostik.http.result import parsed

_DEEPEST = 100
_DECLARES_ENCODING = re.compile(rb"\s*<\?xml[^>]{0,200}\sencoding\s*=")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_MOST_FIELDS = 10_000


class VendorModel(BaseModel):
    """A model of an external API's words.

    Fields that it does not name are kept, and are reported as drift: the API has changed, or knows
    something that we do not use yet. A model whose further fields are nobody's surprise (a portal's
    own custom fields) is a plain ``BaseModel`` with ``extra="allow"``.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_element(cls, value: Any) -> Any:
        return {} if value == "" else value


ItemT = TypeVar("ItemT")


def _as_list(value: Any) -> Any:
    if value in (None, ""):
        return []
    return value if isinstance(value, list) else [value]


Many = Annotated[list[ItemT], BeforeValidator(_as_list)]
"""A list whose one element may stand alone, as XML and some JSON has it."""


def read_content(kind: Format, body: bytes, content_type: str) -> Any:
    """Reads a body.

    Args:
        kind: what is due.
        body: not empty.
        content_type: of the answer, for its charset.

    Raises:
        ValueError: it is something else, or hostile.
        RecursionError: it is JSON that is nested too deep.
    """
    match kind:
        case Format.JSON:
            return parsed(body)
        case Format.XML:
            return read_xml(body, _charset(content_type))
        case Format.FORM:
            return read_form(body, _charset(content_type))
        case Format.BYTES:
            return body


def read_xml(body: bytes, charset: str | None = None) -> dict[str, Any]:
    """Reads an XML document: ``{root: ...}``.

    Args:
        body: the document.
        charset: its encoding, unless it says so itself.

    Raises:
        ValueError: it is no XML, has a DOCTYPE (nothing is expanded and nothing is fetched), is
            nested too deep, or is a page for people.
    """
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415 - few APIs answer XML

    if charset and not body.startswith(_BYTE_ORDER_MARKS) and not _DECLARES_ENCODING.match(body):
        body = _decoded(body, charset).encode()
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except ParseError as error:
        raise ValueError("this is no XML") from error
    except LookupError as error:
        raise ValueError("this XML is in an unknown encoding") from error
    name = _local(root.tag)
    if name.lower() == "html":
        raise ValueError("this is a page")
    return {name: _value_of(root, 0)}


def read_form(body: bytes, charset: str | None = None) -> dict[str, Any]:
    """Reads a URL-encoded answer; a name that stands several times is a list.

    Raises:
        ValueError: it is no form.
    """
    text = _decoded(body, charset or "utf-8").strip()
    if "=" not in text or any(character in text for character in "<>\n\r "):
        raise ValueError("this is no form")
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict",
            encoding=charset or "utf-8", max_num_fields=_MOST_FIELDS,
        )  # fmt: skip
    except LookupError as error:
        raise ValueError("this form is in an unknown encoding") from error
    found: dict[str, Any] = {}
    for name, value in pairs:
        _add(found, name, value)
    return found


def _value_of(element: Element, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError("this XML is nested too deep")
    text = (element.text or "").strip()
    found: dict[str, Any] = {f"@{_local(name)}": value for name, value in element.attrib.items()}
    for child in element:
        _add(found, _local(child.tag), _value_of(child, depth + 1))
        text += (child.tail or "").strip()
    if not found:
        return text
    if text:
        found["#text"] = text
    return found


def _add(found: dict[str, Any], name: str, value: Any) -> None:
    if name not in found:
        found[name] = value
    elif isinstance(found[name], list):
        found[name].append(value)
    else:
        found[name] = [found[name], value]


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _charset(content_type: str) -> str | None:
    header = Message()
    header["content-type"] = content_type
    return header.get_content_charset()


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset)
    except LookupError as error:
        raise ValueError("the answer is in an unknown encoding") from error
