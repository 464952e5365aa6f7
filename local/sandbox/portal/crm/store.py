"""Records of one entity type: by id, in id order, and by their external key."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Any

from local.sandbox.portal.crm.fields import EntityType

Item = dict[str, Any]


class ItemStore:
    """The items of one entity type. Ids only ever grow, so the ids stay sorted by appending."""

    def __init__(self, entity: EntityType) -> None:
        self.entity = entity
        self.items: dict[int, Item] = {}
        self.ids: list[int] = []
        self._by_origin: dict[str, list[int]] = {}
        self.last_id = 0

    def next_id(self) -> int:
        """A fresh id; one of a deleted item is never used again."""
        self.last_id += 1
        return self.last_id

    def put(self, item: Item) -> None:
        """Stores a new item or replaces one that is there."""
        id_ = item["id"]
        old = self.items.get(id_)
        if old is None:
            self.ids.append(id_)
        elif old["originId"] != item["originId"]:
            self._unlink(old)
        if item["originId"] and (old is None or old["originId"] != item["originId"]):
            insort(self._by_origin.setdefault(item["originId"], []), id_)
        self.items[id_] = item

    def remove(self, id_: int) -> None:
        """Forgets an item.

        Raises:
            KeyError: there is none.
        """
        self._unlink(self.items.pop(id_))
        del self.ids[bisect_left(self.ids, id_)]

    def with_origin_id(self, origin_id: str) -> list[int]:
        """Ids of the items with this ``originId``, ascending."""
        return self._by_origin.get(origin_id, [])

    def __iter__(self) -> Iterator[Item]:
        return (self.items[id_] for id_ in self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def _unlink(self, item: Item) -> None:
        origin = item["originId"]
        if origin:
            ids = self._by_origin[origin]
            ids.remove(item["id"])
            if not ids:
                del self._by_origin[origin]
