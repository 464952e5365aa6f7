"""The records of a chunk as they lie in the blobs until the chunk is carried over.

They are written before the row that speaks of them, under a name of their own for every try, so a
worker whose time is over cannot put other records under a row that stands.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from mostik.commerce.record import Canonical
from mostik.ports import Blobs

CHUNK_RECORDS = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """Records of a chunk.

    Attributes:
        keys: of all of them, in order.
        records: those that could be read back, by key. A later release may spell one in another
            way; what is missing here is read anew.
    """

    keys: Sequence[str]
    records: dict[str, Canonical]


class Contents:
    """Chunks in the blobs."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def keep(self, run: str, name: str, token: str, records: Sequence[Canonical]) -> None:
        """Stores records."""
        document = {
            "keys": [record.key for record in records],
            "kind": _name(type(records[0])),
            "records": [record.model_dump(mode="json") for record in records],
        }
        self._put(_place(run, name, token), document)

    def keep_keys(self, run: str, name: str, token: str, keys: Sequence[str]) -> None:
        """Stores keys alone."""
        self._put(_place(run, name, token), {"keys": list(keys)})

    def read(self, run: str, name: str, token: str) -> Kept | None:
        """Returns what was stored, ``None`` when it has expired."""
        packed = self._blobs.get(_place(run, name, token))
        if packed is None:
            return None
        document = json.loads(zlib.decompress(packed))
        kind = _kinds().get(document.get("kind", ""))
        records: dict[str, Canonical] = {}
        for content in document.get("records", ()):
            if kind is None:
                break
            try:
                record = kind.model_validate(content)
            except ValidationError:
                continue
            records[record.key] = record
        return Kept(document["keys"], records)

    def _put(self, place: str, document: object) -> None:
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        self._blobs.put(place, zlib.compress(text.encode(errors="surrogatepass"), 6))


def _place(run: str, name: str, token: str) -> str:
    return f"bodies/runs/{run}/{name}.{token}"


def _name(kind: type[Canonical]) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _kinds() -> dict[str, type[Canonical]]:
    return {_name(kind): kind for kind in _below(Canonical)}


def _below(kind: type[Canonical]) -> Iterator[type[Canonical]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
