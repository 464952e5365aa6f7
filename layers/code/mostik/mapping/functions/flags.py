"""Yes and no, as systems spell them."""

from __future__ import annotations

from typing import Any

from mostik.mapping.functions.function import Function, Option, Options, Unfit, Values
from mostik.mapping.shape import Kind

_PAIRS = {
    "native": (True, False),
    "Y/N": ("Y", "N"),
    "1/0": ("1", "0"),
    "true/false": ("true", "false"),
    "да/нет": ("да", "нет"),
}
_WORDS = {
    "y": True, "yes": True, "1": True, "true": True, "да": True, "истина": True,
    "n": False, "no": False, "0": False, "false": False, "нет": False, "ложь": False,
}  # fmt: skip


def _read(values: Values, options: Options) -> bool | None:
    del options
    value = values[0]
    if value is None or isinstance(value, bool):
        return value
    known = _WORDS.get(str(value).strip().casefold())
    if known is None:
        raise Unfit("is neither yes nor no")
    return known


def _write(meaning: Any, options: Options, paths: int) -> Values:
    del paths
    yes, no = _PAIRS[str(options["as"])]
    return (yes if meaning else no,)


FLAG = Function(
    "flag",
    "yes or no",
    _read,
    _write,
    {"as": Option("how the side spells it", "native", tuple(_PAIRS))},
    kinds=frozenset({Kind.BOOLEAN, Kind.TEXT, Kind.NUMBER, Kind.ANY}),
)
