"""Links as YAML: one document each, read as people mean it, with the line of every mistake.

Only what YAML 1.2 calls plain is taken for a number or for yes and no: "no", "on", "1:30" and
"01234" stay the texts that they are, as statuses and codes of a shop. Names that stand twice are
refused, and so are aliases: a document that grows while it is read is no link.
Source: YAML 1.2.2, 10.3 (core schema).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from mostik.linkdoc.document import LinkDocument
from mostik.linkdoc.problem import Problem, place_of, problems_of

MOST_CHARACTERS = 512 * 1024
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Loaded:
    """One document of a file.

    Attributes:
        document: what it says; ``None``: see the problems.
        problems: what is wrong with it.
        lines: place → line, for what is found later.
    """

    document: LinkDocument | None
    problems: Sequence[Problem]
    lines: Mapping[str, int]


class _Loader(yaml.SafeLoader):
    """Reads the core schema, without aliases and without names that stand twice."""

    yaml_implicit_resolvers: Mapping[str, Any] = {}  # type: ignore[assignment] # begins anew

    def compose_node(self, parent: Any, index: Any) -> Any:
        """See ``yaml.composer``."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call] # the stubs say nothing
            raise yaml.MarkedYAMLError(problem="a link has no aliases (*)", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """See ``yaml.constructor``."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value!r} stands there twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"(?:null|~|)\Z"), ["n", "~", ""]
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)\Z"), ["t", "f"])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"(?:0|-?[1-9][0-9]{0,17})\Z"), list("-0123456789")
)


def load(text: str) -> Sequence[Loaded]:
    """Reads the links of a file. Nothing is raised: what is wrong is said.

    Args:
        text: one or several documents.
    """
    if len(text) > MOST_CHARACTERS:
        return [Loaded(None, [Problem("", f"it is longer than {MOST_CHARACTERS} characters")], {})]
    found: list[Loaded] = []
    try:
        loader = _Loader(text)
    except yaml.YAMLError:
        return [Loaded(None, [Problem("", "it holds characters that no text has")], {})]
    try:
        while loader.check_node():
            node = loader.get_node()
            lines = dict(_lines(node, ()))
            found.append(_loaded(loader.construct_document(node), lines))
    except yaml.YAMLError as error:
        found.append(Loaded(None, [_unreadable(error)], {}))
    except RecursionError:
        found.append(Loaded(None, [Problem("", "it is nested too deep")], {}))
    finally:
        loader.dispose()
    return found or [Loaded(None, [Problem("", "the file is empty")], {})]


def _loaded(content: Any, lines: Mapping[str, int]) -> Loaded:
    if not isinstance(content, Mapping):
        return Loaded(None, [Problem("", "a link is a list of names and values", 1)], lines)
    try:
        return Loaded(LinkDocument.from_item(content), [], lines)
    except ValidationError as error:
        return Loaded(None, problems_of(error, LinkDocument, lines), lines)


def _unreadable(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    text = getattr(error, "problem", None) or "this is no YAML"
    return Problem("", str(text), mark.line + 1 if mark is not None else None)


def _lines(node: Any, location: tuple[str | int, ...]) -> Iterable[tuple[str, int]]:
    yield place_of(location), node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*location, str(key.value)))
            yield place_of((*location, str(key.value))), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            yield from _lines(value, (*location, place))


class _Dumper(yaml.SafeDumper):
    """Writes what ``_Loader`` reads: what it would take for something else is quoted."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    if not text.replace("\n", "").isprintable():
        style = '"'  # escaped: other breaks of a line would be taken for blanks
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def dump(document: LinkDocument) -> str:
    """Returns a link as YAML; what is as usual is left out. ``load`` reads the same back."""
    item = _flattened(document.as_item())
    return yaml.dump(
        item, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, indent=2
    )


def _flattened(value: Any) -> Any:
    """A list of one path is written as that path."""
    if isinstance(value, dict):
        return {name: _one(name, _flattened(inner)) for name, inner in value.items()}
    return [_flattened(one) for one in value] if isinstance(value, list) else value


def _one(name: str, value: Any) -> Any:
    single = name in ("left", "right", "values") and isinstance(value, list) and len(value) == 1
    return value[0] if single and isinstance(value[0], str) else value
