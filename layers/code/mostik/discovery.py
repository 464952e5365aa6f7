"""What an integration finds on the other side: whether all is there, what there is, what follows.

Part of the contract of an integration; integrations import it from ``integration``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """One line of ``check()``: a right or a setting, whether it is there, and what to do if not."""

    name: str
    ok: bool
    advice: str = ""


class Certainty(StrEnum):
    """How sure a proposal is."""

    SURE = "sure"
    """It can only mean that."""
    GUESS = "guess"
    """It is called so; a person looks at it."""
    NONE = "none"
    """Nothing there looks like it; a person must choose."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a directory of the other side: a stage, a price type, a warehouse.

    Attributes:
        key: what it is called in calls.
        name: what people call it.
        more: what else is known of it.
    """

    key: str
    name: str
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Directory:
    """The values of one kind.

    Attributes:
        name: of the kind.
        title: for people.
        entries: in the order of the other side.
        problem: why it could not be read, or not whole; empty: it was.
    """

    name: str
    title: str
    entries: Sequence[Entry] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A value for a setting.

    Attributes:
        setting: its name.
        about: which value of ours it stands for, where the setting is a table; empty: it is not.
        value: the other side's; ``None``: none was found.
        certainty: how sure that is.
        why: one sentence.
    """

    setting: str
    about: str
    value: Any
    certainty: Certainty
    why: str


ORDER_STATUSES, PAY_SYSTEMS, DELIVERIES = "order statuses", "pay systems", "delivery services"
"""Names of the directories that orders are said with, wherever there are such."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What orders are said with on the other side.

    Attributes:
        statuses: their ids and names, in their order.
        meanings: order statuses (``commerce.order.OrderStatus``) by the ids that stand for them.
        pay_systems: ids and names.
        deliveries: ids and names.
    """

    statuses: Sequence[Entry] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)
    pay_systems: Sequence[Entry] = ()
    deliveries: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True)
class Discovery:
    """What there is on the other side, and what follows for the settings.

    Attributes:
        facts: edition, plan, rights, modes, by name.
        directories: what records refer to.
        proposals: values for settings; nothing is set by itself.
        vocabulary: what orders are said with; ``None``: nothing but the directories says it.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    directories: Sequence[Directory] = ()
    proposals: Sequence[Proposal] = ()
    vocabulary: Vocabulary | None = None
