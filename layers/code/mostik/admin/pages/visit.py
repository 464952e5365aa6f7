"""One request for a page, and what a page answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

from mostik.admin.pages.answers import Answers
from mostik.admin.pages.words import Say
from mostik.admin.request import Request

_PLACE = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Page:
    """A template with its values. Where htmx asks for one part, only the block of the part's name
    is rendered."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Go:
    """Another page is shown, with a sentence of what was done.

    Attributes:
        place: below ``/admin``, without a slash in front.
        said: the sentence.
    """

    place: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file to be kept by the browser."""

    name: str
    content_type: str
    text: str


class Form:
    """The fields of a form; a name may come several times."""

    def __init__(self, body: str) -> None:
        self.pairs: Sequence[tuple[str, str]] = parse_qsl(body, keep_blank_values=True)

    def get(self, name: str, default: str = "") -> str:
        """Returns the last value of a name."""
        return next((value for key, value in reversed(self.pairs) if key == name), default)

    def all(self, name: str) -> list[str]:
        """Returns all values of a name."""
        return [value for key, value in self.pairs if key == name]

    def has(self, name: str) -> bool:
        """Whether a name is there."""
        return any(key == name for key, _ in self.pairs)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request for a page.

    Attributes:
        request: the request.
        api: asks the API in the name of whoever looks.
        say: their language.
        place: what the path's places hold.
        now: unix seconds.
    """

    request: Request
    api: Answers
    say: Say
    place: Mapping[str, str]
    now: float

    @property
    def query(self) -> Mapping[str, str]:
        """Parameters of the address."""
        return self.request.query

    @property
    def form(self) -> Form:
        """Fields of the form that was sent."""
        return Form(self.request.body)

    def upload(self, name: str) -> str:
        """Returns a text file that was sent with a form: UTF-8, or as an old Excel has it."""
        data = self.request.parts().get(name, b"")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("windows-1251", "replace")

    @property
    def part(self) -> str:
        """The id of the element that htmx fills; empty: the whole page is wanted."""
        headers = self.request.headers
        return headers.get("hx-target", "") if headers.get("hx-request") == "true" else ""


Outcome: TypeAlias = Page | Go | File
Act: TypeAlias = Callable[[Visit], Outcome]


@dataclass(frozen=True, slots=True)
class Route:
    """A page, or something that is done from one.

    Attributes:
        method: in capitals.
        path: below ``/admin``, ``/connections/<connection>``.
        act: answers.
    """

    method: str
    path: str
    act: Act

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """Returns what the places hold; ``None``: the request is for another route."""
        pattern = _PLACE.sub(r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, path) if method == self.method else None
        return {name: unquote(v) for name, v in found.groupdict().items()} if found else None
