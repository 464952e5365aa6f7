"""What goods, prices and stock have in common by the exchange: files out, the shelf for answers.

The site answers nothing about a good. What was sent is taken for what is there, until the site's
own export of its catalogue says otherwise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar

from integrations.bitrix24.catalog.keys import code_of
from integrations.bitrix_site.exchange.catalogue import file_of
from integrations.bitrix_site.exchange.halved import sent_in_halves
from integrations.bitrix_site.exchange.session import Exchange
from integrations.bitrix_site.models import Settings
from integrations.bitrix_site.shelf import Kept, Shelf
from mostik.commerce.record import Canonical, Ref
from mostik.commerceml.xmlout import Leaf
from mostik.errors import GiveUp, MostikError, Pending, WhoActs
from mostik.http.paging import Page
from mostik.ids import ulid
from mostik.integration import Blind, CreateOnce, Misfit, Write

RecordT = TypeVar("RecordT", bound=Canonical)
_PAGE = 500

Refresh = Callable[[str], Sequence[Misfit]]
"""Reads the site's whole catalogue onto the shelf, under the name of this walk. Returns what of
these records cannot be read."""


class Pushed(ABC, Generic[RecordT]):
    """One kind of records that is written by files.

    Args:
        exchange: the site.
        shelf: keeps what it has told and taken.
        settings: of the connection.
        connection: its id.
        refresh: reads the site's catalogue.
    """

    resource: ClassVar[str]
    kind: ClassVar[type[Any]]
    file: ClassVar[str]
    """How its files are called: the site tells goods from offers by what is in them."""
    holds: ClassVar[frozenset[str]]
    blind: ClassVar[frozenset[Blind]] = frozenset({Blind.ALONE, Blind.GONE})
    sends: ClassVar[bool] = True
    """Whether the site is told of them; else they are only remembered, and travel with others."""

    def __init__(
        self,
        exchange: Exchange,
        shelf: Shelf,
        settings: Settings,
        connection: str,
        refresh: Refresh,
    ) -> None:
        self._exchange = exchange
        self.shelf = shelf
        self.settings = settings
        self.connection = connection
        self._refresh = refresh
        self._before: Mapping[str, Kept[RecordT]] = {}
        self._coming: frozenset[str] = frozenset()
        """Keys of what is written at this moment: a group may stand in one of the same file."""

    @abstractmethod
    def own(self, record: RecordT, key: str, system: str) -> RecordT:
        """Returns the record as the site will hold it: by its keys, with what it can hold.

        Raises:
            Pending: something that it refers to is not there yet.
            GiveUp: the site cannot hold it.
        """

    @abstractmethod
    def parts(self, records: Sequence[RecordT]) -> Iterable[Leaf]:
        """Returns what of a file says these records."""

    # ── one ───────────────────────────────────────────────────────────────────────────────────

    def read(self, key: str) -> RecordT | None:
        """See ``Resource.read``."""
        found = self._kept([key]).get(key)
        return found.record if found is not None else None

    def find(self, system: str, key: str) -> RecordT | None:
        """See ``Resource.find``: the site calls a good as 1C does."""
        return self.read(self.key_of(system, key))

    def create(self, record: RecordT, system: str, once: CreateOnce) -> RecordT:
        """See ``Resource.create``: a repeat changes what the first time has made."""
        return self._one(Write(record), system, once)

    def update(self, key: str, record: RecordT, system: str, once: CreateOnce) -> RecordT:
        """See ``Resource.update``."""
        return self._one(Write(record, key), system, once)

    def from_state(self, content: Mapping[str, Any]) -> RecordT:
        """See ``Resource.from_state``."""
        del content
        raise GiveUp("The site sends hints, never whole records.", who=WhoActs.DEVELOPER)

    # ── many ──────────────────────────────────────────────────────────────────────────────────

    def page(self, cursor: str | None, since: datetime | None) -> Page[RecordT | Misfit]:
        """See ``Listed.page``: the site's whole catalogue is read at the beginning."""
        misfits: Sequence[Misfit] = ()
        if cursor is None:
            walk, after = ulid(self.shelf.now()), None
            misfits = self._refresh(walk)
        else:
            walk, _, after = cursor.partition(" ")
        rows, last = self.shelf.page(self.resource, self.kind, after, _PAGE)
        earliest = since.timestamp() if since is not None else float("-inf")
        items = [_dated(one) for one in rows if one.walk == walk and one.changed >= earliest]
        return Page([*items, *misfits], f"{walk} {last}" if last is not None else None)

    def read_many(self, keys: Sequence[str]) -> Mapping[str, RecordT | MostikError]:
        """See ``Bulk.read_many``."""
        return {key: one.record for key, one in self._kept(keys).items()}

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, RecordT | MostikError]:
        """See ``Bulk.find_many``."""
        own = {self.key_of(system, key): key for key in keys}
        return {own[key]: one.record for key, one in self._kept(list(own)).items()}

    def write_many(
        self, writes: Sequence[Write[RecordT]], system: str, once: CreateOnce
    ) -> Sequence[RecordT | MostikError]:
        """See ``Bulk.write_many``: one file; where the site refuses it, halves of it."""
        del once
        answers: dict[int, RecordT | MostikError] = {}
        ready: dict[int, RecordT] = {}
        keys = [write.key or self.key_of(system, write.record.key) for write in writes]
        self._coming = frozenset(keys)
        self._before = self._kept(keys)
        for place, (write, key) in enumerate(zip(writes, keys, strict=True)):
            try:
                ready[place] = self.own(write.record, key, system)
            except MostikError as error:
                answers[place] = error
        for place, answer in sent_in_halves(ready, self._send).items():
            answers[place] = answer if isinstance(answer, MostikError) else self._as_there(answer)
        return [answers[place] for place in range(len(writes))]

    # ── for those below ───────────────────────────────────────────────────────────────────────

    def key_of(self, system: str, key: str) -> str:
        """Returns the external code of a record on the site."""
        return code_of(system, key, self.settings)

    def here(self, ref: Ref, system: str, *resources: str, needs: bool = True) -> Ref:
        """Returns a reference by the key on this site.

        Args:
            ref: as the other side says it.
            system: that side.
            resources: where its record may be, for what must be there before.
            needs: it must be there.

        Raises:
            Pending: it is not.
        """
        known = ref.key_in(self.connection)
        key = known or self.key_of(system, ref.key)
        if known is None and needs and not self._is_there(key, resources):
            raise Pending(
                f"The record waits for {ref.name or ref.key!r}, which was not sent to the site"
                " yet.",
                resource=resources[0],
                key=ref.key,
            )
        return Ref(key=key, name=ref.name)

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def _one(self, write: Write[RecordT], system: str, once: CreateOnce) -> RecordT:
        [answer] = self.write_many([write], system, once)
        if isinstance(answer, MostikError):
            raise answer
        return answer

    def _is_there(self, key: str, resources: Iterable[str]) -> bool:
        if self.resource in resources and key in self._coming:
            return True
        return any(self.shelf.has(one, key) for one in resources)

    def _kept(self, keys: Iterable[str]) -> Mapping[str, Kept[RecordT]]:
        return self.shelf.get_many(self.resource, self.kind, keys)

    def _send(self, records: Sequence[RecordT]) -> None:
        if self.sends:
            now = datetime.fromtimestamp(self.shelf.now(), UTC)
            content = file_of(self.parts(records), now)
            self._exchange.push_goods(f"{self.file}0_1.xml", content)
        self.shelf.put(self.resource, [self._as_there(one) for one in records])

    def _as_there(self, record: RecordT) -> RecordT:
        """A record as the site has it once it was told this: what it was not told stays as it was,
        and what is new is switched on."""
        before = self._before.get(record.key)
        silent = [name for name in self._fields if getattr(record, name) is None]
        if before is not None:
            return record.model_copy(update={name: getattr(before.record, name) for name in silent})
        return record.model_copy(update={"active": True} if "active" in silent else {})

    @property
    def _fields(self) -> Iterable[str]:
        return {one.partition(".")[0] for one in self.holds}


def narrowed(record: RecordT, holds: Iterable[str], **changes: Any) -> RecordT:
    """Returns a record with what a side can hold, and nothing else."""
    names = {name.partition(".")[0] for name in holds}
    fields = {name: getattr(record, name) for name in names}
    kept = {"key": record.key, "external_ids": record.external_ids, **fields, **changes}
    return type(record).model_validate(kept)


def by_owner(
    records: Iterable[RecordT], owner: Callable[[RecordT], str]
) -> dict[str, list[RecordT]]:
    """Returns records in groups."""
    groups: dict[str, list[RecordT]] = {}
    for one in records:
        groups.setdefault(owner(one), []).append(one)
    return groups


def newest(records: Iterable[RecordT], kept: Iterator[Kept[RecordT]]) -> list[RecordT]:
    """Returns kept records with the new ones in their places, or behind them."""
    found = {one.record.key: one.record for one in kept}
    found.update((one.key, one) for one in records)
    return list(found.values())


def _dated(one: Kept[RecordT]) -> RecordT:
    return one.record.model_copy(update={"changed_at": datetime.fromtimestamp(one.changed, UTC)})
