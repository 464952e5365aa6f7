"""Pictures of goods: one call each, so never sent twice and in the lowest lane.

Source: apidocs.bitrix24.ru, catalog/product-image. ``catalog.productImage.add`` takes one picture,
base64 inside of JSON, and not in a batch. The portal tells no hash of a picture, so its name does:
``<order>-<SHA-256>.<suffix>``; pictures with other names are of people, and left alone. There is no
update: another order or another main picture means to delete and to add. Not tried on a real
portal: that it keeps the name, and shows pictures in the order in which they were added.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from integrations.bitrix24.catalog.directory import Directory
from integrations.bitrix24.catalog.endpoints import (
    IMAGE_ADD,
    IMAGE_DELETE,
    IMAGE_LIST,
    OFFERS,
    SERVICES,
    SIMPLE,
    SKUS,
    Methods,
)
from integrations.bitrix24.catalog.goods import owners
from integrations.bitrix24.catalog.keys import References
from integrations.bitrix24.catalog.lookup import fresh_row, value_of
from integrations.bitrix24.catalog.models import ImageRow, read
from integrations.bitrix24.transport.batch import Command
from integrations.bitrix24.transport.php import as_list, as_map
from integrations.bitrix24.transport.portal import Portal
from mostik.commerce.catalog import File, Picture
from mostik.commerce.record import Ref
from mostik.errors import GiveUp, MostikError, Unknown, WhoActs
from mostik.integration import CreateOnce, Write

_MAIN, _MORE = "DETAIL_PICTURE", "MORE_PHOTO"
_NAME = re.compile(r"(\d{3})-([0-9a-f]{64})\.[a-z]+")
_SUFFIXES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/bmp": "bmp",
}
_LAST_ORDER = 999

Contents = Callable[[File], bytes | None]
"""Returns the bytes of a file that lies with us; ``None``: it is not there."""
_Kinds = tuple[Methods, ...]
_OWNERS: _Kinds = (SIMPLE, SKUS, OFFERS, SERVICES)


def carried_content(file: File) -> bytes | None:
    """Returns the content of a file that carries it in ``extra`` as base64."""
    text = file.extra.get("base64")
    return base64.b64decode(text) if isinstance(text, str) else None


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture of ours on the portal."""

    id: int
    product: int
    main: bool
    order: int
    hash: str

    @classmethod
    def of(cls, row: ImageRow) -> Shown | None:
        """Reads a row; ``None``: a person has put it there."""
        name = _NAME.fullmatch(row.name or "")
        if name is None or row.type not in (_MAIN, _MORE):
            return None
        return cls(row.id, row.product_id, row.type == _MAIN, int(name[1]), name[2])

    @property
    def record(self) -> Picture:
        """The same as a record."""
        return Picture(
            key=f"{self.product}/{self.id}",
            owner=Ref(key=str(self.product)),
            file=File(key=str(self.id), hash=self.hash, main=self.main, order=self.order),
        )


def matching_shown(shown: Sequence[Shown], file: File) -> Shown | None:
    """The picture on the portal that has this content in this role."""
    return next(
        (one for one in shown if one.hash == file.hash and one.main == bool(file.main)), None
    )


def to_send(shown: Sequence[Shown], files: Sequence[File]) -> list[tuple[File, Shown | None]]:
    """Returns the files that must be sent, in their order, each with what it replaces. Pure.

    The portal shows pictures in the order in which they came: behind one that is new all those that
    follow it have to come again. A main picture has a place of its own.
    """
    sent: list[tuple[File, Shown | None]] = []
    last, moved = 0, False
    for file in sorted(files, key=lambda one: (not one.main, one.order or 0)):
        held = matching_shown(shown, file)
        in_place = held is not None and (file.main or (not moved and held.id > last))
        if in_place:
            last = held.id if held is not None and not file.main else last
            continue
        sent.append((file, held))
        moved = moved or not file.main
    return sent


