"""Phones, e-mails and names, as people type them."""

from __future__ import annotations

import re
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

from mostik.mapping.functions.function import Function, Option, Options, Unfit, Values, text_of

DEFAULT_REGION = "RU"
_KEEP, _REFUSE = "keep", "refuse"
_TAIL = re.compile(r"(?<=\d)\s*[^\d\s+()./,;-][^\d+]*\Z")
"""Words behind a phone: "8 903 123-45-67 Иван", but not an extension with its digits."""
_SEVERAL = re.compile(r"[,;/\n]|\s{2,}(?=\+|8)")


@lru_cache(maxsize=2_048)
def e164(text: str, region: str = DEFAULT_REGION, *, strict: bool = True) -> str | None:
    """Returns a phone as E.164 (+79031234567), ``None`` where it is none that can exist.

    Of several in one text it is the first. Extensions are left out. The numbering plans are those
    of ``phonenumberslite``, which is imported with the first phone.

    Args:
        text: as typed.
        region: the country of a number without a country code (ISO 3166).
        strict: it must be in the numbering plan; else its length is enough, as plans change.
    """
    import phonenumbers  # noqa: PLC0415 - a quarter of botocore's start, only where phones are

    for piece in (text, *_SEVERAL.split(text)):
        try:
            number = phonenumbers.parse(_TAIL.sub("", piece.strip()), region)
        except phonenumbers.NumberParseException:
            continue
        possible = phonenumbers.is_possible_number_with_reason(number)
        fits = possible == phonenumbers.ValidationResult.IS_POSSIBLE
        if phonenumbers.is_valid_number(number) if strict else fits:
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None


def _phone_format(number: str, style: str, region: str) -> str:
    import phonenumbers  # noqa: PLC0415 - see e164

    if style == "digits":
        return number.removeprefix("+")
    parsed = phonenumbers.parse(number)
    if style == "national" and region != phonenumbers.region_code_for_number(parsed):
        style = "international"
    styles = phonenumbers.PhoneNumberFormat
    kind = styles.NATIONAL if style == "national" else styles.INTERNATIONAL
    return str(phonenumbers.format_number(parsed, kind))


def _read_phone(values: Values, options: Options) -> str | None:
    if values[0] is None:
        return None
    text = text_of(values[0])
    if not text:
        return ""
    found = e164(text, str(options["region"]))
    if found is None and options["unreadable"] == _REFUSE:
        raise Unfit("is no phone number that can exist")
    return found or text


def _write_phone(meaning: Any, options: Options, paths: int) -> Values:
    del paths
    style = str(options["format"])
    if style == "e164" or not str(meaning).startswith("+"):
        return (meaning,)
    if e164(meaning) != meaning:
        return (meaning,)
    return (_phone_format(meaning, style, str(options["region"])),)


def _region_fault(value: Any) -> str | None:
    is_one = len(value) == 2 and value.isascii() and value.isupper()
    return None if is_one else f"{value!r} is no country of two capital letters"


_UNREADABLE = Option("what becomes of one that cannot be read", _KEEP, (_KEEP, _REFUSE))

PHONE = Function(
    "phone",
    "a phone number, however it is typed",
    _read_phone,
    _write_phone,
    {
        "format": Option(
            "how it is written", "e164", ("e164", "international", "national", "digits")
        ),
        "region": Option(
            "the country of numbers without a code", DEFAULT_REGION, check=_region_fault
        ),
        "unreadable": _UNREADABLE,
    },
    private=True,
)


def mailbox(text: str) -> str | None:
    """Returns an e-mail address in one spelling, ``None`` where it is none.

    ``"Иван" <Ivan@Example.COM>`` and ``mailto:ivan@example.com`` are ``ivan@example.com``; a domain
    in other letters is spelled in ASCII. The part before the @ loses its capitals too: no shop
    tells two customers apart by them.
    """
    bare = text.strip().removeprefix("mailto:")
    _, address = parseaddr(bare)
    local, at, domain = (address or bare).rpartition("@")
    domain = domain.rstrip(".").casefold()
    if not at or not local or "." not in domain or re.search(r"[\s@,;<>()]", local + domain):
        return None
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            return None
    labels = domain.split(".")
    if not all(re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", label) for label in labels):
        return None
    return f"{local.casefold()}@{domain}"


def _read_email(values: Values, options: Options) -> str | None:
    if values[0] is None:
        return None
    text = text_of(values[0])
    if not text:
        return ""
    found = mailbox(text)
    if found is None and options["unreadable"] == _REFUSE:
        raise Unfit("is no e-mail address")
    return found or text


def _write_email(meaning: Any, options: Options, paths: int) -> Values:
    del options, paths
    return (meaning,)


EMAIL = Function(
    "email",
    "an e-mail address",
    _read_email,
    _write_email,
    {"unreadable": _UNREADABLE},
    private=True,
)

_ORDERS = ("last first middle", "first middle last", "first last", "last first", "first")


def _read_name(values: Values, options: Options) -> tuple[str, str, str] | None:
    """Its meaning: last, first and middle name."""
    if all(value is None for value in values):
        return None
    order = str(options["order"]).split()
    if len(values) > 1:
        parts = dict(zip(order, (text_of(value or "") for value in values), strict=False))
    else:
        parts = _split(text_of(values[0]).split(), order)
    return parts.get("last", ""), parts.get("first", ""), parts.get("middle", "")


def _split(words: list[str], order: list[str]) -> dict[str, str]:
    if len(words) == 1:
        return {"first": words[0]}
    if len(words) == 2 and "last" in order:
        order = [part for part in order if part != "middle"]
    parts: dict[str, str] = {}
    rest = "middle" if "middle" in order else order[-1]  # "Вагиф Рашид оглы"
    spare = len(words) - len(order)
    for part in order:
        take = 1 + (max(spare, 0) if part == rest else 0)
        parts[part], words = " ".join(words[:take]), words[take:]
    return parts


def _write_name(meaning: Any, options: Options, paths: int) -> Values:
    parts = dict(zip(("last", "first", "middle"), meaning, strict=True))
    order = str(options["order"]).split()
    if paths > 1:
        return tuple(parts[part] for part in order[:paths])
    return (" ".join(parts[part] for part in order if parts[part]),)


NAME = Function(
    "name",
    "a person's name, in one field or in several",
    _read_name,
    _write_name,
    {"order": Option("the order of its parts, or of the fields", _ORDERS[0], _ORDERS)},
    most_paths=3,
    private=True,
)
