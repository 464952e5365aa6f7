"""What the importer refuses, and the bounds that it keeps to while it reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mostik.errors import GiveUp, WhoActs


class Why(StrEnum):
    """Why a file is refused; the word is counted, the sentence is for the 1C programmer."""

    EMPTY = "empty"
    NOT_XML = "not_xml"
    NOT_COMMERCEML = "not_commerceml"
    MALFORMED = "malformed"
    DOCTYPE = "doctype"
    ENCODING = "encoding"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_SLOW = "too_slow"
    NAME = "name"
    ARCHIVE = "archive"
    ORDER = "order"


class Refused(GiveUp):
    """A file (or an order to be written) is refused as a whole; nothing of it is to be believed.

    Args:
        why: which rule it breaks.
        text: one sentence for the 1C programmer, in Russian, without the file's content.
    """

    def __init__(self, why: Why, text: str) -> None:
        super().__init__(text, who=WhoActs.EXTERNAL_ADMIN, code=why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one file. libxml2's own stay in force beneath them: 256 levels, 10 MB a text.

    Attributes:
        bytes: of the whole file.
        record_bytes: between two records; what one record may weigh at most.
        record_tags: the same, counted in ``<``: tiny elements weigh more in memory than in bytes.
        records: of the whole file.
        group_depth: levels of groups within groups.
        seconds: from the first byte to the last.
    """

    bytes: int = 8 * 1024**3
    record_bytes: int = 32 * 1024**2
    record_tags: int = 600_000
    records: int = 20_000_000
    group_depth: int = 64
    seconds: float = 3_600.0


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Bounds of one zip, kept while it is inflated: its headers may lie.

    Attributes:
        entries: files in it.
        bytes: of all of them, inflated.
        entry_bytes: of one of them, inflated.
        ratio: inflated to deflated, once an entry is bigger than ``ratio_from`` (real ones are
            near 11).
        ratio_from: bytes from which on the ratio counts.
    """

    entries: int = 100_000
    bytes: int = 8 * 1024**3
    entry_bytes: int = 4 * 1024**3
    ratio: int = 100
    ratio_from: int = 1024**2
