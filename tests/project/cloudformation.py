"""Reads template.yaml as CloudFormation means it, and answers the questions that the rules ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]

_SHORT_TAGS = ("And", "Equals", "FindInMap", "GetAtt", "If", "Join", "Not", "Or", "Select", "Sub")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, each as its long form."""


def _short_tag(suffix: str, loader: _Loader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]  # the third kind
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


for _name in (*_SHORT_TAGS, "Ref"):
    _Loader.add_constructor(f"!{_name}", partial(_short_tag, _name))


@dataclass(frozen=True, slots=True)
class Template:
    """The project's SAM template."""

    text: str
    body: Mapping[str, Any]

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Parameters by name."""
        return self.body["Parameters"]  # type: ignore[no-any-return]  # YAML knows no types

    @property
    def resources(self) -> Mapping[str, Any]:
        """Resources by logical id."""
        return self.body["Resources"]  # type: ignore[no-any-return]  # YAML knows no types

    def properties(self, logical_id: str) -> Mapping[str, Any]:
        """Properties of one resource."""
        return self.resources[logical_id].get("Properties", {})  # type: ignore[no-any-return]  # YAML

    def of_type(self, kind: str) -> Mapping[str, Mapping[str, Any]]:
        """Properties of all resources of a type, by logical id."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def functions(self) -> Mapping[str, Mapping[str, Any]]:
        """Properties of the functions, keyed by their folder under functions/."""
        return {
            properties["Handler"].partition(".")[0]: properties
            for properties in self.of_type("AWS::Serverless::Function").values()
        }

    def variables(self, folder: str) -> Mapping[str, Any]:
        """Environment variables of a function: the common ones and its own."""
        common = self.body["Globals"]["Function"]["Environment"]["Variables"]
        own = self.functions()[folder].get("Environment", {}).get("Variables", {})
        return {**common, **own}

    def resolved(self, value: Any) -> Any:
        """A value, or the default of the parameter that it refers to."""
        if isinstance(value, Mapping) and "Ref" in value:
            return self.parameters[value["Ref"]]["Default"]
        return value


@cache
def template() -> Template:
    """The template as it stands in the tree."""
    text = (ROOT / "template.yaml").read_text()
    return Template(text, yaml.load(text, _Loader))  # noqa: S506  # a subclass of SafeLoader


def walk(value: Any) -> Iterator[Any]:
    """Every mapping, list and scalar inside a value, itself included."""
    yield value
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def refers_to(value: Any, logical_id: str) -> bool:
    """Whether a value holds a Ref to a resource, or one of its attributes."""
    for inner in walk(value):
        if isinstance(inner, Mapping):
            if inner.get("Ref") == logical_id:
                return True
            if logical_id in inner.get("Fn::GetAtt", [])[:1]:
                return True
    return False
