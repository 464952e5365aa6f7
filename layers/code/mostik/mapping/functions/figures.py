"""Money, quantities and plain numbers: ``Decimal`` inside, never float."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from mostik.mapping.functions.function import Function, Option, Options, Unfit, Values
from mostik.mapping.shape import Kind

_BLANKS = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?\Z", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_WORDS = {
    "₽": "RUB", "руб": "RUB", "руб.": "RUB", "р.": "RUB", "р": "RUB", "rur": "RUB",
    "$": "USD", "€": "EUR", "₸": "KZT", "тг": "KZT", "тенге": "KZT", "byr": "BYN", "₴": "UAH",
}  # fmt: skip
_MINOR = {"RUB": "kopecks", "BYN": "kopecks", "UAH": "kopiykas", "KZT": "tiyn", "USD": "cents"}
_MINOR["EUR"] = "cents"
_MOST_DIGITS = 6
_FIGURES = frozenset({Kind.NUMBER, Kind.TEXT, Kind.ANY})
_LONGEST = 40


def decimal_of(value: Any) -> Decimal:
    """Reads a number as systems and people spell it (``1 234,50``).

    A comma is a decimal comma unless a point stands behind it.

    Raises:
        Unfit: it is none.
    """
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unfit("is no number")
    text = _BLANKS.sub("", str(value)).replace("\u2212", "-")
    if "," in text:
        text = text.replace(",", "") if "." in text else text.replace(",", ".")
    if isinstance(value, float):
        text = str(value)
    if len(text) > _LONGEST or not (_NUMBER.match(text) or isinstance(value, float)):
        raise Unfit("is no number")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Unfit("is no number") from None
    if not number.is_finite():
        raise Unfit("is no number")
    return number


def _rounded(number: Decimal, digits: int) -> Decimal:
    try:
        return number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    except InvalidOperation:  # more digits than any sum of money or goods has
        raise Unfit("is too long a number") from None


def _spelled(number: Decimal, style: str, comma: bool = False) -> Any:
    if style == "number":
        return number
    if style == "whole":
        return int(number)
    text = f"{number:f}"
    return text.replace(".", ",") if comma else text


# ── money ──────────────────────────────────────────────────────────────────────────────────────


def _read_money(values: Values, options: Options) -> tuple[Decimal, str | None] | None:
    """Its meaning: an amount in whole units, and its currency where that is known."""
    amount, named = (*values, None)[:2]
    if amount is None:
        return None
    currency = str(options["currency"]) or None
    if named is not None:
        currency = _currency(str(named))
    elif isinstance(amount, str):
        bare, word = _without_currency(amount)
        amount, currency = bare, word or currency
    number = decimal_of(amount)
    if options["as"] == "minor":
        number = number.scaleb(-int(options["digits"]))
    return number, currency


def _without_currency(text: str) -> tuple[str, str | None]:
    found = re.match(r"\s*([^\d\s+-]*)\s*([+-]?[\d\s\u00a0\u202f'’.,]*\d)\s*(\D*?)\s*\Z", text)
    if found is None:
        return text, None
    word = (found[1] or found[3]).strip()
    return found[2], _currency(word) if word else None


def _currency(word: str) -> str:
    code = _WORDS.get(word.strip().casefold(), word.strip().upper())
    if not _CURRENCY.match(code):
        raise Unfit("has a currency that is none of ISO 4217")
    return code


def _write_money(meaning: Any, options: Options, paths: int) -> Values:
    number, currency = meaning
    own = str(options["currency"]) or None
    if paths == 1 and own is not None and currency not in (None, own):
        raise Unfit(f"is in {currency}, and the other side takes {own} only")
    digits = int(options["digits"])
    if options["as"] == "minor":
        amount: Any = int(_rounded(number.scaleb(digits), 0))
    else:
        exact = -int(number.as_tuple().exponent) <= digits
        fits = _rounded(number, digits) if exact or options["round"] else number
        amount = _spelled(fits, str(options["as"]), bool(options["comma"]))
    return (amount,) if paths == 1 else (amount, currency or own)


def _show_money(values: Values, options: Options) -> str:
    amount, named = (*values, None)[:2]
    currency = str(named or options["currency"] or "")
    if amount is None:
        return "—"
    if options["as"] == "minor":
        return f"{amount} {_MINOR.get(currency, 'hundredths')}"
    return f"{amount} {currency}".strip()


def _currency_fault(value: Any) -> str | None:
    return None if value == "" or _CURRENCY.match(value) else f"{value!r} is none of ISO 4217"


def _digits_fault(value: Any) -> str | None:
    return None if 0 <= value <= _MOST_DIGITS else f"between 0 and {_MOST_DIGITS}, not {value}"


_DIGITS = Option("digits behind the point", 2, check=_digits_fault)

MONEY = Function(
    "money",
    "an amount, alone or beside its currency",
    _read_money,
    _write_money,
    {
        "as": Option(
            "a number, a text, or hundredths as a whole number",
            "number",
            ("number", "text", "minor"),
        ),
        "digits": _DIGITS,
        "currency": Option("the currency where none is told", "", check=_currency_fault),
        "round": Option("what has more digits is rounded to them (half up)", False),
        "comma": Option("a text has a decimal comma", False),
    },
    kinds=_FIGURES,
    most_paths=2,
    shows=_show_money,
)

# ── units ──────────────────────────────────────────────────────────────────────────────────────

_FACTORS = {
    "mg": "0.001", "g": "1", "kg": "1000", "t": "1000000",
    "mm": "1", "cm": "10", "m": "1000", "ml": "1", "l": "1000", "piece": "1",
}  # fmt: skip
_BASES = {
    "mg": "mass", "g": "mass", "kg": "mass", "t": "mass", "mm": "length", "cm": "length",
    "m": "length", "ml": "volume", "l": "volume", "piece": "pieces",
}  # fmt: skip


def _factor(options: Options) -> Decimal:
    """How many base units one unit of the side is."""
    each = decimal_of(str(options["of"]))
    return Decimal(_FACTORS[str(options["unit"])]) * each


def _read_unit(values: Values, options: Options) -> Decimal | None:
    if values[0] is None:
        return None
    number = decimal_of(values[0])
    return number / _factor(options) if options["per"] else number * _factor(options)


def _write_unit(meaning: Any, options: Options, paths: int) -> Values:
    del paths
    factor = _factor(options)
    number = meaning * factor if options["per"] else meaning / factor
    digits = int(options["digits"])
    if -int(number.as_tuple().exponent) > digits:
        number = _rounded(number, digits)
    return (_spelled(_plain(number), str(options["as"])),)


def _plain(number: Decimal) -> Decimal:
    """Without zeros at its end, and without an exponent."""
    return Decimal(f"{number.normalize():f}")


def _show_unit(values: Values, options: Options) -> str:
    if values[0] is None:
        return "—"
    pack = f" of {options['of']}" if str(options["of"]) != "1" else ""
    return f"{values[0]} {'per ' if options['per'] else ''}{options['unit']}{pack}"


def _factor_fault(value: Any) -> str | None:
    try:
        return None if decimal_of(value) > 0 else "must be greater than 0"
    except Unfit:
        return f"{value!r} is no number"


def _unit_warning(left: Options, right: Options) -> str | None:
    one, two = str(left.get("unit", "piece")), str(right.get("unit", "piece"))
    if _BASES.get(one) == _BASES.get(two):
        return None
    return f"{one} is no measure of what {two} measures"


UNIT = Function(
    "unit",
    "a weight, a measure, a quantity in packs, or a price per such a unit",
    _read_unit,
    _write_unit,
    {
        "unit": Option("what it is counted in", "piece", tuple(_FACTORS)),
        "of": Option(
            "how many of that one of this side is: a pack of 12", "1", check=_factor_fault
        ),
        "per": Option("it is a price per unit", False),
        "digits": Option("digits behind the point", 4, check=_digits_fault),
        "as": Option("a number or a text", "number", ("number", "text")),
    },
    kinds=_FIGURES,
    shows=_show_unit,
    warns=_unit_warning,
)

# ── plain numbers ──────────────────────────────────────────────────────────────────────────────


def _read_number(values: Values, options: Options) -> Decimal | None:
    del options
    return None if values[0] in (None, "") else decimal_of(values[0])


def _write_number(meaning: Any, options: Options, paths: int) -> Values:
    del paths
    digits = int(options["digits"])
    number = meaning
    if -int(number.as_tuple().exponent) > digits:
        number = _rounded(number, digits)
    if options["as"] == "whole" and number != number.to_integral_value():
        raise Unfit("is no whole number")
    return (_spelled(number, str(options["as"]), bool(options["comma"])),)


NUMBER = Function(
    "number",
    "a number that a side spells as a text, or a text of digits",
    _read_number,
    _write_number,
    {
        "as": Option("a number, a whole one, or a text", "number", ("number", "whole", "text")),
        "digits": Option("digits behind the point", 4, check=_digits_fault),
        "comma": Option("a text has a decimal comma", False),
    },
    kinds=_FIGURES,
)
