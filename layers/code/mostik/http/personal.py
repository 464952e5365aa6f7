"""What personal data looks like: names of fields that hold it, and the look of e-mails and phones.

Deliberately not here: IP addresses, cities, and bare ``name`` or ``title`` outside a person's data,
because a product has them too and a log without product names helps nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

PHONE, EMAIL, NAME, ADDRESS, OTHER = "[phone]", "[email]", "[name]", "[address]", "[masked]"

_FIELDS: dict[str, str] = {
    PHONE: """
        cell cellphone fax mobile mobilephone msisdn phone phones phonenumber tel telephone whatsapp
        телефон телефоны тел факс мобильный""",
    EMAIL: "email emails emailaddress mail почта электроннаяпочта адресэлектроннойпочты",
    NAME: """
        buyername cardholder cardholdername clientname contactname customername familyname fio
        firstname fullname givenname holdername lastname middlename nameformatted patronymic
        payername receivername recipientname secondname surname имя отчество фамилия фио""",
    ADDRESS: """
        address address1 address2 addresses addr apartment house postalcode postcode street zip
        zipcode адрес адреса дом индекс квартира почтовыйиндекс улица адресрегистрации""",
    OTHER: """
        birthdate birthday dateofbirth passport passportnumber snils датарождения паспорт снилс""",
}
_BY_NAME = {name: mask for mask, names in _FIELDS.items() for name in names.split()}
_ENDINGS = (
    ("email", EMAIL), ("phone", PHONE), ("телефон", PHONE), ("почта", EMAIL),
    ("address", ADDRESS), ("lastname", NAME), ("firstname", NAME),
)  # fmt: skip
_BEGINNINGS = (("phone", PHONE), ("телефон", PHONE), ("email", EMAIL), ("почта", EMAIL))
_NOT_ITSELF = ("id", "code", "type", "verified", "confirmed", "count", "template", "format")
"""``phone_code``, ``email_template``: about phones and e-mails, not one of them."""
_NOT_PERSONAL = frozenset({"ipaddress", "macaddress", "webaddress", "remoteaddress", "addressid"})
_PEOPLE = """
    buyer client consignee contact contacts customer payer person profile receiver recipient user
    контактноелицо контрагент контрагенты клиент отправитель плательщик покупатель получатель
    представитель"""
_IS_PERSON = frozenset(_PEOPLE.split())
_PLAIN_NAMES = frozenset({"name", "наименование", "полноенаименование"})
"""Names of people where people are described, of goods elsewhere."""
_KEEP_INSIDE = frozenset({"id", "valuetype", "typeid", "type", "тип", "ид"})
"""``PHONE: [{ID, VALUE, VALUE_TYPE}]``: what describes the value is not the value."""
_KINDS = frozenset({"code", "field", "key", "name", "type", "typeid", "тип", "наименование"})
"""``{code: PHONE, value: ...}``: a field that names what stands beside it."""
_VALUES = frozenset({"value", "values", "text", "значение", "представление"})
_SEPARATORS = re.compile(r"[\W_]+")
_TAIL = re.compile(r"\d+$")

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PHONE = re.compile(
    r"(?:\+|%2[Bb])\d(?:(?:[ ().-]|%20|%28|%29){0,2}\d){9,14}(?!\d)"
    r"|(?<![\w.:+-])[78][ (-]{0,2}[3489]\d{2}[ )-]{0,2}\d{3}[ -]?\d{2}[ -]?\d{2}(?![\w-]|\.\d)"
)
_HAS_DIGITS = re.compile(r"\d{2}")
SHORTEST_PHONE = 10


def plain(name: str) -> str:
    """A field's name without case and punctuation."""
    return _SEPARATORS.sub("", name.casefold())


@lru_cache(maxsize=4_096)
def mask_for(name: str) -> str | None:
    """The mask of a field of this name, ``None`` when it holds nothing personal by its name."""
    found = plain(name)
    if found in _BY_NAME:
        return _BY_NAME[found]
    if found in _NOT_PERSONAL:
        return None
    bare = _TAIL.sub("", found)
    if bare in _BY_NAME:
        return _BY_NAME[bare]
    for ending, mask in _ENDINGS:
        if bare.endswith(ending):
            return mask
    if not bare.endswith(_NOT_ITSELF):
        return next((mask for start, mask in _BEGINNINGS if bare.startswith(start)), None)
    return None


@lru_cache(maxsize=4_096)
def mask_in_path(name: str) -> str | None:
    """The mask of a form's field: any part of ``fields[PHONE][0][VALUE]`` may say it."""
    parts = name.replace("]", "").split("[")
    if plain(parts[-1]) in _KEEP_INSIDE and len(parts) > 1:
        return None
    if any(is_person(part) for part in parts[:-1]) and is_plain_name(parts[-1]):
        return NAME
    return next((mask for part in parts if (mask := mask_for(part))), None)


@lru_cache(maxsize=4_096)
def is_kept_inside(name: str) -> bool:
    """Whether a field inside personal data only describes it."""
    return plain(name) in _KEEP_INSIDE


@lru_cache(maxsize=4_096)
def is_person(name: str) -> bool:
    """Whether a field of this name describes somebody, so that a ``name`` in it is theirs."""
    return plain(name) in _IS_PERSON


@lru_cache(maxsize=4_096)
def is_plain_name(name: str) -> bool:
    """Whether it is somebody's name where somebody is described."""
    return plain(name) in _PLAIN_NAMES


@lru_cache(maxsize=4_096)
def is_kind(name: str) -> bool:
    """Whether the field may name what its neighbour holds."""
    return plain(name) in _KINDS


@lru_cache(maxsize=4_096)
def is_value(name: str) -> bool:
    """Whether the field may hold what its neighbour names."""
    return plain(name) in _VALUES


@dataclass(frozen=True, slots=True)
class Shape:
    """What the names of an object's fields tell together.

    Attributes:
        person: somebody is described here.
        kinds: fields that may name what a field called value holds; none when there is no such one.
    """

    person: bool
    kinds: tuple[str, ...]


@lru_cache(maxsize=1_024)
def shape_of(names: tuple[str, ...]) -> Shape:
    """Reads the names of an object's fields; lists of alike objects ask once."""
    kinds = tuple(name for name in names if is_kind(name)) if any(map(is_value, names)) else ()
    return Shape(describes_a_person(names), kinds)


def describes_a_person(names: Iterable[str]) -> bool:
    """Whether fields of these names stand together where somebody is described."""
    return any(mask_for(name) not in (None, ADDRESS) for name in names)


def scrubbed(text: str) -> str:
    """Masks e-mail addresses and phone numbers anywhere in a text."""
    if "@" in text or "%40" in text:
        text = _EMAIL.sub(EMAIL, text)
    if len(text) >= SHORTEST_PHONE and _HAS_DIGITS.search(text):
        text = _PHONE.sub(PHONE, text)
    return text
