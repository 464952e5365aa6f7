"""What all records of a CommerceML file share, and the heads of its parts.

Records hold the file's own words, checked and typed, and nothing is guessed: ``None`` is what the
file does not say, an empty text or tuple is what it says is empty. ``mapping_*`` turns them into
the canonical model.

They are plain frozen classes, not pydantic models: the reader makes sixteen of them for one good,
of values that it has just typed, and validating those again took a fifth of its time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


class Fault(NamedTuple):
    """A value that could not be read; the record goes without it.

    Attributes:
        path: where it stands.
        value: its beginning.
    """

    path: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record of a file.

    Attributes:
        key: ``Ид``, verbatim.
        version: ``НомерВерсии``: equal or not, no order.
        deleted: a deletion mark; ``None``: the file has none, which is not "no".
        faults: what could not be read in it.
        extra: names and texts of elements that this model has no place for.
    """

    key: str
    version: str | None = None
    deleted: bool | None = None
    faults: tuple[Fault, ...] = ()
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Rejected(NamedTuple):
    """A record that could not be believed: it has no key, or a value of the wrong kind.

    Attributes:
        kind: the record's element.
        key: its key, where it has one.
        reason: what is wrong, for the 1C programmer.
    """

    kind: str
    key: str
    reason: str


class Attribute(NamedTuple):
    """``ЗначениеРеквизита``: a name and one or more values."""

    name: str = ""
    values: tuple[str, ...] = ()


class Tax(NamedTuple):
    """``Налог`` or ``СтавкаНалога``.

    Attributes:
        name: for example НДС.
        rate: as it is written: 20, or "Без НДС", which is not 0.
        included: the price holds it.
        amount: its sum.
        excise: it is an excise.
    """

    name: str = ""
    rate: str | None = None
    included: bool | None = None
    amount: Decimal | None = None
    excise: bool | None = None


class AddressField(NamedTuple):
    """One piece of an address."""

    kind: str = ""
    value: str = ""


class PostalAddress(NamedTuple):
    """``Адрес``, ``АдресРегистрации``, ``ЮридическийАдрес``."""

    text: str | None = None
    comment: str | None = None
    fields: tuple[AddressField, ...] = ()


class Contact(NamedTuple):
    """A phone, an e-mail, anything by which one is reached."""

    kind: str = ""
    value: str = ""
    comment: str | None = None


class Owner(NamedTuple):
    """``Владелец`` of a classifier or catalogue, ``Изготовитель`` of a good."""

    key: str | None = None
    name: str | None = None
    full_name: str | None = None
    official_name: str | None = None
    inn: str | None = None
    kpp: str | None = None
    okpo: str | None = None


class Message(NamedTuple):
    """The root element.

    Attributes:
        root: its local name; a bare part of a file is a file, too.
        namespace: one of four, or none.
        version: ``ВерсияСхемы``.
        formed_at: ``ДатаФормирования``.
        separator: what stands before a fraction (``ЧРД``).
        attributes: all of its attributes.
    """

    root: str
    namespace: str = ""
    version: str = ""
    formed_at: datetime | None = None
    separator: str = "."
    attributes: tuple[tuple[str, str], ...] = ()


class Head(NamedTuple):
    """What a part of a file says of itself. It comes when the part ends: its children have no
    fixed order.

    Attributes:
        kind: the element: Классификатор, Каталог, ПакетПредложений, ИзмененияПакетаПредложений.
        key: its ``Ид``.
        name: for people.
        description: for people.
        catalog: ``ИдКаталога``.
        classifier: ``ИдКлассификатора``.
        only_changes: ``СодержитТолькоИзменения``. A full export cut into portions says so of its
            first portion only: nothing may be deleted because it is absent here.
        owner: whose it is.
        valid_from: first day of the offers.
        valid_to: last day of the offers.
        records: how many records it held.
    """

    kind: str
    key: str | None = None
    name: str | None = None
    description: str | None = None
    catalog: str | None = None
    classifier: str | None = None
    only_changes: bool | None = None
    owner: Owner | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    records: int = 0
    faults: tuple[Fault, ...] = ()
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()
