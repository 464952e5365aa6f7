"""Masks XML by the names of its elements and attributes, without believing that it is XML.

No parser: what is logged may be cut, broken or hostile, and must be masked all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mostik.http.personal import describes_a_person, is_kept_inside, is_kind, is_person, is_value

Mask = Callable[[str, bool], str | None]
"""The mask of a field by its name, and whether somebody is described around it."""
Scrub = Callable[[str], str]
"""Masks what has a telling look in any text."""

_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<[?!][^>]*(?:>|\Z)"
    r"|<(?P<close>/)?(?P<name>[\w:.-]+)(?P<rest>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([\w:.-]+)(\s*=\s*)(\"[^\"]*\"|'[^']*')")
_DEEPEST = 500
_LOOK_AHEAD = 300
_MOST_SIBLINGS = 6
_MOST_CHARACTERS = 524_288
"""The log keeps less: what is behind need not be masked."""
_OPENING = re.compile(r"<([\w:.-]+)")


def masked_markup(text: str, mask: Mask, scrub: Scrub) -> str:
    """Returns the text with the content of telling elements and attributes masked."""
    text = text[:_MOST_CHARACTERS]
    out: list[str] = []
    stack: list[_Element] = []
    end = 0
    for tag in _TAG.finditer(text):
        out.append(_content(text[end : tag.start()], stack, scrub))
        end = tag.end()
        if tag["cdata"] is not None:
            out.append(f"<![CDATA[{_content(tag['cdata'], stack, scrub)}]]>")
        elif tag["name"] is None:
            out.append(scrub(tag[0]))
        elif tag["close"]:
            _close(stack, _local(tag["name"]))
            out.append(tag[0])
        else:
            name = _local(tag["name"])
            within = stack[-1] if stack else _Element("", None, person=False)
            element = _element(name, within, text[end : end + _LOOK_AHEAD], mask)
            out.append(f"<{tag['name']}{_attributes(tag['rest'], element, mask, scrub)}>")
            if not tag["rest"].rstrip().endswith("/"):
                stack.append(element)
                if len(stack) > _DEEPEST:
                    return f"[{len(text)} characters of XML, nested too deep to look into]"
    out.append(_content(text[end:], stack, scrub))
    return "".join(out)


class _Element:
    """An open element: its mask for everything in it, and whether it describes somebody."""

    __slots__ = ("kind", "mask", "name", "person")

    def __init__(self, name: str, mask: str | None, person: bool) -> None:
        self.name = name
        self.mask = mask
        self.person = person
        self.kind: str | None = None


def _element(name: str, within: _Element, ahead: str, mask: Mask) -> _Element:
    person = within.person or is_person(name)
    if not person and describes_a_person(_siblings(ahead)):
        person = True
    inherited = within.mask if not is_kept_inside(name) else None
    if inherited is None and is_value(name):
        inherited = within.kind
    element = _Element(name, inherited or mask(name, within.person), person)
    if is_kind(name):
        # <Тип>Телефон</Тип><Значение>...: the value's mask is known by its neighbour before it.
        said = ahead.partition("<")[0].strip()
        within.kind = mask(said, False) if said else None
    return element


def _siblings(ahead: str) -> list[str]:
    """Elements that begin right inside an element that is being opened, as far as one can see."""
    if ahead.lstrip()[:1] != "<":
        return []
    return [_local(name) for name in _OPENING.findall(ahead)[:_MOST_SIBLINGS]]


def _content(content: str, stack: list[_Element], scrub: Scrub) -> str:
    if not content.strip():
        return content
    mask = stack[-1].mask if stack else None
    return mask if mask is not None else scrub(content)


def _attributes(rest: str, element: _Element, mask: Mask, scrub: Scrub) -> str:
    names = [_local(name) for name, _, _ in _ATTRIBUTE.findall(rest)]
    person = element.person or describes_a_person(names)

    def replaced(attribute: re.Match[str]) -> str:
        name, equals, quoted = attribute.groups()
        found = mask(_local(name), person)
        inner = found if found is not None and len(quoted) > 2 else scrub(quoted[1:-1])
        return f"{name}{equals}{quoted[0]}{inner}{quoted[0]}"

    return _ATTRIBUTE.sub(replaced, rest)


def _close(stack: list[_Element], name: str) -> None:
    """Ends an element and whatever was left open in it; an end without a beginning ends nothing."""
    for depth in range(len(stack) - 1, -1, -1):
        if stack[depth].name == name:
            del stack[depth:]
            return


def _local(name: str) -> str:
    return name.rpartition(":")[2]
