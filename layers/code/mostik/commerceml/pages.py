"""Records that were brought, page by page, until a run has carried them over; and what was said
last of a record.

A page is a blob, ``imports/<connection>/<session>/<import>/<resource>/<page>.json``. When all of an
import stand, one row a resource says so (``said#<connection>#<resource>`` / its place in time), and
what is needed to find a key in it. So a page of an older import gives the newest record of each of
its keys: two imports may be carried over in any order, and the newest word stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Self

from mostik.brought import Misfit, Storage
from mostik.commerce.record import Canonical
from mostik.commerceml.pageform import Brought, Held, compact, key_of, loaded
from mostik.commerceml.places import Cursor, Place
from mostik.errors import GiveUp, WhoActs
from mostik.http.paging import Page
from mostik.ports import Blobs, Item, Table

MOST_RECORDS = 500
MOST_BYTES = 5_000_000
ROW_SECONDS = 35 * 86_400
_SHARD_KEYS = 2_000
_MOST_MARKS = 5_000
_MARK_BYTES = 4
_HORIZON = "#horizon"
NEWCOMERS, TOLD = "newcomers", "told"
"""No resources, keys alone: new goods that may have variants, and goods that have none."""
_FIRST = "0"
"""Smaller than any place in time, greater than the horizon."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one import has said of one resource.

    Attributes:
        place: of the import.
        pages: so many.
        records: on them.
        shards: so many blobs say on which page a key is.
        marks: beginnings of the keys' hashes; empty where there are too many.
    """

    place: Place
    pages: int
    records: int
    shards: int
    marks: bytes = b""

    def may_hold(self, key: str) -> bool:
        """Whether the key may be in it; ``False`` is certain."""
        if not self.marks:
            return self.records > 0
        mark = _mark(key)
        low, high = 0, len(self.marks) // _MARK_BYTES
        while low < high:
            middle = (low + high) // 2
            found = self.marks[middle * _MARK_BYTES : (middle + 1) * _MARK_BYTES]
            if found == mark:
                return True
            low, high = (middle + 1, high) if found < mark else (low, middle)
        return False


@dataclass(slots=True)
class Pages:
    """Pages of a connection. One instance serves one job: it remembers what it has read.

    Attributes:
        connection: whose.
        table: the state table.
        blobs: where pages lie.
    """

    connection: str
    table: Table
    blobs: Blobs
    _index: dict[tuple[str, str, int], Mapping[str, int]] = field(default_factory=dict)
    _rows: dict[str, Sequence[Said]] = field(default_factory=dict)
    _read: dict[tuple[str, str, int], Mapping[str, Held]] = field(default_factory=dict)

    @classmethod
    def of(cls, storage: Storage) -> Self:
        """Returns the pages of a connection."""
        return cls(storage.connection, storage.table, storage.blobs)

    # ── writing ────────────────────────────────────────────────────────────────────────────────

    def write(self, place: Place, resource: str, page: int, texts: Sequence[str]) -> None:
        """Stores a page of records as ``dumped`` says them; the same page again is the same."""
        self.blobs.put(self._blob(place, resource, str(page)), f"[{','.join(texts)}]".encode())

    def finish(self, place: Place, resource: str, keys: Mapping[str, int], now: float) -> Said:
        """Says that all pages of a resource stand; only now anybody reads them.

        Args:
            place: of the import.
            resource: of the records.
            keys: on which page each is.
            now: unix seconds.
        """
        shards = max(1, -(-len(keys) // _SHARD_KEYS))
        divided: list[dict[str, int]] = [{} for _ in range(shards)]
        for key, page in keys.items():
            divided[_shard(key, shards)][key] = page
        for number, shard in enumerate(divided):
            name = f"keys-{number}"
            self.blobs.put(self._blob(place, resource, name), compact(shard).encode())
        self._rows.pop(resource, None)
        few = len(keys) <= _MOST_MARKS
        marks = b"".join(sorted({_mark(key) for key in keys})) if few else b""
        pages = max(keys.values(), default=0)
        said = Said(place, pages, len(keys), shards, marks)
        self.table.put(
            {
                "pk": self._partition(resource),
                "sk": place.key,
                "pages": said.pages,
                "records": said.records,
                "shards": said.shards,
                "marks": said.marks,
                "expires_at": int(now + ROW_SECONDS),
            }
        )
        return said

    def forget_before(self, resource: str, session: str) -> None:
        """Says that a whole export began with a session: what was said before and not again is
        gone."""
        standing = self.table.get(self._partition(resource), _HORIZON)
        if standing is None or standing["session"] < session:
            self.table.put({"pk": self._partition(resource), "sk": _HORIZON, "session": session})

    def forget(self, place: Place, resource: str) -> None:
        """Says that an import has said nothing of a resource."""
        self.table.remove(self._partition(resource), place.key)
        self._rows.pop(resource, None)

    # ── reading ────────────────────────────────────────────────────────────────────────────────

    def page(
        self, resource: str, cursor: str | None, _since: datetime | None = None
    ) -> Page[Canonical | Misfit]:
        """Returns the page that a run's cursor names, each record as it was said last.

        Raises:
            GiveUp: there is no cursor, or the page is no longer stored.
        """
        if cursor is None:
            raise GiveUp(
                "1C is not asked, it brings: let it send again, or import a session again.",
                who=WhoActs.ADMIN,
            )
        at = Cursor.parsed(cursor)
        held = self._page(at.place, resource, at.page)
        row = self.table.get(self._partition(resource), at.place.key)
        if held is None or row is None:
            raise GiveUp(
                "What was brought is no longer stored: let 1C send it again.",
                who=WhoActs.EXTERNAL_ADMIN,
            )
        said = _said(row)
        # What stands twice in a file counts where it stands last; of a package, where it is newest.
        found = [key for key in held if self._page_of(said, resource, key) == at.page]
        if at.new is not None:
            new = self._newcomers(at.place, found)
            found = [key for key in found if (key in new) is at.new]
        newer = self._said_last(resource, found, behind=at.place)
        items = [
            newer[key][1] if key in newer else loaded(held[key])
            for key in found
            if not (at.last and key in newer and newer[key][0].session <= at.last)
        ]
        return Page(items, self._after(resource, at, said))

    def last_said(self, resource: str, keys: Sequence[str]) -> Mapping[str, Canonical]:
        """Returns what was said last of some keys since the last whole export began; those of which
        nothing was said are left out."""
        found = self._said_last(resource, keys)
        return {key: one for key, (_, one) in found.items() if isinstance(one, Canonical)}

    def knows(self, resource: str, key: str, but: Place | None = None) -> bool:
        """Whether anything was said of a key since the last whole export began; no page is read.

        Args:
            resource: of the record.
            key: of it.
            but: an import whose word does not count.
        """
        return any(
            said.place != but
            and said.may_hold(key)
            and self._page_of(said, resource, key) is not None
            for said in self._newest_first(resource, None)
        )

    def said(self, resource: str, first: str, last: str) -> Iterator[Said]:
        """Yields what the imports of some sessions have said of a resource, in their order."""
        after: str | None = None
        while True:
            page = self.table.query(
                self._partition(resource), first=f"{first}/", last=f"{last}/~", after=after
            )
            yield from map(_said, page.items)
            after = page.after
            if after is None:
                return

    def _said_last(
        self, resource: str, keys: Sequence[str], behind: Place | None = None
    ) -> dict[str, tuple[Place, Brought]]:
        """The newest word about keys, of the imports behind a place, and who said it."""
        wanted, found = dict.fromkeys(keys), dict[str, tuple[Place, Brought]]()
        for said in self._newest_first(resource, behind):
            for key in [key for key in wanted if said.may_hold(key)]:
                page = self._page_of(said, resource, key)
                one = (self._page(said.place, resource, page) or {}).get(key) if page else None
                if one is not None:
                    found[key] = (said.place, loaded(one))
                    del wanted[key]
            if not wanted:
                break
        return found

    def _newest_first(self, resource: str, behind: Place | None) -> Iterable[Said]:
        """What imports have said, the newest first; all of them are read once a job."""
        if behind is not None:
            return self._said_from(resource, f"{behind.key}~")
        if resource not in self._rows:
            row = self.table.get(self._partition(resource), _HORIZON)
            first = f"{row['session']}/" if row is not None else _FIRST
            self._rows[resource] = list(self._said_from(resource, first))
        return self._rows[resource]

    def _said_from(self, resource: str, first: str) -> Iterator[Said]:
        after: str | None = None
        while True:
            page = self.table.query(
                self._partition(resource), first=first, after=after, newest_first=True
            )
            yield from map(_said, page.items)
            after = page.after
            if after is None:
                return

    def _newcomers(self, place: Place, keys: Sequence[str]) -> set[str]:
        """Those of some keys that are an import's newcomers."""
        row = self.table.get(self._partition(NEWCOMERS), place.key)
        said = _said(row) if row is not None else None
        return {key for key in keys if said and self._page_of(said, NEWCOMERS, key)}

    def _after(self, resource: str, at: Cursor, said: Said) -> str | None:
        if at.page < said.pages:
            return str(replace(at, page=at.page + 1))
        if not at.last:
            return None
        page = self.table.query(
            self._partition(resource), first=f"{at.place.key}~", last=f"{at.last}/~", limit=1
        )
        return str(Cursor(_said(page.items[0]).place, 1, at.last)) if page.items else None

    def _page_of(self, said: Said, resource: str, key: str) -> int | None:
        number = _shard(key, said.shards)
        name = (said.place.key, resource, number)
        if name not in self._index:
            held = self.blobs.get(self._blob(said.place, resource, f"keys-{number}"))
            self._index[name] = json.loads(held) if held is not None else {}
        return self._index[name].get(key)

    def _page(self, place: Place, resource: str, page: int) -> Mapping[str, Held] | None:
        """A page as it lies there: to make records of all of it would take ten times as long."""
        name = (place.key, resource, page)
        if name not in self._read:
            held = self.blobs.get(self._blob(place, resource, str(page)))
            if held is None:
                return None
            self._read[name] = {key_of(one): one for one in json.loads(held)}
        return self._read[name]

    def _blob(self, place: Place, resource: str, name: str) -> str:
        return f"imports/{self.connection}/{place.session}/{place.import_id}/{resource}/{name}.json"

    def _partition(self, resource: str) -> str:
        return f"said#{self.connection}#{resource}"


def _said(item: Item) -> Said:
    return Said(
        place=Place.parsed(item["sk"]),
        pages=int(item["pages"]),
        records=int(item["records"]),
        shards=int(item["shards"]),
        marks=bytes(item["marks"]),
    )


def _mark(key: str) -> bytes:
    return sha256(key.encode(errors="surrogatepass")).digest()[:_MARK_BYTES]


def _shard(key: str, shards: int) -> int:
    return int.from_bytes(_mark(key)) % shards
