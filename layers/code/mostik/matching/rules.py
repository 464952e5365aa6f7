"""The rules of each kind of record, in order (DOMAIN: external key; article; barcode; 1C code; name
and section; phone; e-mail; INN and KPP; order number and date)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mostik.commerce.catalog import Product
from mostik.commerce.order import Order
from mostik.commerce.parties import Company, Customer, valid_inn
from mostik.commerce.record import Canonical, Ref
from mostik.mapping.side import Side
from mostik.matching import keys
from mostik.matching.card import NO_MARKS, Card, Context, Marks, Rule, cards


def _external(record: Canonical, context: Context, side: Side) -> Marks:
    """Its own key, and the key of the other side that it carries."""
    other = context.system(side.other)
    found = [f"{side}:{record.key}"]
    if (carried := record.external_ids.get(other)) is not None:
        found.append(f"{side.other}:{carried}")
    return Marks(plain=tuple(found))


EXTERNAL = Rule("external key", _external, parts=False)


def _one(text: str | None, plain: Callable[[str], str]) -> Marks:
    stripped = (text or "").strip()
    folded = plain(stripped) if stripped else ""
    return Marks((stripped,), (folded,)) if folded else NO_MARKS


def _article(record: Product, _context: Context, _side: Side) -> Marks:
    return _one(record.article, keys.article)


def _code(record: Product, _context: Context, _side: Side) -> Marks:
    return _one(record.code, keys.article)


def _barcodes(record: Product, _context: Context, _side: Side) -> Marks:
    plain = dict.fromkeys(map(keys.barcode, record.barcodes or ()))
    return Marks(plain=tuple(one for one in plain if one))


def _named_in_section(record: Product, context: Context, side: Side) -> Marks:
    name = keys.words(record.name)
    section = _section(record.section or next(iter(record.sections or ()), None), context, side)
    if not keys.is_name(name) or not section:
        return NO_MARKS
    return Marks((f"{record.name}|{section}",), (f"{name}|{section}",))


def _section(section: Ref | None, context: Context, side: Side) -> str:
    if section is None:
        return ""
    names = context.sections.get(side, {})
    return keys.words(names.get(section.key) or section.name or "")


def _named(record: Product, _context: Context, _side: Side) -> Marks:
    name = keys.words(record.name)
    return Marks(plain=(name,)) if keys.is_name(name) else NO_MARKS


GOODS = (
    EXTERNAL,
    Rule("article", _article, single=True),
    Rule("barcode", _barcodes),
    Rule("1C code", _code, single=True),
    Rule("name and section", _named_in_section, parts=False),
    Rule("name", _named, only_asks=True),
)


def _ways(main: str, more: Sequence[str] | None) -> Iterable[str]:
    return (main, *(more or ()))


def _phones(record: Customer | Company, context: Context, _side: Side) -> Marks:
    main = record.phone if isinstance(record, Customer) else ""
    return Marks(plain=keys.phones(_ways(main, record.phones), context.region))


def _emails(record: Customer | Company, _context: Context, _side: Side) -> Marks:
    main = record.email if isinstance(record, Customer) else ""
    return Marks(plain=keys.emails(_ways(main, record.emails)))


_SOLE_TRADER = 12
"""Digits of the INN of a sole trader, who has no KPP."""


def _registered(record: Company, _context: Context, _side: Side) -> Marks:
    found: list[str] = []
    for requisite in record.requisites or ():
        inn = keys.digits(requisite.inn or "")
        kpp = keys.digits(requisite.kpp or "")
        if valid_inn(inn) and (kpp or len(inn) == _SOLE_TRADER):
            found.append(f"{inn}|{kpp}")
    return Marks(plain=tuple(dict.fromkeys(found)))


def _inn(record: Company, _context: Context, _side: Side) -> Marks:
    """Without the KPP, which one side may not know; branches of a firm share it."""
    found = (keys.digits(requisite.inn or "") for requisite in record.requisites or ())
    return Marks(plain=tuple(dict.fromkeys(one for one in found if valid_inn(one))))


def _full_name(record: Customer, _context: Context, _side: Side) -> Marks:
    tokens = sorted(_tokens(record))
    return Marks(plain=(" ".join(tokens),)) if len(tokens) > 1 else NO_MARKS


def _tokens(record: Any) -> tuple[str, ...]:
    parts = (record.last_name, record.first_name, record.middle_name)
    text = record.name or " ".join(one for one in parts if one)
    return keys.name_tokens(text)


def _company_name(record: Company, _context: Context, _side: Side) -> Marks:
    name = keys.words(record.name)
    bare = " ".join(word for word in name.split() if word not in _FORMS)
    return Marks(plain=(bare,)) if keys.is_name(bare) else NO_MARKS


_FORMS = frozenset({"ооо", "оао", "зао", "пао", "ао", "ип", "llc", "ltd", "inc"})

PEOPLE = (
    EXTERNAL,
    Rule("phone", _phones, by_name=True),
    Rule("e-mail", _emails, by_name=True),
    Rule("full name", _full_name, only_asks=True, by_name=True),
)
COMPANIES = (
    EXTERNAL,
    Rule("INN and KPP", _registered, single=True),
    Rule("INN", _inn, only_asks=True),
    Rule("phone", _phones, only_asks=True),
    Rule("e-mail", _emails, only_asks=True),
    Rule("name", _company_name, only_asks=True),
)


def _numbered(record: Order, context: Context, _side: Side) -> Marks:
    date = keys.day(record.date, context.zone)
    if not date or not record.number.strip():
        return NO_MARKS
    return Marks((f"{record.number}|{date}",), (f"{keys.number(record.number)}|{date}",))


def _number_alone(record: Order, _context: Context, _side: Side) -> Marks:
    return _one(record.number, keys.number)


ORDERS = (
    EXTERNAL,
    Rule("number and date", _numbered),
    Rule("number", _number_alone, only_asks=True),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of record is matched.

    Attributes:
        rules: in order.
        title: what people call a record.
        name: words of a person's name.
    """

    rules: tuple[Rule, ...]
    title: Callable[[Any], str]
    name: Callable[[Any], tuple[str, ...]] = lambda _record: ()

    def cards(self, records: Iterable[Canonical], context: Context, side: Side) -> Iterator[Card]:
        """Yields the cards of records as they come."""
        return cards(records, self.rules, context, side, self.title, self.name)


def _goods_title(record: Product) -> str:
    return f"{record.name} [{record.article}]" if record.article else record.name


def _person_title(record: Customer) -> str:
    return ", ".join(one for one in (record.name, record.phone, record.email) if one)


KINDS: Mapping[type[Canonical], Kind] = {
    Product: Kind(GOODS, _goods_title),
    Customer: Kind(PEOPLE, _person_title, _tokens),
    Company: Kind(COMPANIES, lambda record: record.name),
    Order: Kind(ORDERS, lambda record: record.number),
}


def kind_of(model: type[Canonical]) -> Kind:
    """Returns how records of a model are matched; others by external key alone."""
    return KINDS.get(model) or Kind((EXTERNAL,), lambda record: str(record.key))
