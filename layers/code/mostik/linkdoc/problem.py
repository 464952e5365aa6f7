"""What is wrong with a document, with the place where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

Location = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong.

    Attributes:
        where: the place: ``fields[2].right``; "" is the whole.
        text: a sentence.
        line: of the file, where it came from one.
        warning: it may be saved all the same.
    """

    where: str
    text: str
    line: int | None = None
    warning: bool = False

    def __str__(self) -> str:
        line = f"line {self.line}: " if self.line is not None else ""
        place = f"{self.where}: " if self.where else ""
        return f"{line}{place}{self.text}"


def place_of(location: Location) -> str:
    """Returns a place as people write it."""
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def problems_of(
    error: ValidationError, model: type[BaseModel], lines: Mapping[str, int]
) -> list[Problem]:
    """Returns what pydantic says, in our words.

    Args:
        error: of the whole document.
        model: of the whole document.
        lines: place → line of the file.
    """
    found: dict[tuple[str, str], Problem] = {}
    for one in error.errors():
        location = _without_choices(one["loc"])
        where = place_of(location)
        text = _text(one["type"], one["msg"], location, model)
        found.setdefault((where, text), Problem(where, text, line_at(where, lines)))
    return list(found.values())


def line_at(where: str, lines: Mapping[str, int]) -> int | None:
    """Returns the line of a place, or of the nearest place around it that has one."""
    while where and where not in lines:
        cut = max(where.rfind("."), where.rfind("["))
        where = where[:cut] if cut > 0 else ""
    return lines.get(where)


def _text(kind: str, message: str, location: Location, model: type[BaseModel]) -> str:
    match kind:
        case "missing":
            return "it is missing"
        case "extra_forbidden":
            around = _model_at(location[:-1], model)
            known = ", ".join(sorted(around.model_fields)) if around is not None else "none"
            return f"there is no such field; there are: {known}"
        case "value_error":
            return message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _without_choices(location: Location) -> Location:
    """Pydantic names the member of a union that it tried; nobody has written that."""
    plain = {"str", "bool", "int", "tuple", "function-before"}
    return [step for step in location if step not in plain and not str(step).startswith("function")]


def _model_at(location: Location, model: type[BaseModel]) -> type[BaseModel] | None:
    found: Any = model
    for step in location:
        if isinstance(step, str) and isinstance(found, type) and issubclass(found, BaseModel):
            field = found.model_fields.get(step)
            found = field.annotation if field is not None else None
        else:
            arguments = [one for one in get_args(found) if one is not Ellipsis]
            found = arguments[-1] if arguments else None
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None
