"""A record as a page holds it: JSON that says what kind of record it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

from mostik.brought import Misfit
from mostik.commerce.record import Canonical
from mostik.errors import GiveUp, WhoActs

Brought = Canonical | Misfit
Held = Mapping[str, Any]
"""A record as a page holds it (``dumped``)."""


def dumped(one: Brought) -> str:
    """Returns a record as a page holds it."""
    if isinstance(one, Misfit):
        text = getattr(one.error, "text", str(one.error))
        return compact({"misfit": one.key, "text": text})
    return f'{{"kind":{compact(_name(type(one)))},"record":{one.model_dump_json()}}}'


def key_of(held: Held) -> str:
    """Returns its key, without making a record of it."""
    return str(held["misfit"] if "misfit" in held else held["record"]["key"])


def loaded(held: Held) -> Brought:
    """Reads it back; what another release has written in other words is a misfit."""
    if "misfit" in held:
        return Misfit(held["misfit"], GiveUp(held["text"], who=WhoActs.EXTERNAL_ADMIN))
    kind = _kinds().get(held["kind"])
    try:
        if kind is not None:
            return kind.model_validate(held["record"])
    except ValidationError:  # written by another release, whose words are not ours
        pass
    text = "It was read by another release of Mostik: let it be imported again."
    return Misfit(key_of(held), GiveUp(text, who=WhoActs.ADMIN))


@cache
def _kinds() -> Mapping[str, type[Canonical]]:
    return {_name(kind): kind for kind in Canonical.__subclasses__()}


def _name(kind: type[Canonical]) -> str:
    return kind.__qualname__


def compact(value: Any) -> str:
    """Returns JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
