"""Walks through lists that an API gives page by page.

An endpoint method fetches *one* page for a cursor; ``pages`` walks over such a method. A cursor is
text, says all that the next page needs and holds no secret, so that a run can keep it in its row
and go on from it a day later. APIs that page by key, number or offset get such a method from
``by_key``, ``by_number`` and ``by_offset``; an opaque cursor is one already, and a link becomes one
by ``ApiClient.cursor_of``.

Sources: RFC 8288 (Link header), RFC 3986, 5 (relative references).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit

from mostik.errors import GiveUp, WhoActs

ElementT = TypeVar("ElementT")

MOST_PAGES = 1_000
_MOST_KEYS = 100_000
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Page(Generic[ElementT]):
    """One page of a list.

    Attributes:
        items: in the order of the cursor.
        cursor: where the next page begins; ``None`` at the end.
    """

    items: Sequence[ElementT]
    cursor: str | None


FetchPage = Callable[[str | None], Page[ElementT]]
"""Fetches the page at a cursor, the first one for ``None``."""
KeyOf = Callable[[ElementT], str]
"""What an element is known by in its list."""


def pages(
    fetch: FetchPage[ElementT],
    *,
    start: str | None = None,
    key: KeyOf[ElementT] | None = None,
    most_pages: int = MOST_PAGES,
) -> Iterator[Page[ElementT]]:
    """Yields the pages of a list, each fetched when it is asked for.

    Args:
        fetch: fetches one.
        start: the cursor of the first.
        key: leaves out what an earlier page had, where a list may shift while it is read.
        most_pages: more are a defect: of the API, or of how it is asked.

    Raises:
        GiveUp: the list does not end: the API names a cursor twice, or there are too many pages.
    """
    cursor = start
    seen: set[str | None] = {cursor}
    keys: dict[str, None] = {}
    for _ in range(most_pages):
        page = fetch(cursor)
        yield page if key is None else _without_known(page, key, keys)
        cursor = page.cursor
        if cursor is None:
            return
        if cursor in seen:
            raise _endless("The external system names the same next page twice")
        seen.add(cursor)
    raise _endless(f"The list has more than {most_pages} pages")


def elements(found: Iterator[Page[ElementT]]) -> Iterator[ElementT]:
    """Yields the elements of pages."""
    for page in found:
        yield from page.items


def by_key(
    fetch: Callable[[str | None], Sequence[ElementT]],
    key: KeyOf[ElementT],
    *,
    size: int | None = None,
) -> FetchPage[ElementT]:
    """Keyset paging: each page holds what follows the last key of the one before.

    Args:
        fetch: fetches what follows a key, in the order of keys.
        key: of an element.
        size: elements of a full page, where the API promises it: a shorter page is then the last.
    """

    def page_after(cursor: str | None) -> Page[ElementT]:
        items = fetch(cursor)
        return Page(items, None if _is_last(items, size) else key(items[-1]))

    return page_after


def by_number(
    fetch: Callable[[int], Sequence[ElementT]],
    *,
    first: int = 1,
    size: int | None = None,
    key: KeyOf[ElementT] | None = None,
) -> FetchPage[ElementT]:
    """Numbered pages.

    Args:
        fetch: fetches one.
        first: the number of the first.
        size: see ``by_key``.
        key: of an element; ends the list where an API answers numbers beyond its end with the last
            page again.
    """

    def page_at(cursor: str | None) -> Page[ElementT]:
        number, *beginning = _position(cursor) if cursor is not None else [first]
        items = fetch(number)
        if _is_last(items, size):
            return Page(items, None)
        if key is None:
            return Page(items, json.dumps([number + 1]))
        if beginning == [key(items[0])]:
            return Page((), None)
        return Page(items, json.dumps([number + 1, key(items[0])], ensure_ascii=False))

    return page_at


def by_offset(
    fetch: Callable[[int], Sequence[ElementT]],
    key: KeyOf[ElementT],
    *,
    overlap: int = 5,
    size: int | None = None,
) -> FetchPage[ElementT]:
    """Offsets, where a row deleted on an earlier page would make the next page miss one.

    Each page begins ``overlap`` elements early. When none of those is there again, more was deleted
    than that, and the walk goes back until it meets one: then a page is empty and its cursor leads
    backwards. ``pages(key=...)`` leaves out what comes twice for any other reason.

    Args:
        fetch: fetches what begins at an offset.
        key: of an element.
        overlap: elements that a page shares with the one before.
        size: see ``by_key``.
    """

    def page_at(cursor: str | None) -> Page[ElementT]:
        # The turn makes each cursor new: a list in motion may bring the same offset and keys again.
        offset, turn, *shared = _position(cursor) if cursor is not None else [0, 0]

        def at(place: int, keys: Sequence[Any]) -> str:
            return json.dumps([place, turn + 1, *keys], ensure_ascii=False)

        items = fetch(offset)
        new = [item for item in items if key(item) not in shared]
        if shared and offset and len(new) == len(items):
            return Page((), at(max(0, offset - max(len(items), len(shared))), shared))
        if not new or _is_last(items, size):
            return Page(new, None)
        kept = min(overlap, len(items) - 1)
        last = [key(item) for item in items[len(items) - kept :]]
        return Page(new, at(offset + len(items) - kept, last))

    return page_at


_LINK = re.compile(r"\s*<([^<>]*)>((?:[^,\"]|\"(?:[^\"\\]|\\.)*\")*)(?:,|\Z)")
_PARAMETER = re.compile(r";\s*([\w!#$&+.^`|~*-]+)\s*(?:=\s*(\"(?:[^\"\\]|\\.)*\"|[^\s;,\"]*))?")
_ESCAPED = re.compile(r"\\(.)")


def link_in(headers: Mapping[str, str], relation: str = "next") -> str | None:
    """Returns the target of a ``Link`` header (RFC 8288), ``None`` when there is none.

    Args:
        headers: of an answer.
        relation: of the link that is looked for; compared without case.
    """
    field = next((value for name, value in headers.items() if name.lower() == "link"), "")
    for link in _LINK.finditer(field):
        parameters: dict[str, str] = {}
        for name, value in _PARAMETER.findall(link[2]):
            parameters.setdefault(name.lower(), _unquoted(value))  # of two the first counts
        if "anchor" in parameters:
            continue  # it is about something else than this list
        if relation.casefold() in parameters.get("rel", "").casefold().split():
            return link[1].strip()
    return None


def cursor_of_link(
    base_url: str, called: str, link: str, holds_secret: Callable[[str], bool]
) -> str:
    """Returns the cursor for a link to another page of what was called.

    It is the link's path and query. What the API echoes of our credentials is left out: the
    client adds them to the next call itself.

    Args:
        base_url: of the connection.
        called: the URL whose answer held the link.
        link: absolute, or relative to it.
        holds_secret: whether a text holds a secret of the connection.

    Raises:
        GiveUp: it leads to another origin, or it is no link.
    """
    base = urlsplit(base_url)
    target = _target(called, link)
    if target is None or _origin(target) != _origin(base):
        raise GiveUp(
            "The external system links the next page at another address, which is not followed.",
            who=WhoActs.DEVELOPER,
        )
    query = [
        (name, value)
        for name, value in parse_qsl(target.query, keep_blank_values=True)
        if not holds_secret(value)
    ]
    path = target.path or "/"
    if holds_secret(path):
        below = path.removeprefix(base.path)
        if below == path or holds_secret(below):
            raise GiveUp(
                "The external system links the next page by an address that holds our secret.",
                who=WhoActs.DEVELOPER,
            )
        path = f"./{below}"
    return f"{path}?{urlencode(query)}" if query else path


def _target(called: str, link: str) -> SplitResult | None:
    """Where a link leads, ``None`` when it is none or is made to be misread."""
    if not link.isprintable() or "\\" in link or " " in link:
        return None
    try:
        parts = urlsplit(urljoin(called, link))
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.username is None and parts.password is None else None


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _without_known(
    page: Page[ElementT], key: KeyOf[ElementT], keys: dict[str, None]
) -> Page[ElementT]:
    new = []
    for item in page.items:
        found = key(item)
        if found not in keys:
            keys[found] = None
            new.append(item)
    while len(keys) > _MOST_KEYS:
        del keys[next(iter(keys))]
    return replace(page, items=new)


def _is_last(items: Sequence[Any], size: int | None) -> bool:
    return not items or (size is not None and len(items) < size)


def _position(cursor: str) -> list[Any]:
    """The number and keys that a cursor of ours holds.

    Raises:
        GiveUp: it is none of ours.
    """
    try:
        position = json.loads(cursor)
    except ValueError:
        position = None
    if isinstance(position, list) and position and isinstance(position[0], int):
        return position
    raise GiveUp("The list cannot go on from this cursor: begin anew.", who=WhoActs.DEVELOPER)


def _endless(why: str) -> GiveUp:
    return GiveUp(f"{why}, so reading it was ended.", who=WhoActs.DEVELOPER)


def _unquoted(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value
