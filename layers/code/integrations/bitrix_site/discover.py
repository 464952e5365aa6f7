"""Looks what there is on a site: by REST as on a portal, by the exchange what it tells 1C."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from defusedxml.ElementTree import ParseError, fromstring

from integrations.bitrix24.discover import discover as of_rest
from integrations.bitrix24.proposals import proposals
from integrations.bitrix_site.client import Site, rest_of
from integrations.bitrix_site.exchange.documents import statuses
from integrations.bitrix_site.models import Settings, Transport
from mostik.discovery import DELIVERIES, ORDER_STATUSES, PAY_SYSTEMS, Vocabulary
from mostik.errors import GiveUp, WhoActs
from mostik.integration import Certainty, Directory, Discovery, Entry, Proposal

_OF_THE_CRM = (
    "funnels",
    "stages",
    "currencies",
    "user fields of deals",
    "user fields of contacts",
    "user fields of companies",
)
_LISTS: Mapping[str, tuple[str, str]] = {
    "Cтатусы": (ORDER_STATUSES, "Statuses of orders"),
    "Статусы": (ORDER_STATUSES, "Statuses of orders"),
    "ПлатежныеСистемы": (PAY_SYSTEMS, "Payment systems"),
    "СлужбыДоставки": (DELIVERIES, "Delivery services"),
}
"""Bitrix' own name of the first begins with a Latin C."""


def discover(site: Site, settings: Settings) -> Discovery:
    """Reads the site's directories.

    Raises:
        CallFailed: the site did not answer at all.
        ConfigurationError: it does not let us in.
    """
    if settings.transport is Transport.REST:
        rest = rest_of(site)
        found = of_rest(rest, rest.settings)
        kept = [one for one in found.directories if one.name not in _OF_THE_CRM]
        facts: dict[str, object] = {**found.facts, "way": "rest"}
    else:
        kept = list(directories_in(site.exchange.info()))
        facts = {"way": "exchange", "1C": settings.one_c.value}
    by_name = {one.name: one for one in kept}
    wanted = [one for one in proposals(facts, by_name) if one.setting in Settings.model_fields]
    said = _vocabulary(settings, by_name)
    return Discovery(facts, kept, [*wanted, _one_c(settings)], said)


def directories_in(content: bytes) -> Iterator[Directory]:
    """Yields the lists of an answer to ``sale/info``.

    Raises:
        GiveUp: it is none.
    """
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, ValueError):
        raise GiveUp(
            "The site's answer to info is no XML that can be read.", who=WhoActs.EXTERNAL_ADMIN
        ) from None
    seen: set[str] = set()
    for element in root:
        known = _LISTS.get(_local(element.tag))
        if known is None or known[0] in seen:
            continue
        seen.add(known[0])
        entries = []
        for row in element:
            texts = {_local(one.tag): (one.text or "").strip() for one in row}
            key = texts.get("Ид", "")
            entries.append(Entry(key, texts.get("Название") or key))
        yield Directory(*known, entries)


def _vocabulary(settings: Settings, directories: Mapping[str, Directory]) -> Vocabulary:
    """What orders are said with: 1C is told the same lists as by the site itself."""

    def of(name: str) -> Sequence[Entry]:
        found = directories.get(name)
        entries = found.entries if found is not None else ()
        return [one for one in entries if one.more.get("ACTIVE") != "N"]

    known = statuses(settings)
    named = list({one.key: one for one in of(ORDER_STATUSES)}.values())
    meant = {one.key: known.status_of(one.key) for one in named}
    return Vocabulary(
        statuses=named,
        meanings={key: status.value for key, status in meant.items() if status is not None},
        pay_systems=of(PAY_SYSTEMS),
        deliveries=of(DELIVERIES),
    )


def _one_c(settings: Settings) -> Proposal:
    why = "Nobody can see from outside whether 1C comes: only a person knows."
    return Proposal("one_c", "", settings.one_c.value, Certainty.GUESS, why)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
