"""Two systems in memory that hold the same cards, each in its own words, and their integration.

The left one is read and written one record at a time and replaces whole records; the right one
takes many at once and changes only what is told to be different from before. Their clocks are ten
minutes apart. Both are edited by people meanwhile.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from local.chaos.sync_cards import SPELLINGS, Spelling
from mostik.commerce.record import Canonical
from mostik.errors import GiveUp, MostikError, RetryLater, Unknown, WhoActs
from mostik.http.client import Dialect
from mostik.http.paging import Page
from mostik.integration import CreateOnce, Integration, Misfit, Resource, Write
from mostik.mapping.side import Side

RESOURCE = "cards"
PAGE_RECORDS = 500


class CardSettings(BaseModel):
    """Nothing to be set."""

    model_config = ConfigDict(extra="forbid")


class Surroundings(Protocol):
    """What happens around a side."""

    def call(
        self,
        base: Base,
        about: str,
        effects: Sequence[Callable[[], Any]],
        *,
        writes: bool = False,
        creates: bool = False,
    ) -> list[Any]:
        """Lets a call from outside have its effects. May raise instead, or after them."""
        ...

    def now(self) -> float:
        """True unix seconds."""
        ...

    def has_read(self, keys: Sequence[str]) -> None:
        """The job that runs now has seen these records as they are now."""
        ...

    def written(self, base: Base, key: str, before: Canonical | None) -> None:
        """A record was created or changed from outside."""
        ...

    def taken_away(self, base: Base, record: Canonical) -> None:
        """A record was deleted from outside."""
        ...


@dataclass
class Base:
    """The base of one side.

    Attributes:
        side: which one.
        around: what happens around it.
        ahead: seconds by which its clock is ahead.
        records: by key.
        by_code: the key of the record that was last made for a code and is there.
        writes: how often it was changed from outside.
        idle: how many of these changed nothing.
    """

    side: Side
    around: Surroundings
    ahead: float
    records: dict[str, Any] = field(default_factory=dict)
    by_code: dict[str, str] = field(default_factory=dict)
    writes: int = 0
    idle: int = 0
    _keys: list[str] = field(default_factory=list)
    _carrying: dict[str, list[str]] = field(default_factory=dict)
    _made: int = 0

    @property
    def name(self) -> str:
        """The connection."""
        return self.side.value

    @property
    def spelling(self) -> Spelling:
        """How it has the fields."""
        return SPELLINGS[self.side]

    @property
    def keys(self) -> Sequence[str]:
        """The keys of all records, in order."""
        return self._keys

    def add(self, **said: Any) -> str:
        """Makes a record. Returns its key."""
        self._made += 1
        key = f"{self.name[0]}{self._made:07}"
        self.records[key] = self.spelling.model(key=key, changed_at=self._time(), **said)
        insort(self._keys, key)
        self.by_code[self.records[key].code] = key
        for carried in self.records[key].external_ids.values():
            self._carrying.setdefault(carried, []).append(key)
        return key

    def change(self, key: str, **said: Any) -> None:
        """Changes a record."""
        changes = {**said, "changed_at": self._time()}
        self.records[key] = self.records[key].model_copy(update=changes)

    def remove(self, key: str) -> Canonical:
        """Removes a record."""
        record: Canonical = self.records.pop(key)
        del self._keys[bisect_right(self._keys, key) - 1]
        if self.by_code.get(record.code) == key:  # type: ignore[attr-defined]  # both have it
            del self.by_code[record.code]  # type: ignore[attr-defined]  # both have it
        for carried in record.external_ids.values():
            self._carrying[carried].remove(key)
        return record

    def page(self, cursor: str | None, since: datetime | None) -> Page[Any]:
        """Returns a page of its list, by key."""
        found: list[Any] = []
        start = bisect_right(self._keys, cursor) if cursor is not None else 0
        for place in range(start, len(self._keys)):
            record = self.records[self._keys[place]]
            if since is None or record.changed_at >= since:
                found.append(record)
                if len(found) == PAGE_RECORDS and place + 1 < len(self._keys):
                    return Page(found, record.key)
        return Page(found, None)

    def carrying(self, key: str) -> Any:
        """Returns the record that carries a key of the other side.

        Raises:
            GiveUp: there are two.
        """
        keys = self._carrying.get(key, [])
        if len(keys) > 1:
            raise GiveUp("Two cards carry this key.", who=WhoActs.ADMIN)
        return self.records[keys[0]] if keys else None

    def write(self, write: Write[Any], system: str) -> Any:
        """Does what is asked for from outside. Returns the record as it is now."""
        names = {"code", "active", *self.spelling.names.values()}
        said = {name: getattr(write.record, name) for name in names}
        said = {name: value for name, value in said.items() if value is not None}
        if write.key is None:
            key = self.add(external_ids={system: write.record.key}, **said)
            self.around.written(self, key, None)
            return self.records[key]
        standing = self.records.get(write.key)
        if standing is None:
            raise GiveUp("There is no such card.", who=WhoActs.EXTERNAL_ADMIN, status=404)
        if write.before is not None:
            known = {name: getattr(write.before, name) for name in said}
            said = {name: value for name, value in said.items() if value != known[name]}
        new = {name: value for name, value in said.items() if value != getattr(standing, name)}
        self.writes += 1
        self.idle += not new
        if new:
            self.change(write.key, **new)
            self.around.written(self, write.key, standing)
        return self.records[write.key]

    def _time(self) -> datetime:
        return datetime.fromtimestamp(self.around.now() + self.ahead, UTC)


@dataclass(frozen=True, slots=True)
class Cards:
    """The resource, one record a call."""

    base: Base

    @property
    def model(self) -> type[Canonical]:
        """Its kind of record."""
        return self.base.spelling.model

    def read(self, key: str) -> Any:
        """See ``Resource.read``."""
        [found] = self._ask(f"read {key}", lambda: self._seen(self.base.records.get(key)))
        return found

    def find(self, system: str, key: str) -> Any:
        """See ``Resource.find``."""
        del system
        [found] = self._ask(f"find {key}", lambda: self._seen(self.base.carrying(key)))
        return found

    def page(self, cursor: str | None, since: datetime | None) -> Page[Any | Misfit]:
        """See ``Listed.page``."""
        [page] = self._ask("page", lambda: self.base.page(cursor, since))
        found: Page[Any | Misfit] = page
        return found

    def create(self, record: Any, system: str, once: CreateOnce) -> Any:
        """See ``Resource.create``."""
        del once
        about = f"create for {record.key}"
        write = Write(record)
        [made] = self._do(about, [lambda: self.base.write(write, system)], creates=True)
        return made

    def update(self, key: str, record: Any, system: str, once: CreateOnce) -> Any:
        """See ``Resource.update``."""
        del once
        write = Write(record, key)
        [changed] = self._do(f"update {key}", [lambda: self.base.write(write, system)])
        return changed

    def delete(self, key: str) -> None:
        """See ``Deletable.delete``."""

        def away() -> None:
            if key in self.base.records:
                self.base.around.taken_away(self.base, self.base.remove(key))

        self._do(f"delete {key}", [away])

    def from_state(self, content: Mapping[str, Any]) -> Any:
        """It sends no states."""
        raise GiveUp(f"No state: {len(content)}", who=WhoActs.DEVELOPER)

    def _ask(self, about: str, effect: Callable[[], Any]) -> list[Any]:
        return self.base.around.call(self.base, about, [effect])

    def _do(
        self, about: str, effects: Sequence[Callable[[], Any]], *, creates: bool = False
    ) -> list[Any]:
        return self.base.around.call(self.base, about, effects, writes=True, creates=creates)

    def _seen(self, record: Any) -> Any:
        if record is not None:
            self.base.around.has_read([record.key])
        return record


@dataclass(frozen=True, slots=True)
class ManyCards(Cards):
    """The same resource, many records a call."""

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """See ``Bulk.read_many``."""

        def look() -> dict[str, Any]:
            held = self.base.records
            return {key: self._seen(held[key]) for key in keys if key in held}

        [found] = self._ask(f"read {len(keys)}", look)
        answer: Mapping[str, Any] = found
        return answer

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Any]:
        """See ``Bulk.find_many``."""
        del system
        [found] = self._ask(f"find {len(keys)}", lambda: dict(self._carried(keys)))
        answer: Mapping[str, Any] = found
        return answer

    def write_many(
        self, writes: Sequence[Write[Any]], system: str, once: CreateOnce
    ) -> Sequence[Any]:
        """See ``Bulk.write_many``; an answer that is lost leaves every creation unknown."""
        del once
        effects = [self._effect(write, system) for write in writes]
        try:
            return self._do(f"write {len(writes)}", effects, creates=True)
        except Unknown as lost:
            again = RetryLater(lost.text, who=lost.who, gate=lost.gate)
            return [lost if write.key is None else again for write in writes]

    def _carried(self, keys: Sequence[str]) -> Iterator[tuple[str, Any]]:
        for key in keys:
            try:
                found = self.base.carrying(key)
            except MostikError as error:
                yield key, error
            else:
                if found is not None:
                    yield key, self._seen(found)

    def _effect(self, write: Write[Any], system: str) -> Callable[[], Any]:
        def effect() -> Any:
            try:
                return self.base.write(write, system)
            except MostikError as error:
                return error

        return effect


def integration(base: Base) -> Integration[CardSettings, None]:
    """Returns the integration of one side."""

    def resource(_client: None, _settings: CardSettings, _connection: str) -> Resource[Any]:
        return ManyCards(base) if base.side is Side.RIGHT else Cards(base)

    return Integration(
        name=base.name,
        title=base.name,
        settings=CardSettings,
        base_url=lambda _settings: f"https://{base.name}.invalid/",
        auth=lambda _settings: None,
        dialect=Dialect(errors={}),
        client=lambda _api, _settings: None,
        resources={RESOURCE: resource},
        check=lambda _client, _settings: [],
        unsafe_resources=frozenset({RESOURCE}),
    )
