"""Descriptions: HTML on one side, plain text on the other."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from typing import Any

from mostik.mapping.functions.function import Function, Option, Options, Unfit, Values

_HTML, _TEXT = "html", "text"
_BLOCKS = frozenset(
    {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "section", "blockquote"}
)
_LINES = frozenset({"br", "tr", "li", "dt", "dd"})
_SILENT = frozenset({"script", "style", "head", "title"})
_MOST = 500_000


class _Reader(HTMLParser):
    """Collects what a person would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Breaks the line where a tag does."""
        del attrs
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag in _LINES:
            self.parts.append("\n- " if tag == "li" else "\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Breaks the line where a tag ends."""
        if tag in _SILENT:
            self._silent = max(self._silent - 1, 0)
        elif tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        """Takes what is seen."""
        if not self._silent:
            self.parts.append(re.sub(r"[ \t\r\n\f]+", " ", data))


def text_from(html: str) -> str:
    """Returns what a person reads in HTML: paragraphs apart, list items with a dash."""
    reader = _Reader()
    reader.feed(html[:_MOST])
    reader.close()
    return _tidy("".join(reader.parts))


def html_from(text: str) -> str:
    """Returns text as HTML: paragraphs and line breaks, everything else escaped."""
    blocks = re.split(r"\n{2,}", _tidy(text))
    lines = ("<br>".join(escape(line) for line in block.split("\n")) for block in blocks)
    return "".join(f"<p>{one}</p>" for one in lines if one)


def _tidy(text: str) -> str:
    lines = (re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _read(values: Values, options: Options) -> str | None:
    """Its meaning: what a person reads."""
    if values[0] is None:
        return None
    if not isinstance(values[0], str):
        raise Unfit("is no text")
    return text_from(values[0]) if options["format"] == _HTML else _tidy(values[0])


def _write(meaning: Any, options: Options, paths: int) -> Values:
    del paths
    return (html_from(meaning) if options["format"] == _HTML else meaning,)


def _warning(left: Options, right: Options) -> str | None:
    if left.get("format", _TEXT) == right.get("format", _TEXT):
        return "both sides have the same format, so it only tidies up: leave the function out"
    return "what HTML says beside its text (links, pictures, bold) is lost on the way to text"


MARKUP = Function(
    "html",
    "HTML on one side, plain text on the other",
    _read,
    _write,
    {"format": Option("what the side has", _TEXT, (_HTML, _TEXT))},
    warns=_warning,
)
