"""What a record is known by: one spelling of what people type in many."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from mostik.mapping.functions.contacts import e164, mailbox

_NOT_WORD = re.compile(r"[^\w]+", re.UNICODE)
_DIGITS = re.compile(r"[^0-9]")
_LATIN = str.maketrans("абвгдежзийклмнопрстуфхцчшщъыьэюя", "abvgdejzijklmnoprstufhccss'y'eua")
_LIKE_LATIN = str.maketrans("авекмнорстух", "abekmhopctyx")
"""Letters that look alike on both keyboards: in an article they are typed on either."""
_GTIN = 14
_SHORTEST_BARCODE = 8
_SHORTEST_NAME = 3


def words(text: str) -> str:
    """Returns a text without capitals, quotes and double blanks; ``ё`` is ``е``."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return " ".join(_NOT_WORD.sub(" ", folded).split())


def article(text: str) -> str:
    """Returns a vendor's code without capitals, blanks and dashes; letters that look alike on the
    Russian and the Latin keyboard are the same."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_LIKE_LATIN)
    return re.sub(r"[\s\-_./\\]+", "", folded)


def barcode(text: str) -> str:
    """Returns a barcode as 14 digits, as a GTIN is compared (leading zeros get lost in tables);
    "" where it is too short to be one."""
    digits = _DIGITS.sub("", text)
    return digits.zfill(_GTIN) if _SHORTEST_BARCODE <= len(digits) <= _GTIN else ""


def number(text: str) -> str:
    """Returns a document's number without blanks, capitals and leading zeros."""
    folded = re.sub(r"\s+", "", text).casefold()
    return folded.lstrip("0") or folded


def digits(text: str) -> str:
    """Returns the digits of a registration number."""
    return _DIGITS.sub("", text)


def phones(texts: Iterable[str], region: str) -> tuple[str, ...]:
    """Returns phones as E.164; what is none is left out, as is a filler (all digits the same)."""
    found = (e164(text, region, strict=False) for text in texts if text)
    return tuple(dict.fromkeys(one for one in found if one and len(set(one[2:])) > 1))


def emails(texts: Iterable[str]) -> tuple[str, ...]:
    """Returns e-mails in one spelling; what is none is left out."""
    found = (mailbox(text) for text in texts if text)
    return tuple(dict.fromkeys(one for one in found if one))


def day(moment: datetime | None, zone: str) -> str:
    """Returns the day of a moment in a zone."""
    return moment.astimezone(ZoneInfo(zone)).date().isoformat() if moment is not None else ""


def name_tokens(text: str) -> tuple[str, ...]:
    """Returns the words of a person's name, in Latin letters so that Ivanov is Иванов."""
    return tuple(
        token for one in words(text).split() if (token := one.translate(_LATIN).replace("'", ""))
    )


def names_agree(one: Sequence[str], two: Sequence[str]) -> bool:
    """Whether two names may be of one person.

    All words of the shorter name are in the longer one, at the most two of them: a patronymic is
    often left out or wrong. An initial is the word that begins with it. A name that is not known
    may be anybody's.
    """
    if not one or not two:
        return True
    shorter, longer = sorted((list(one), list(two)), key=len)
    left = list(longer)
    hits = 0
    for token in shorter:
        found = next((other for other in left if _same(token, other)), None)
        if found is not None:
            left.remove(found)
            hits += 1
    return hits >= min(len(shorter), 2)


def _same(one: str, two: str) -> bool:
    if len(one) == 1 or len(two) == 1:
        return one[0] == two[0]
    return one == two


def is_name(text: str) -> bool:
    """Whether a text is long enough to tell goods apart."""
    return len(text) >= _SHORTEST_NAME
