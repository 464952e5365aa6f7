"""The words of the 1C exchange: the first line of every answer is one of three, and LF ends a line.

1C copies lines two and three of ``checkauth`` verbatim into a Cookie header, so nothing may
follow them; it takes the answer to ``init`` only with exactly two lines, and an order list only
when it begins with ``<?xml`` (facts on the exchange protocol). Texts are for the 1C programmer, in
Russian.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ENCODING = "windows-1251"
"""What a Bitrix site sends, and what old clients expect; header and bytes always agree."""

MOST_SHOWN = 120
"""Characters of a name that came from outside, in a sentence."""


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
        content: instead of words, for the two modes whose answer is not made of them: the settings
            of ``init`` and the XML of ``query`` and ``info``.
        content_type: of the bytes.
    """

    word: Word
    lines: tuple[str, ...] = ()
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None
    content_type: str = f"text/html; charset={ENCODING}"

    def body(self) -> bytes:
        """Returns the bytes, each line ended by LF."""
        if self.content is not None:
            return self.content
        text = "".join(f"{one_line(line)}\n" for line in (self.word.value, *self.lines))
        return text.encode(ENCODING, "xmlcharrefreplace")


def success(*lines: str) -> Answer:
    """Returns a success."""
    return Answer(Word.SUCCESS, lines)


def progress(text: str) -> Answer:
    """Returns "not yet": 1C asks again at once."""
    return Answer(Word.PROGRESS, (text,))


def failure(text: str, *, status: int = 200) -> Answer:
    """Returns a failure with a sentence for the 1C programmer."""
    return Answer(Word.FAILURE, (text,), status)


def parameters(**values: str) -> Answer:
    """Returns the answer to ``init``: no LF at its end, where 1C would see a line too many."""
    text = "\n".join(f"{name}={value}" for name, value in values.items())
    return Answer(Word.SUCCESS, content=text.encode("ascii"))


def xml(content: bytes, encoding: str = ENCODING) -> Answer:
    """Returns a document; its declaration says the same encoding as the header.

    Raises:
        ValueError: 1C would not take it for XML.
    """
    if not content.startswith(b"<?xml"):
        raise ValueError("1C reads a document only when it begins with <?xml")
    return Answer(
        Word.SUCCESS, content=content, content_type=f"application/xml; charset={encoding}"
    )


def shown(name: str) -> str:
    """Returns a name from outside as a sentence may hold it: printable, and not too long."""
    text = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in name)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def one_line(text: str) -> str:
    """A text that cannot add lines to an answer."""
    return text.replace("\r", " ").replace("\n", " ")
