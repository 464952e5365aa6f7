"""Who is in the suite: every integration with resources, and what each of them plays.

In ``tests/integrations/<name>/`` an integration offers, each by a name of its own:

- ``played.py``: ``PLAYS``, its other side, made from a clock;
- ``brought.py``: ``BRINGS``, where its other side is never called (``stored``), but brings;
- ``signing.py``: ``SIGNINGS``, its token service, where it knows a plan for tokens.

Whoever has tests of its own and does not offer what it must fails the suite; one that is new, and
has none yet, is held to the standard suite alone. Nothing here names one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from mostik.http.auth import TokenPlan
from mostik.registry import discovered
from tests.integrations.acceptance.bringing import BringsAll
from tests.integrations.acceptance.played import Clock, Played, Plays
from tests.integrations.acceptance.signing import Signings


def plays_of(name: str) -> Plays:
    """The other sides of an integration."""
    return _offered(name, "played", "PLAYS")


def brings_of(name: str) -> BringsAll:
    """What an integration's other side brings."""
    return _offered(name, "brought", "BRINGS")


def signings_of(name: str) -> Signings:
    """The token services of an integration."""
    return _offered(name, "signing", "SIGNINGS")


def play(name: str, what: str, clock: Clock) -> Played:
    """Returns one of the other sides of an integration."""
    return plays_of(name)[what](clock)


def _offered(name: str, module: str, attribute: str) -> Mapping[str, Any]:
    package = f"tests.integrations.{name}"
    if not (find_spec(package) and find_spec(f"{package}.{module}")):
        return {}
    found: Mapping[str, Any] = getattr(import_module(f"{package}.{module}"), attribute)
    return found


def _plans_tokens(name: str) -> bool:
    """Whether an integration knows a plan for tokens, its own or one of the core."""
    package = f"integrations.{name}."
    modules = [one for key, one in sys.modules.items() if f"{key}.".startswith(package)]
    return any(_is_plan(one) for module in modules for one in vars(module).values())


def _is_plan(one: object) -> bool:
    needed = {attribute for attribute in vars(TokenPlan) if not attribute.startswith("_")}
    return isinstance(one, type) and one is not TokenPlan and needed <= set(dir(one))


def _each(names: tuple[str, str], found: Mapping[str, Mapping[str, Any]]) -> pytest.MarkDecorator:
    pairs = [(name, what) for name, offers in found.items() for what in offers]
    return pytest.mark.parametrize(names, pairs, ids=[f"{name}-{what}" for name, what in pairs])


_WITH_RESOURCES = {name: one for name, one in sorted(discovered().items()) if one.resources}


def having_tests(names: Iterable[str]) -> list[str]:
    """Those that have a folder of tests."""
    return [name for name in names if find_spec(f"tests.integrations.{name}")]


CALLED = [name for name, one in _WITH_RESOURCES.items() if one.stored is None]
STORED = [name for name, one in _WITH_RESOURCES.items() if one.stored is not None]
SIGNED = [name for name in sorted(discovered()) if _plans_tokens(name)]

EVERY_PLAYED = _each(("name", "what"), {name: plays_of(name) for name in CALLED})
EVERY_BRINGING = _each(("name", "what"), {name: brings_of(name) for name in STORED})
EVERY_SIGNING = _each(("name", "way"), {name: signings_of(name) for name in SIGNED})