class Pictures:
    """Pictures, written only: to read those of all goods would take one call a good.

    Args:
        directory: the portal's directories.
        connection: id of this connection.
        slow: the portal in the lowest lane, for the pictures themselves.
        contents: gives the bytes of a file.
    """

    holds = frozenset({"owner", "file.hash", "file.main"})

    def __init__(
        self,
        directory: Directory,
        connection: str,
        slow: Portal,
        contents: Contents = carried_content,
    ) -> None:
        self._directory = directory
        self._connection = connection
        self._slow = slow
        self._contents = contents

    @cached_property
    def _owners(self) -> References:
        return owners(self._directory, self._connection, _OWNERS)

    # ── Resource ──────────────────────────────────────────────────────────────────────────────

    def read(self, key: str) -> Picture | None:
        """See ``Resource.read``."""
        found = self.read_many([key]).get(key)
        if isinstance(found, MostikError):
            raise found
        return found

    def find(self, system: str, key: str) -> Picture | None:
        """See ``Resource.find``: a picture is found by its good and its content, when it comes."""
        del system, key
        return None

    def create(self, record: Picture, system: str, once: CreateOnce) -> Picture:
        """See ``Resource.create``."""
        return _there(self.write_many([Write(record)], system, once)[0])

    def update(self, key: str, record: Picture, system: str, once: CreateOnce) -> Picture:
        """See ``Resource.update``."""
        return _there(self.write_many([Write(record, key)], system, once)[0])

    def from_state(self, content: Mapping[str, Any]) -> Picture:
        """The portal has no events of pictures."""
        del content
        raise GiveUp("A portal's events carry no state.", who=WhoActs.DEVELOPER)

    def delete(self, key: str) -> None:
        """See ``Deletable``."""
        product, _, image = key.partition("/")
        if self.read(key) is not None:
            self._slow.call(IMAGE_DELETE, {"productId": int(product), "id": int(image)})

    # ── Bulk ──────────────────────────────────────────────────────────────────────────────────

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Picture | MostikError]:
        """See ``Bulk.read_many``."""
        products = {int(key.partition("/")[0]) for key in keys if _is_key(key)}
        # a good that is gone would be refused: its pictures are gone with it
        there = self._directory.find_goods("id", [str(one) for one in products], *_OWNERS)
        shown = self._shown([row.id for _, row in there])
        records = [one.record for ones in shown.values() for one in ones]
        return {record.key: record for record in records if record.key in set(keys)}

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Picture | MostikError]:
        """See ``Bulk.find_many`` and ``find``."""
        del system, keys
        return {}

    def write_many(
        self, writes: Sequence[Write[Picture]], system: str, once: CreateOnce
    ) -> Sequence[Picture | MostikError]:
        """See ``Bulk.write_many``."""
        del once
        self._owners.learn([write.record.owner for write in writes], system)
        answers: list[Picture | MostikError | None] = [None] * len(writes)
        by_product: dict[int, list[int]] = {}
        for number, write in enumerate(writes):
            try:
                product = int(self._owners.id_of(write.record.owner, system))
                _check(write.record.file)
                by_product.setdefault(product, []).append(number)
            except MostikError as error:
                answers[number] = error
        shown = self._shown(list(by_product))
        for product, numbers in by_product.items():
            files = {number: writes[number].record.file for number in numbers}
            failed = self._send(product, shown[product], list(files.values()))
            held = self._shown([product])[product] if failed is not None else shown[product]
            for number, file in files.items():
                one = matching_shown(held, file)
                kept_back = (failed or {}).get(file.hash or "")
                answers[number] = one.record if one is not None and kept_back is None else kept_back
                if kept_back is None:
                    self._replace(writes[number].key, product, one, held)
        return [answer or _not_shown() for answer in answers]

    def _send(
        self, product: int, shown: Sequence[Shown], files: Sequence[File]
    ) -> dict[str, MostikError] | None:
        """Sends what must be sent. Returns what kept pictures back; ``None``: nothing was sent."""
        sending = to_send(shown, files)
        if not sending:
            return None
        errors: dict[str, MostikError] = {}
        for file, held in sending:
            content = self._contents(file)
            if content is None:
                if held is None:
                    errors[file.hash or ""] = GiveUp(
                        f"The content of the picture {file.name or file.hash!r} is not there any"
                        " more: let it come again.",
                        who=WhoActs.ADMIN,
                    )
                continue  # it stays where it stands
            try:
                self._add(product, file, content)
            except Unknown as lost:
                if matching_shown(self._shown([product])[product], file) is None:
                    errors[file.hash or ""] = lost
                    continue
            except GiveUp as refused:
                errors[file.hash or ""] = refused
                continue
            if held is not None:
                self._slow.call(IMAGE_DELETE, {"productId": product, "id": held.id})
        return errors

    def _add(self, product: int, file: File, content: bytes) -> None:
        name = f"{min(file.order or 0, _LAST_ORDER):03d}-{file.hash}.{_suffix(file)}"
        kind = _MAIN if file.main else _MORE
        fresh_row(
            self._slow.call(
                IMAGE_ADD,
                {
                    "fields": {"productId": product, "type": kind},
                    "fileContent": [name, base64.b64encode(content).decode("ascii")],
                },
            )
        )

    def _replace(
        self, key: str | None, product: int, now: Shown | None, held: Sequence[Shown]
    ) -> None:
        """Deletes what a picture was before it got another content."""
        before = key.partition("/")[2] if key is not None else ""
        stale = next((one for one in held if str(one.id) == before), None)
        if stale is not None and (now is None or stale.id != now.id):
            self._slow.call(IMAGE_DELETE, {"productId": product, "id": stale.id})

    def _shown(self, products: Sequence[int]) -> dict[int, list[Shown]]:
        """Our pictures of goods, in the order in which the portal shows them."""
        commands = [Command(IMAGE_LIST, {"productId": product}) for product in products]
        found: dict[int, list[Shown]] = {}
        outcomes = self._directory.portal.batch(commands)
        for product, outcome in zip(products, outcomes, strict=True):
            rows = as_list(as_map(value_of(outcome)).get("productImages"))
            ones = [Shown.of(read(ImageRow, row)) for row in rows]
            found[product] = sorted(
                (one for one in ones if one is not None), key=lambda one: one.id
            )
        return found


def _not_shown() -> GiveUp:
    return GiveUp("The portal does not show the picture that it took.", who=WhoActs.DEVELOPER)


def _check(file: File) -> None:
    if file.hash is None:
        raise GiveUp(f"The picture {file.name!r} has no hash.", who=WhoActs.DEVELOPER)
    _suffix(file)


def _suffix(file: File) -> str:
    suffix = _SUFFIXES.get(file.media_type or "")
    if suffix is None:
        suffix = (file.name or "").rpartition(".")[2].lower()
    if suffix not in {*_SUFFIXES.values(), "jpeg"}:
        raise GiveUp(
            f"The file {file.name or file.hash!r} is no picture that the portal takes.",
            who=WhoActs.ADMIN,
        )
    return suffix


def _is_key(key: str) -> bool:
    product, slash, image = key.partition("/")
    return bool(slash) and product.isdecimal() and image.isdecimal() and key.isascii()


def _there(written: Picture | MostikError) -> Picture:
    if isinstance(written, MostikError):
        raise written
    return written
