"""Gives a command an option for each filter of a search."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any

import typer


def text_option(meaning: str = "") -> Any:
    """The type of an option that is a text, or was not used."""
    return Annotated[str | None, typer.Option(help=meaning or None)]


def filtered(
    filters: Mapping[str, Any],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command an option for each filter; it gets those that were used as ``given``.

    Args:
        filters: the type of each option by name.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True)
        options = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in filters.items()
        ]
        others = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for name, parameter in own.parameters.items()
            if name != "given"
        ]

        @wraps(command)
        def wrapped(**values: Any) -> None:
            given = {name: values.pop(name) for name in filters}
            command({name: value for name, value in given.items() if value is not None}, **values)

        wrapped.__signature__ = own.replace(parameters=[*options, *others])  # type: ignore[attr-defined]  # mypy does not know it
        wrapped.__annotations__ = {one.name: one.annotation for one in [*options, *others]}
        return wrapped

    return decorate
