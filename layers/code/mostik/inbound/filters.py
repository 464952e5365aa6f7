"""Which verified events are wanted: rules over places of the request, no code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mostik.errors import ConfigurationError, WebhookRejected
from mostik.inbound.places import place
from mostik.inbound.request import InboundRequest


class FilterVerdict(NamedTuple):
    """Whether an event is wanted.

    Attributes:
        passed: false drops it: acknowledged, counted, not queued.
        rule: the place whose rule dropped it; what a counter is named after.
    """

    passed: bool
    rule: str | None = None


class Filter(NamedTuple):
    """One rule. Every rule of a door must hold.

    Attributes:
        at: a place, such as ``form:event``, ``json:type`` or ``header:X-GitHub-Event``.
        any_of: the value must be one of these; a final ``*`` stands for any ending.
        none_of: the value must be none of these.
    """

    at: str
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def check(self) -> None:
        """Refuses a rule that can never hold.

        Raises:
            ConfigurationError: it names no place or no value.
        """
        place(self.at)
        if not self.any_of and not self.none_of:
            raise ConfigurationError(f"the filter at {self.at!r} needs 'any_of' or 'none_of'")

    def admits(self, request: InboundRequest) -> bool:
        """Whether the value at the place is wanted; an absent or unreadable one equals nothing."""
        try:
            value = place(self.at).read(request)
        except WebhookRejected:
            value = None
        if self.any_of and not _among(value, self.any_of):
            return False
        return not _among(value, self.none_of)


def verdict(filters: Iterable[Filter], request: InboundRequest) -> FilterVerdict:
    """The first rule that drops the request decides."""
    for rule in filters:
        if not rule.admits(request):
            return FilterVerdict(passed=False, rule=rule.at)
    return FilterVerdict(passed=True)


def _among(value: str | None, patterns: Sequence[str]) -> bool:
    if value is None:
        return False
    return any(
        value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern
        for pattern in patterns
    )
