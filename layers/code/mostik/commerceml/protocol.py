"""The words of the 1C exchange: the first line of every answer is one of three, and LF ends a line.

1C copies lines two and three of ``checkauth`` verbatim into a Cookie header, so nothing may
follow them
(see the project's notes on the exchange protocol). Texts are for the 1C programmer, in Russian.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ENCODING = "windows-1251"
"""What a Bitrix site sends, and what old clients expect; header and bytes always agree."""


class Word(StrEnum):
    """The first line."""

    SUCCESS = "success"
    FAILURE = "failure"
    PROGRESS = "progress"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to 1C.

    Attributes:
        word: the first line.
        lines: the lines after it.
        status: HTTP status; 1C reads the first line, people and proxies the status.
        headers: further headers.
    """

    word: Word
    lines: tuple[str, ...] = ()
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    def body(self) -> bytes:
        """Returns the bytes, each line ended by LF."""
        text = "".join(f"{line}\n" for line in (self.word.value, *self.lines))
        return text.encode(ENCODING, "xmlcharrefreplace")


def failure(text: str, *, status: int = 200) -> Answer:
    """Returns a failure with a sentence for the 1C programmer."""
    return Answer(Word.FAILURE, (text,), status)
