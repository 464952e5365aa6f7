"""What is wrong with declared resources, told at the field that it is in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from integrations.http_api.declared.mapping import MODELS, mapper_of, moment_options
from integrations.http_api.declared.models import ResourceFields
from mostik.mapping.check import faults
from mostik.mapping.functions.moments import DATE
from mostik.mapping.side import Side

_SIDES = {
    "left": "ours",
    "right": "theirs",
    "left_options": "ours_options",
    "right_options": "options",
}
_PLACE = re.compile(r"(?P<name>\w+)(?:\[(?P<number>\d+)\])?")
Place = tuple[str | int, ...]


def refuse_faults(resources: Mapping[str, ResourceFields]) -> None:
    """Refuses resources that cannot work.

    Raises:
        ValidationError: with the place of each fault, for the form.
    """
    found = [
        InitErrorDetails(
            type=PydanticCustomError("declared", "{text}", {"text": text}),
            loc=("resources", *place),
            input=None,
        )
        for place, text in _all_faults(resources)
    ]
    if found:
        raise ValidationError.from_exception_data("Settings", found)


def _all_faults(resources: Mapping[str, ResourceFields]) -> Iterator[tuple[Place, str]]:
    for name, fields in resources.items():
        if name not in MODELS:
            yield (name,), f"There is no such resource; there are {', '.join(sorted(MODELS))}."
            continue
        yield from (((name, *place), text) for place, text in _calls(fields))
        yield from (((name, *place), text) for place, text in _mapping(name, fields))


def _calls(fields: ResourceFields) -> Iterator[tuple[Place, str]]:
    if fields.create is not None and fields.external_key is None:
        text = "Fill it in: without it a creation whose answer was lost might be made twice."
        yield ("external_key",), text
    for place, moment in (
        (("changed",), fields.changed),
        (("list", "since"), fields.list.since if fields.list else None),
    ):
        if moment is not None:
            for fault in DATE.faults(moment_options(moment)):
                yield place, f"Cannot be used: {fault}."


def _mapping(name: str, fields: ResourceFields) -> Iterator[tuple[Place, str]]:
    mapper = mapper_of(name, fields)
    for fault in faults(mapper.table, mapper.shape(Side.LEFT), mapper.shape(Side.RIGHT)):
        if not fault.warning:
            yield _place(fault.where), f"Cannot be used: {_in_our_words(fault.text)}."


def _in_our_words(text: str) -> str:
    """A table calls its sides left and right, and a dictionary by its name."""
    text = re.sub(r"the dictionary '\d+' has", "its values name", text)
    return text.replace("the left", "our side").replace("the right", "the API's side")


def _place(where: str) -> Place:
    """``fields[2].left`` as a place of the declaration."""
    place: list[str | int] = []
    for found in _PLACE.finditer(where):
        if found["name"] == "dictionaries":
            continue  # it is called by the number of its field, which follows
        if place == [] and found["name"].isdigit():
            return ("fields", int(found["name"]), "values")
        place.append(_SIDES.get(found["name"], found["name"]))
        if found["number"] is not None:
            place.append(int(found["number"]))
    return tuple(place)
