"""What a batch is made of, and how its answer is read.

Source: apidocs.bitrix24.ru, how-to-call-rest-api/batch: at most 50 commands, run one after another,
always answered 200; what went wrong with single ones stands in ``result_error``. Commands are
named, never numbered: a PHP array with the keys 0, 1, 2 would come back as a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.bitrix24.transport.php import as_map, encode, looks_like_ref, refs_in
from mostik.errors import MostikError
from mostik.http.endpoint import Endpoint, Replay

MOST_COMMANDS = 50
MOST_TEXT = 1_000_000
"""Characters of the commands of one batch: a web server takes no form of any length."""
MOST_FIELDS = 900
"""PHP drops what a form has beyond ``max_input_vars``, 1,000 where nobody has raised it, without a
word. A command with more fields travels alone, as JSON, to which that limit does not apply."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OURS = re.compile(r"c\d+")


@dataclass(frozen=True, slots=True)
class Command:
    """One call inside of a batch.

    A ``Ref`` to a command that failed becomes empty text on the portal, and the command that holds
    it runs all the same: refer only from what the method demands.

    Attributes:
        endpoint: the method; its ``replay`` says whether it may be repeated.
        params: may hold ``Ref`` values.
        name: what others refer to it by; unique among the commands given together.
    """

    endpoint: Endpoint
    params: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None

    @property
    def repeats_safely(self) -> bool:
        """Whether it may be run once more when nobody knows whether it was."""
        return self.endpoint.replay is Replay.SAFE


@dataclass(frozen=True, slots=True)
class Done:
    """A command that was run.

    Attributes:
        value: its ``result``.
        total: how many rows a list counted, if it did.
    """

    value: Any
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A command that was not run, or of which that is not known (``Unknown``)."""

    error: MostikError


Outcome = Done | Refused


@dataclass(frozen=True, slots=True)
class Pack:
    """Commands that travel together.

    Attributes:
        numbers: positions of the commands in what was given, ascending.
        texts: the commands as a batch holds them, in the same order; ``None``: they are calls of
            their own, made one after another.
    """

    numbers: tuple[int, ...]
    texts: tuple[str, ...] | None


def needs_of(commands: Sequence[Command]) -> Mapping[int, Sequence[int]]:
    """Returns which commands refer to which earlier ones, by position.

    Raises:
        ValueError: two have one name, a name would not stay one in PHP, or a reference leads to no
            earlier command.
    """
    known: dict[str, int] = {}
    needs: dict[int, Sequence[int]] = {}
    for number, command in enumerate(commands):
        refs = refs_in(command.params)
        if unknown := [ref.name for ref in refs if ref.name not in known]:
            raise ValueError(f"no command before this one is called {unknown[0]!r}")
        if refs:
            needs[number] = tuple(dict.fromkeys(known[ref.name] for ref in refs))
        if command.name is None:
            continue
        if not _NAME.fullmatch(command.name) or _OURS.fullmatch(command.name):
            raise ValueError(f"a command cannot be called {command.name!r}")
        if command.name in known:
            raise ValueError(f"two commands are called {command.name!r}")
        known[command.name] = number
    return needs


def key_of(command: Command, number: int) -> str:
    """Returns the key of a command in its batch."""
    return command.name or f"c{number}"


def packed(commands: Mapping[int, Command], needs: Mapping[int, Sequence[int]]) -> Sequence[Pack]:
    """Returns commands in packs of at most 50: in their order, those that refer to each other
    together.

    Args:
        commands: by position; those that are still to be run.
        needs: the positions of those that each refers to, where it refers to any.

    Raises:
        ValueError: more than 50 refer to each other, or one cannot be written (``php.encode``).
        TypeError: one cannot be written.
    """
    packs: list[Pack] = []
    filled: dict[int, str] = {}
    length = 0

    def close() -> None:
        numbers = tuple(sorted(filled))
        packs.append(Pack(numbers, tuple(filled[number] for number in numbers)))

    for group in _groups(commands, needs):
        if len(group) > MOST_COMMANDS:
            raise ValueError(f"more than {MOST_COMMANDS} commands refer to each other")
        texts = {number: _written(commands[number]) for number in group}
        if any(_is_alone(commands[number], text) for number, text in texts.items()):
            packs.append(Pack(tuple(group), None))
            continue
        size = sum(map(len, texts.values()))
        if filled and (len(filled) + len(group) > MOST_COMMANDS or length + size > MOST_TEXT):
            close()
            filled, length = {}, 0
        filled |= texts
        length += size
    if filled:
        close()
    return packs


def body_of(pack: Pack, commands: Sequence[Command]) -> Mapping[str, Any]:
    """Returns the body of a batch; an error ends none of its other commands (``halt`` 0)."""
    texts = zip(pack.numbers, pack.texts or (), strict=True)
    return {"halt": 0, "cmd": {key_of(commands[number], number): text for number, text in texts}}


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The answer of a batch by the keys of its commands, and the ``time`` of the whole."""

    results: Mapping[str, Any]
    errors: Mapping[str, Any]
    totals: Mapping[str, Any]
    times: Mapping[str, Any]
    time: Mapping[str, Any]

    @classmethod
    def of(cls, content: Any) -> BatchAnswer:
        """Reads an answer; maps that are empty or missing come as lists, or not at all."""
        envelope = as_map(content)
        result = as_map(envelope.get("result"))
        return cls(
            results=as_map(result.get("result")),
            errors=as_map(result.get("result_error")),
            totals=as_map(result.get("result_total")),
            times=as_map(result.get("result_time")),
            time=as_map(envelope.get("time")),
        )


def _groups(
    commands: Mapping[int, Command], needs: Mapping[int, Sequence[int]]
) -> Iterable[list[int]]:
    """Positions in groups that refer to each other, in the order of their first ones."""
    group_of: dict[int, list[int]] = {}
    for number in commands:
        group = [number]
        for earlier in needs.get(number, ()):
            other = group_of.get(earlier, group)
            if other is not group:
                group = [*other, *group]
                group_of.update(dict.fromkeys(group, group))
        group_of[number] = group
    seen: set[int] = set()
    for number in commands:
        if number not in seen:
            seen.update(group_of[number])
            yield sorted(group_of[number])


def _written(command: Command) -> str:
    query = encode(command.params)
    return f"{command.endpoint.path}?{query}" if query else command.endpoint.path


def _is_alone(command: Command, text: str) -> bool:
    return text.count("&") >= MOST_FIELDS or looks_like_ref(command.params)
