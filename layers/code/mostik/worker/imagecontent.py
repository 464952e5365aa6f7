"""Pictures that lie in the blobs are fetched when they are written elsewhere, one at a time."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mostik.commerce.catalog import Picture
from mostik.commerce.record import Canonical
from mostik.ports import Blobs

CONTENT = "base64"
"""Under this name a file carries its content in ``extra``."""


@dataclass(frozen=True, slots=True)
class Carried(Mapping[str, Any]):
    """The ``extra`` of a file that reads the content only when it is asked for, and keeps none.

    Attributes:
        rest: everything else in it.
        blobs: where the content lies.
        blob: under which key.
    """

    rest: Mapping[str, Any]
    blobs: Blobs
    blob: str

    def __getitem__(self, name: str) -> Any:
        if name != CONTENT:
            return self.rest[name]
        data = self.blobs.get(self.blob)
        if data is None:
            raise KeyError(name)
        return b64encode(data).decode("ascii")

    def __iter__(self) -> Iterator[str]:
        yield CONTENT
        yield from (name for name in self.rest if name != CONTENT)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def with_content(blobs: Blobs) -> Callable[[Canonical], Canonical]:
    """Returns what gives a picture its content, if that lies in the blobs."""

    def fill(record: Canonical) -> Canonical:
        if not isinstance(record, Picture) or record.file.blob is None:
            return record
        extra = Carried(record.file.extra, blobs, record.file.blob)
        return record.model_copy(update={"file": record.file.model_copy(update={"extra": extra})})

    return fill
