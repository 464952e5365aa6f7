"""A plain resource, served one record at a time, behind the interface for many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from mostik.commerce.record import Canonical
from mostik.errors import ConfigurationError, RateLimited, RetryLater
from mostik.integration import Bulk, CreateOnce, Resource, Write

T = TypeVar("T")

FAILURES_IN_A_ROW = 3
"""After so many the other side counts as away, and the rest is not tried."""


class Many(Protocol):
    """``Bulk``, for the core: an answer may be any exception."""

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Canonical | Exception]:
        """See ``Bulk.read_many``."""
        ...

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Canonical | Exception]:
        """See ``Bulk.find_many``."""
        ...

    def write_many(
        self, writes: Sequence[Write[Any]], system: str, once: CreateOnce
    ) -> Sequence[Canonical | Exception]:
        """See ``Bulk.write_many``."""
        ...


def many(resource: Resource[Any], *, records: int) -> Many:
    """Returns a resource's interface for so many records: one goes by the plain methods."""
    if records > 1 and isinstance(resource, Bulk):
        return _Whole(resource)
    return OneByOne(resource)


class OneByOne:
    """Serves one record after the other; an error is the answer of its record. Once the other side
    refuses whatever comes, the rest has the same answer without a call."""

    def __init__(self, resource: Resource[Any]) -> None:
        self._resource = resource
        self._in_a_row = 0
        self._final: Exception | None = None

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Canonical | Exception]:
        """See ``Bulk.read_many``."""
        found = {key: self._try(partial(self._resource.read, key)) for key in keys}
        return {key: answer for key, answer in found.items() if answer is not None}

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Canonical | Exception]:
        """See ``Bulk.find_many``."""
        found = {key: self._try(partial(self._resource.find, system, key)) for key in keys}
        return {key: answer for key, answer in found.items() if answer is not None}

    def write_many(
        self, writes: Sequence[Write[Any]], system: str, once: CreateOnce
    ) -> Sequence[Canonical | Exception]:
        """See ``Bulk.write_many``."""
        return [self._try(partial(self._write, one, system, once)) for one in writes]

    def _write(self, write: Write[Any], system: str, once: CreateOnce) -> Canonical:
        record: Canonical
        if write.key is None:
            record = self._resource.create(write.record, system, once)
        else:
            record = self._resource.update(write.key, write.record, system, once)
        return record

    def _try(self, call: Callable[[], T]) -> T | Exception:
        if self._final is not None:
            return self._final
        try:
            answer = call()
        except Exception as error:  # noqa: BLE001 - it is the answer of this record; see ``apply``
            self._note(error)
            return error
        self._in_a_row = 0
        return answer

    def _note(self, error: Exception) -> None:
        if isinstance(error, RateLimited | ConfigurationError):
            self._final = error
        elif isinstance(error, RetryLater):
            self._in_a_row += 1
            if self._in_a_row >= FAILURES_IN_A_ROW:
                self._final = error
        else:
            self._in_a_row = 0


class _Whole:
    """A bulk resource whose errors about all records are the answer of each."""

    def __init__(self, resource: Bulk[Any]) -> None:
        self._resource = resource

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Canonical | Exception]:
        """See ``Bulk.read_many``."""
        try:
            return self._resource.read_many(keys)
        except Exception as error:  # noqa: BLE001 - the answer of every record
            return dict.fromkeys(keys, error)

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Canonical | Exception]:
        """See ``Bulk.find_many``."""
        try:
            return self._resource.find_many(system, keys)
        except Exception as error:  # noqa: BLE001 - the answer of every record
            return dict.fromkeys(keys, error)

    def write_many(
        self, writes: Sequence[Write[Any]], system: str, once: CreateOnce
    ) -> Sequence[Canonical | Exception]:
        """See ``Bulk.write_many``."""
        try:
            return self._resource.write_many(writes, system, once)
        except Exception as error:  # noqa: BLE001 - the answer of every record
            return [error] * len(writes)
