"""The records of a chunk as they lie in the blobs until the chunk is carried over.

They are written before the row that speaks of them, under a name of their own for every try, so a
worker whose time is over cannot put other records under a row that stands.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Packed:
    """A record as it is stored."""

    key: str
    kind: str
    content: Mapping[str, Any]


def packed(record: Canonical) -> Packed:
    """Returns a record as it is stored."""
    return Packed(record.key, _name(type(record)), record.model_dump(mode="json"))


class Contents:
    """Chunks in the blobs."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def keep(self, run: str, name: str, token: str, records: Sequence[Packed]) -> None:
        """Stores records of one kind."""
        document = {
            "keys": [record.key for record in records],
            "kind": records[0].kind,
            "records": [record.content for record in records],
        }
        self.put(run, name, token, document)

    def packed(self, run: str, name: str, token: str) -> Sequence[Packed] | None:
        """Returns what was stored as it lies there, ``None`` when it has expired."""
        document = self.take(run, name, token)
        if document is None:
            return None
        lying = zip(document["keys"], document["records"], strict=True)
        return [Packed(key, document["kind"], content) for key, content in lying]

    def keep_keys(self, run: str, name: str, token: str, keys: Sequence[str]) -> None:
        """Stores keys alone."""
        self.put(run, name, token, {"keys": list(keys)})

    def read(self, run: str, name: str, token: str) -> Kept | None:
        """Returns what was stored, ``None`` when it has expired."""
        document = self.take(run, name, token)
        if document is None:
            return None
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

    def put(self, run: str, name: str, token: str, document: object) -> None:
        """Stores plain content beside a run."""
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        packed = zlib.compress(text.encode(errors="surrogatepass"), 6)
        self._blobs.put(_place(run, name, token), packed)

    def take(self, run: str, name: str, token: str) -> Any:
        """Returns plain content, ``None`` when it has expired."""
        packed = self._blobs.get(_place(run, name, token))
        return json.loads(zlib.decompress(packed)) if packed is not None else None


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
