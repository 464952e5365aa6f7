"""What a function of a mapping is.

It does not turn left into right. It reads what a side says into one meaning, and writes a meaning
as a side says it. So one rule works both ways, and two spellings of one meaning are known to be
equal: what stands there already is not rewritten for its looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mostik.errors import WhoActs
from mostik.mapping.shape import Kind

Values = tuple[Any, ...]
"""What stands at the paths of one side; ``None``: not known."""
OptionValue = str | int | bool
Options = Mapping[str, OptionValue]


_TYPES = {str: "a text", int: "a whole number", bool: "true or false"}


class Unfit(Exception):
    """A value is not what the function reads or writes.

    Args:
        text: what is wrong, without the value where it may tell of a person; a part of a sentence
            that begins with the field.
        who: who must act.
    """

    def __init__(self, text: str, who: WhoActs = WhoActs.EXTERNAL_ADMIN) -> None:
        super().__init__(text)
        self.text = text
        self.who = who


@dataclass(frozen=True, slots=True)
class Option:
    """An option of one side.

    Attributes:
        says: what it means, for the form.
        default: what holds when it is not given; its type is the option's.
        choices: the only values that it takes.
        check: says what is wrong with a value; ``None``: nothing.
    """

    says: str
    default: OptionValue
    choices: tuple[OptionValue, ...] = ()
    check: Callable[[Any], str | None] = lambda _value: None


def _as_json(values: Values, options: Options) -> str:
    del options
    return " ".join("—" if value is None else str(value) for value in values)


@dataclass(frozen=True, slots=True)
class Function:
    """A function.

    Attributes:
        name: how a table calls it.
        says: what it is for, in one line.
        reads: values of a side → their meaning; ``None``: not known. May raise ``Unfit``.
        writes: a meaning → values for a side, as many as it has paths. May raise ``Unfit``.
        options: of each side, by name.
        kinds: what may stand at its paths.
        most_paths: how many paths a side may have.
        shows: values of a side for the preview.
        warns: says what two sides' options make doubtful; ``None``: nothing.
        private: values may tell of a person.
    """

    name: str
    says: str
    reads: Callable[[Values, Options], Any]
    writes: Callable[[Any, Options, int], Values]
    options: Mapping[str, Option] = field(default_factory=dict)
    kinds: frozenset[Kind] = frozenset({Kind.TEXT, Kind.ANY})
    most_paths: int = 1
    shows: Callable[[Values, Options], str] = _as_json
    warns: Callable[[Options, Options], str | None] = lambda _left, _right: None
    private: bool = False

    def filled(self, given: Options) -> dict[str, OptionValue]:
        """Returns the options of a side, defaults included."""
        return {name: given.get(name, option.default) for name, option in self.options.items()}

    def faults(self, given: Options) -> list[str]:
        """Returns what is wrong with the options of a side, in sentences."""
        found: list[str] = []
        for name, value in given.items():
            option = self.options.get(name)
            if option is None:
                known = ", ".join(sorted(self.options)) or "none"
                found.append(f"{self.name} has no option {name!r}; it has {known}")
            elif type(value) is not type(option.default):
                wanted = _TYPES[type(option.default)]
                found.append(f"the option {name} of {self.name} is {wanted}, not {value!r}")
            elif option.choices and value not in option.choices:
                listed = ", ".join(map(str, option.choices))
                found.append(f"the option {name} of {self.name} is one of {listed}, not {value!r}")
            elif (fault := option.check(value)) is not None:
                found.append(f"the option {name} of {self.name}: {fault}")
        return found


def text_of(value: Any) -> str:
    """Returns a value as a text without blanks around it.

    Raises:
        Unfit: it is no plain value.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unfit("is no text")
    return str(value).strip()
