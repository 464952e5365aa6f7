"""Answers of a sandbox, changed by their format alone: more fields, or fewer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lxml import etree

from local.sandbox.server import Answer

Change = Callable[[Answer], Answer]


def with_news(answer: Answer) -> Answer:
    """The answer with a field more in each object or element that has any."""
    if "json" in answer.content_type:
        return _as_json(answer, _with_news(json.loads(answer.body)))
    if "xml" not in answer.content_type:
        return answer
    root = etree.fromstring(answer.body)
    for element in [one for one in root.iter() if len(one)]:
        news = etree.SubElement(element, "Новость")
        etree.SubElement(news, "Ид").text = "1"
    return _as_xml(answer, root)


def altered(name: str, text: str, value: str | None = None) -> Change:
    """Changes a field of each object that says ``text`` in one of its fields.

    Args:
        name: of the field.
        text: what the object says.
        value: what the field says then; ``None``: it is not there.
    """

    def change(answer: Answer) -> Answer:
        if "json" in answer.content_type:
            return _as_json(answer, _altered(json.loads(answer.body), name, text, value))
        if "xml" not in answer.content_type:
            return answer
        root = etree.fromstring(answer.body)
        for element in _saying(root, text):
            for part in [one for one in element if etree.QName(one).localname == name]:
                if value is None:
                    element.remove(part)
                else:
                    part.text = value
        return _as_xml(answer, root)

    return change


def fields_of(answer: Answer, text: str) -> set[str]:
    """The names of the fields of each object that says ``text`` in one of them, but of that one."""
    if "json" in answer.content_type:
        return _fields(json.loads(answer.body), text)
    if "xml" not in answer.content_type:
        return set()
    parts = [one for element in _saying(etree.fromstring(answer.body), text) for one in element]
    return {str(etree.QName(one).localname) for one in parts if one.text != text}


def _with_news(content: Any) -> Any:
    match content:
        case dict():
            return {**{name: _with_news(one) for name, one in content.items()}, "news": {"a": 1}}
        case list():
            return [_with_news(one) for one in content]
    return content


def _altered(content: Any, name: str, text: str, value: str | None) -> Any:
    match content:
        case dict() if _says(content, text):
            kept = {n: one for n, one in content.items() if n != name}
            return kept if value is None else {**kept, name: value}
        case dict():
            return {n: _altered(one, name, text, value) for n, one in content.items()}
        case list():
            return [_altered(one, name, text, value) for one in content]
    return content


def _fields(content: Any, text: str) -> set[str]:
    match content:
        case dict() if _says(content, text):
            return {name for name, one in content.items() if one != text}
        case dict():
            return set().union(*(_fields(one, text) for one in content.values()))
        case list():
            return set().union(*(_fields(one, text) for one in content))
    return set()


def _says(content: dict[str, Any], text: str) -> bool:
    return text in [one for one in content.values() if isinstance(one, str)]


def _saying(root: Any, text: str) -> list[Any]:
    return [one for one in root.iter() if any(part.text == text for part in one)]


def _as_json(answer: Answer, content: Any) -> Answer:
    return replace(answer, body=json.dumps(content, ensure_ascii=False).encode())


def _as_xml(answer: Answer, root: Any) -> Answer:
    encoding = root.getroottree().docinfo.encoding or "UTF-8"
    body = etree.tostring(root, encoding=encoding, xml_declaration=True)
    return replace(answer, body=body)
