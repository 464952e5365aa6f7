"""Dry mode: the resources of a connection that is read and compared, and not written.

Each capability of a resource is kept, so that the core goes the same way as in earnest. A write is
answered with ``Skip`` and a sentence: the job says so and ends, and nothing is left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mostik.errors import Skip
from mostik.integration import Bulk, CreateOnce, Deletable, Integration, Listed, Resource, Write


def rehearsing(integration: Integration[Any, Any]) -> Integration[Any, Any]:
    """Returns an integration whose resources write nothing."""
    return replace(
        integration,
        resources={name: _unwriting(make) for name, make in integration.resources.items()},
    )


def _unwriting(
    make: Callable[[Any, Any, str], Resource[Any]],
) -> Callable[[Any, Any, str], Resource[Any]]:
    def made(client: Any, settings: Any, connection: str) -> Resource[Any]:
        return read_only(make(client, settings, connection), connection)

    return made


def read_only(resource: Resource[Any], connection: str) -> Resource[Any]:
    """Returns a resource that reads as this one does and writes nothing.

    Args:
        resource: of the connection.
        connection: its id, for the sentence.
    """
    parts: list[type] = []
    if isinstance(resource, Listed):
        parts.append(_Listed)
    if isinstance(resource, Bulk):
        parts.append(_Bulk)
    if isinstance(resource, Deletable):
        parts.append(_Deletable)
    kind: type[_ReadOnly] = type("ReadOnly", (*parts, _ReadOnly), {})
    return kind(resource, connection)


class _ReadOnly:
    def __init__(self, resource: Any, connection: str) -> None:
        self._resource = resource
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        """What else it says of itself: ``holds``, and what an integration adds."""
        return getattr(self._resource, name)

    def read(self, key: str) -> Any:
        """See ``Resource.read``."""
        return self._resource.read(key)

    def find(self, system: str, key: str) -> Any:
        """See ``Resource.find``."""
        return self._resource.find(system, key)

    def from_state(self, content: Mapping[str, Any]) -> Any:
        """See ``Resource.from_state``."""
        return self._resource.from_state(content)

    def create(self, record: Any, system: str, once: CreateOnce) -> Any:
        """Nothing is created."""
        del system, once
        raise self._no(f"{record.key} would be created")

    def update(self, key: str, record: Any, system: str, once: CreateOnce) -> Any:
        """Nothing is changed."""
        del record, system, once
        raise self._no(f"{key} would be changed")

    def _no(self, what: str) -> Skip:
        return Skip(f"{self._connection} is in dry mode: {what}, and nothing was written.")


class _Listed(_ReadOnly):
    def page(self, cursor: str | None, since: datetime | None) -> Any:
        """See ``Listed.page``."""
        return self._resource.page(cursor, since)


class _Bulk(_ReadOnly):
    def read_many(self, keys: Sequence[str]) -> Any:
        """See ``Bulk.read_many``."""
        return self._resource.read_many(keys)

    def find_many(self, system: str, keys: Sequence[str]) -> Any:
        """See ``Bulk.find_many``."""
        return self._resource.find_many(system, keys)

    def write_many(self, writes: Sequence[Write[Any]], system: str, once: CreateOnce) -> Any:
        """Nothing is written."""
        del system, once
        return [
            self._no(
                f"{one.key} would be changed"
                if one.key is not None
                else f"{one.record.key} would be created"
            )
            for one in writes
        ]


class _Deletable(_ReadOnly):
    def delete(self, key: str) -> None:
        """Nothing is deleted."""
        raise self._no(f"{key} would be deleted")
