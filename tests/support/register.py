"""Records of any kind in memory, in numbers: a side that lists, reads and writes many at once.

Calls are counted by operation, so that a story can say how many a run may make.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from mostik.commerce.record import Canonical
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.http.paging import Page
from mostik.integration import CreateOnce, Integration, Misfit, Write
from tests.support.faults import Faults
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE, Shelf
from tests.support.shelf import integration as shelves


class Register(Faults):
    """A system that keeps records of one kind by key.

    Args:
        model: what they are.
        records: what it holds at first.
        page_size: so many are on a page of its list.
        feed: its list can be asked for what was changed since.
        bulk: it reads and writes many with one call.
        holds: the fields that it can hold; ``None``: all.

    Attributes:
        records: by key here.
        created: the external key of every record that was created from outside, in order.
        updated: the key here of every record that was changed from outside, in order.
    """

    OPERATIONS: ClassVar = ("page", "read", "find", "write")

    def __init__(
        self,
        model: type[Canonical],
        records: Iterable[Canonical] = (),
        *,
        page_size: int = 50,
        feed: bool = True,
        bulk: bool = True,
        holds: frozenset[str] | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.records: dict[str, Canonical] = {record.key: record for record in records}
        self.page_size = page_size
        self.feed = feed
        self.bulk = bulk
        self.holds = holds
        self.created: list[str] = []
        self.updated: list[str] = []
        self._listed: tuple[Any, list[str]] = (None, [])

    def edit(self, key: str, **changes: Any) -> None:
        """A person here changes a record."""
        self.records[key] = self.records[key].model_copy(update=changes)

    def keys(self, since: datetime | None) -> list[str]:
        """Keys of what its list shows, in order."""
        state = (since if self.feed else None, len(self.records))
        if self._listed[0] != state or since is not None:
            shown = (
                key
                for key, record in self.records.items()
                if state[0] is None or record.changed_at is None or record.changed_at >= state[0]
            )
            self._listed = (state, sorted(shown))
        return self._listed[1]


@dataclass(frozen=True, slots=True)
class RegisterRecords:
    """The one resource, a record at a time."""

    register: Register

    @property
    def model(self) -> type[Canonical]:
        """What its records are."""
        return self.register.model

    @property
    def holds(self) -> frozenset[str] | None:
        """The fields that it can hold."""
        return self.register.holds

    def page(self, cursor: str | None, since: datetime | None) -> Page[Canonical | Misfit]:
        """See ``Listed.page``: by key."""
        with self.register._operation("page"):
            keys = self.register.keys(since)
            first = bisect_right(keys, cursor) if cursor is not None else 0
            shown = keys[first : first + self.register.page_size]
            more = first + len(shown) < len(keys)
            return Page([self.register.records[key] for key in shown], shown[-1] if more else None)

    def read(self, key: str) -> Canonical | None:
        """See ``Resource.read``."""
        with self.register._operation("read"):
            return self.register.records.get(key)

    def find(self, system: str, key: str) -> Canonical | None:
        """See ``Resource.find``."""
        with self.register._operation("find"):
            found = self._carrying(system, {key}).get(key, [])
        if len(found) > 1:
            raise GiveUp("Two records carry this key.", who=WhoActs.ADMIN)
        return found[0] if found else None

    def create(self, record: Canonical, system: str, once: CreateOnce) -> Canonical:
        """See ``Resource.create``."""
        del once
        with self.register._operation("write"):
            return self._written(Write(record, None, None), system)

    def update(self, key: str, record: Canonical, system: str, once: CreateOnce) -> Canonical:
        """See ``Resource.update``."""
        del once
        with self.register._operation("write"):
            return self._written(Write(record, key, None), system)

    def from_state(self, content: Mapping[str, Any]) -> Canonical:
        """It sends no events."""
        raise GiveUp(f"No state: {len(content)}", who=WhoActs.DEVELOPER)

    def _carrying(self, system: str, keys: set[str]) -> Mapping[str, list[Canonical]]:
        found: dict[str, list[Canonical]] = {}
        for record in self.register.records.values():
            key = record.external_ids.get(system)
            if key in keys:
                found.setdefault(key, []).append(record)
        return found

    def _written(self, write: Write[Canonical], system: str) -> Canonical:
        register, record = self.register, write.record
        if write.key is None:
            register.created.append(record.key)
            key, before = f"made-{len(register.created):06}", None
        else:
            register.updated.append(write.key)
            key, before = write.key, register.records[write.key]
        external = {**(before.external_ids if before else {}), system: record.key}
        said = {
            name: value
            for name in type(record).compared()
            if (value := getattr(record, name)) is not None
        }
        known = {"key": key, "external_ids": external}
        stored = (before or record).model_copy(update={**said, **known})
        register.records[key] = stored
        return stored


@dataclass(frozen=True, slots=True)
class BulkRecords(RegisterRecords):
    """The same resource, many records a call."""

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Canonical | MostikError]:
        """See ``Bulk.read_many``."""
        with self.register._operation("read"):
            records = self.register.records
            return {key: records[key] for key in keys if key in records}

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Canonical | MostikError]:
        """See ``Bulk.find_many``."""
        with self.register._operation("find"):
            carried = self._carrying(system, set(keys))
        several = GiveUp("Two records carry this key.", who=WhoActs.ADMIN)
        return {key: found[0] if len(found) == 1 else several for key, found in carried.items()}

    def write_many(
        self, writes: Sequence[Write[Canonical]], system: str, once: CreateOnce
    ) -> Sequence[Canonical | MostikError]:
        """See ``Bulk.write_many``."""
        del once
        with self.register._operation("write"):
            return [self._written(write, system) for write in writes]


@dataclass
class RegisterRig(Rig):
    """A rig between two registers.

    Attributes:
        left: what the connection ``here`` keeps.
        right: what the connection ``there`` keeps.
    """

    left: Register = field(default_factory=lambda: Register(Canonical))
    right: Register = field(default_factory=lambda: Register(Canonical))

    def offers(self) -> Integration[Any, Any]:
        """What both connections are of."""
        registers = {HERE: self.left, THERE: self.right}

        def records(_client: None, _settings: Any, name: str) -> RegisterRecords:
            return records_of(registers[name])

        return replace(shelves(lambda _name: Shelf()), resources={RESOURCE: records})


def records_of(register: Register) -> RegisterRecords:
    """The resource of a register."""
    return BulkRecords(register) if register.bulk else RegisterRecords(register)
