"""The plain values of CommerceML as real files spell them: numbers, flags, moments, currencies.

Each returns ``None`` for a text that it cannot read; the reader names that text in its report.
Source: measured on public files (decimal comma, no-break spaces, dates without time, Cyrillic
currencies, entities escaped twice).
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from html import unescape

_PLAIN = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,20})?\Z", re.ASCII)
_POWER = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?[eE][+-]?[0-9]{1,2}\Z", re.ASCII)
_SPACES = str.maketrans("", "", " \t\r\n\u00a0\u2007\u2009\u202f'’")
_TWICE = re.compile(r"&(?:quot|amp|lt|gt|apos|nbsp|#[0-9]{1,6}|#x[0-9a-fA-F]{1,5});")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T](.+))?\Z", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?\Z", re.ASCII)

_FLAGS = {
    "true": True, "1": True, "да": True, "истина": True, "yes": True, "y": True,
    "false": False, "0": False, "нет": False, "ложь": False, "no": False, "n": False,
}  # fmt: skip

# Bitrix turns an unknown Cyrillic currency into RUB by force; here an unknown one stays unknown.
_CURRENCIES = {
    "РУБ": "RUB", "РУБЛЬ": "RUB", "РУБЛЕЙ": "RUB", "РУБЛИ": "RUB", "Р": "RUB",
    "RUR": "RUB", "₽": "RUB",
    "ГРН": "UAH", "ГРИВНА": "UAH", "ГРИВЕН": "UAH", "₴": "UAH",
    "ТЕНГЕ": "KZT", "ТНГ": "KZT", "ТГ": "KZT", "₸": "KZT",
    "БЕЛ.РУБ": "BYN", "БЕЛРУБ": "BYN", "БР": "BYN", "BYR": "BYN", "BYB": "BYN",
    "ДОЛЛ": "USD", "ДОЛЛАР": "USD", "$": "USD", "УЕ": "USD", "У.Е": "USD",
    "ЕВРО": "EUR", "€": "EUR", "СУМ": "UZS", "СОМ": "KGS", "ДРАМ": "AMD", "ЛАРИ": "GEL",
    "ЮАНЬ": "CNY",
    "643": "RUB", "810": "RUB", "980": "UAH", "398": "KZT", "933": "BYN", "974": "BYN",
    "840": "USD", "978": "EUR", "860": "UZS", "417": "KGS",
    "051": "AMD", "981": "GEL", "156": "CNY",
}  # fmt: skip


def number(text: str) -> Decimal | None:
    """Returns a number exactly as it is written; never a float.

    Args:
        text: digits, perhaps grouped; where a point and a comma occur, the last one stands before
            the fraction, and one that occurs twice groups. (What a root says in ``ЧРД`` adds
            nothing to that.)
    """
    if _PLAIN.match(text):
        return Decimal(text)
    bare = text.translate(_SPACES).replace("\u2212", "-")
    sign = "," if bare.rfind(",") > bare.rfind(".") else "."
    other = "." if sign == "," else ","
    if bare.count(sign) > 1 or other in bare:
        grouping = sign if bare.count(sign) > 1 else other
        head, *groups = (
            bare.partition(sign)[0].split(other) if grouping == other else bare.split(sign)
        )
        if any(len(group) != 3 for group in groups) or (grouping == sign and other in bare):
            return None
        fraction = bare.partition(sign)[2] if grouping == other else ""
        bare = head + "".join(groups) + (f".{fraction}" if fraction else "")
    bare = bare.replace(",", ".")
    if _PLAIN.match(bare) or _POWER.match(bare):
        return Decimal(bare)
    return None


def flag(text: str) -> bool | None:
    """Returns yes or no."""
    return _FLAGS.get(text.lower())


def moment(text: str) -> datetime | None:
    """Returns a moment, without a zone unless the text has one; a bare date is its midnight.

    1C's empty date (year 1) is no moment: see ``is_empty_moment``.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _other_moment(text)
    return found if found.year > 1 else None


def is_empty_moment(text: str) -> bool:
    """Whether this is how 1C writes "no date"."""
    return text.startswith(("0001-01-01", "01.01.0001", "00010101"))


def currency(text: str) -> str | None:
    """Returns the ISO 4217 code of a currency in letters, digits or Cyrillic."""
    word = text.strip().rstrip(".").upper().replace(" ", "")
    known = _CURRENCIES.get(word)
    if known is not None:
        return known
    return word if len(word) == 3 and word.isascii() and word.isalpha() else None


def once_escaped(text: str) -> str:
    """Undoes one escaping too many: ``&quot;`` where the parser has already undone the first."""
    return unescape(text) if _TWICE.search(text) else text


def _other_moment(text: str) -> datetime | None:
    """``24.11.2026 10:00:00``, ``2026-11-24 9:00:00``, ``20261124100000``."""
    if found := _DAY_FIRST.match(text):
        day, month, year, rest = found.groups()
        text = f"{year}-{month:0>2}-{day:0>2}" + (f"T{rest}" if rest else "")
    elif found := _COMPACT.match(text):
        parts = [int(part) for part in found.groups(default="0")]
        text = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*parts)
    date, _, time = text.replace(" ", "T", 1).partition("T")
    if time[1:2] == ":":
        time = f"0{time}"
    try:
        found_at = datetime.fromisoformat(f"{date}T{time}" if time else date)
    except ValueError:
        return None
    return found_at if found_at.year > 1 else None
