"""Finds the integrations that are there. Names from outside are looked up, never imported."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any

import integrations
from mostik.errors import ConfigurationError
from mostik.integration import Integration


@cache
def discovered() -> Mapping[str, Integration[Any, Any]]:
    """Returns every integration by name; folders that begin with ``_`` are templates.

    Raises:
        ConfigurationError: a folder lacks its ``integration`` object or names it otherwise.
    """
    found: dict[str, Integration[Any, Any]] = {}
    for module in pkgutil.iter_modules(integrations.__path__):
        if not module.ispkg or module.name.startswith("_"):
            continue
        package = importlib.import_module(f"{integrations.__name__}.{module.name}")
        integration = getattr(package, "integration", None)
        if not isinstance(integration, Integration) or integration.name != module.name:
            raise ConfigurationError(
                f"integrations/{module.name}/__init__.py must define"
                f" `integration = Integration(name={module.name!r}, ...)`."
            )
        found[module.name] = integration
    return found


def integration_named(name: str) -> Integration[Any, Any]:
    """Returns an integration.

    Raises:
        ConfigurationError: there is none of this name; lists those that exist.
    """
    found = discovered().get(name)
    if found is None:
        known = ", ".join(sorted(discovered()))
        raise ConfigurationError(f"There is no integration {name!r}. Existing: {known}.")
    return found
