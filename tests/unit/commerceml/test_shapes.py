"""Shapes and models belong together: no element leads to a field that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from mostik.commerceml import shapes_goods, shapes_orders, shapes_parts
from mostik.commerceml.shapes import DONE, Shape, Step


def all_shapes() -> Iterator[Shape]:
    seen: set[int] = set()
    waiting = [
        value
        for module in (shapes_goods, shapes_orders, shapes_parts)
        for value in vars(module).values()
        if isinstance(value, Shape)
    ]
    while waiting:
        shape = waiting.pop()
        if id(shape) in seen:
            continue
        seen.add(id(shape))
        yield shape
        for step in shape.steps.values():
            waiting += [one for one in (step.shape, step.container) if one is not None]


def reached(shape: Shape) -> Iterator[str]:
    """Fields of the record itself, those of containers included."""
    for step in (*shape.steps.values(), *shape.attributes.values()):
        if step.op != DONE and step.field:
            yield step.field
        for inner in containers(step):
            yield from reached(inner)


def containers(step: Step) -> list[Shape]:
    return [one for one in (step.shape, step.container) if one is not None and one.model is None]


def test_every_field_that_is_read_has_a_place() -> None:
    extra = {"Документ": {"time"}}
    for shape in all_shapes():
        if shape.model is None:
            continue
        names = getattr(shape.model, "_fields", None) or {one.name for one in fields(shape.model)}
        assert set(reached(shape)) - extra.get(shape.name, set()) <= set(names), shape.name


def test_every_field_of_a_structure_has_a_default() -> None:
    for shape in all_shapes():
        if shape.blank:
            assert tuple(shape.blank) == shape.model._fields  # type: ignore[union-attr]  # a NamedTuple
