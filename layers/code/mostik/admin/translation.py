"""Ids of one stage in the words of another: by xmlId, by name, or not at all. Pure.

A directory of a portal (stages, price types, warehouses) has the same entries on every stage under
other ids. A setting that holds such an id is found by the form's ``directory``; without it, by its
value, when that is a key of exactly one directory, and then it is only a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mostik.admin.forms import FormField, Kind
from mostik.discovery import Directory, Entry

_XML_IDS = ("xmlId", "XML_ID", "xml_id")
_SHORTEST_GUESS = 2
"""Characters: "1" is a key of nearly every directory, and so says nothing."""


class How(StrEnum):
    """How an id was translated."""

    XML_ID = "xml_id"
    NAME = "name"
    SAME = "same"
    """The other stage has the same id under the same name."""
    NONE = "none"
    """There is nothing there that it could be: a person chooses."""


@dataclass(frozen=True, slots=True)
class Translation:
    """One id.

    Attributes:
        setting: where it stands, with dots.
        directory: what it is an id of.
        before: the id here.
        name: what people call it here.
        after: the id there; of ``NONE`` the one before.
        how: by what it was found.
        sure: the form says which directory it is.
    """

    setting: str
    directory: str
    before: str
    name: str
    after: str
    how: How
    sure: bool


def translate(
    settings: Mapping[str, Any],
    form: Sequence[FormField],
    here: Sequence[Directory],
    there: Sequence[Directory],
) -> tuple[dict[str, Any], list[Translation]]:
    """Returns settings with the ids of another stage, and what was done to each.

    Args:
        settings: of this stage, without secrets.
        form: of the integration.
        here: what this stage has.
        there: what the other one has.
    """
    book = _Book({one.name: one for one in here}, {one.name: one for one in there})
    fields = {field.name: field for field in form}
    fresh = {
        name: book.value(name, value, fields[name].directory if name in fields else None,
                         fields[name].kind if name in fields else Kind.JSON)
        for name, value in settings.items()
    }  # fmt: skip
    return fresh, book.done


def portable(directory: Directory) -> dict[str, Any]:
    """Returns what another stage must know of a directory: keys, names and xmlIds. Nothing else
    leaves this one: a directory of users holds addresses."""
    return {
        "name": directory.name,
        "entries": [
            {"key": one.key, "name": one.name, "more": {"xmlId": _xml_id(one)}}
            for one in directory.entries
        ],
    }


class _Book:
    def __init__(self, here: Mapping[str, Directory], there: Mapping[str, Directory]) -> None:
        self._here = here
        self._there = there
        self.done: list[Translation] = []

    def value(self, place: str, value: Any, directory: str | None, kind: Kind) -> Any:
        match value:
            case bool() | float() | None:
                return value
            case str() | int():
                return self._one(place, value, directory, kind)
            case list():
                return [
                    self.value(f"{place}.{number}", one, directory, kind)
                    for number, one in enumerate(value)
                ]
            case Mapping():
                return {
                    self._key(place, key, directory): self.value(
                        f"{place}.{key}", one, directory, Kind.JSON
                    )
                    for key, one in value.items()
                }
            case _:
                return value

    def _key(self, place: str, key: str, directory: str | None) -> str:
        """The keys of a table may be ids too: ``{"C1:NEW": "paid"}``."""
        return str(self._one(f"{place}.{key}", key, directory, Kind.TABLE))

    def _one(self, place: str, value: str | int, directory: str | None, kind: Kind) -> str | int:
        if kind is Kind.CHOICE:
            return value
        found = self._entry(str(value), directory)
        if found is None:
            return value
        name, entry = found
        after, how = _counterpart(entry, self._there.get(name))
        self.done.append(
            Translation(place, name, entry.key, entry.name, after, how, directory is not None)
        )
        return int(after) if isinstance(value, int) and after.isdecimal() else after

    def _entry(self, key: str, directory: str | None) -> tuple[str, Entry] | None:
        if directory is not None:
            known = self._here.get(directory)
            entries = known.entries if known is not None else ()
            return next(((directory, one) for one in entries if one.key == key), None)
        if len(key) < _SHORTEST_GUESS:
            return None
        found = list(self._holding(key))
        return found[0] if len(found) == 1 else None

    def _holding(self, key: str) -> Iterator[tuple[str, Entry]]:
        for name, directory in self._here.items():
            for entry in directory.entries:
                if entry.key == key:
                    yield name, entry


def _counterpart(entry: Entry, there: Directory | None) -> tuple[str, How]:
    entries = there.entries if there is not None else ()
    xml_id = _xml_id(entry)
    if xml_id:
        same = [one for one in entries if _xml_id(one) == xml_id]
        if len(same) == 1:
            return same[0].key, How.XML_ID
    named = [one for one in entries if one.name.casefold() == entry.name.casefold()]
    if any(one.key == entry.key for one in named):
        return entry.key, How.SAME
    if len(named) == 1:
        return named[0].key, How.NAME
    return entry.key, How.NONE


def _xml_id(entry: Entry) -> str:
    return next((str(entry.more[name]) for name in _XML_IDS if entry.more.get(name)), "")
