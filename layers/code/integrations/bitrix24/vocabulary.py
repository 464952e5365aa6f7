"""What orders are said with on a portal: stages of deals or statuses of orders. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.bitrix24.crm.mapping import stage_map
from integrations.bitrix24.crm.settings import OrderAs
from integrations.bitrix24.models import Settings
from integrations.bitrix24.sale.mapping import statuses
from mostik.commerce.order import StatusMap
from mostik.discovery import DELIVERIES, ORDER_STATUSES, PAY_SYSTEMS, Vocabulary
from mostik.integration import Directory, Entry

_STAGES = "stages"


def vocabulary(settings: Settings, directories: Mapping[str, Directory]) -> Vocabulary:
    """Returns what an order's status, payment and delivery are called.

    Args:
        settings: of the connection.
        directories: by name.
    """
    if settings.order_as is OrderAs.DEAL:
        known, found = stage_map(settings), _stages(settings, _entries(directories, _STAGES))
    else:
        known, found = statuses(settings), _entries(directories, ORDER_STATUSES)
    return Vocabulary(
        statuses=list({one.key: one for one in found}.values()),
        meanings=_meanings(known),
        pay_systems=_active(_entries(directories, PAY_SYSTEMS)),
        deliveries=_active(_entries(directories, DELIVERIES)),
    )


def _stages(settings: Settings, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Stages of the connection's funnel; those of all funnels lie in one directory."""
    entity = f"DEAL_STAGE_{settings.funnel}" if settings.funnel else "DEAL_STAGE"
    return [one for one in entries if one.more.get("ENTITY_ID", entity) == entity]


def _meanings(known: StatusMap) -> Mapping[str, str]:
    """One stage may stand for two statuses; it is read as the first."""
    found: dict[str, str] = {}
    for rule in known.rules:
        meant = known.status_of(rule.stage)
        if meant is not None:
            found.setdefault(rule.stage, meant.value)
    return found


def _active(entries: Sequence[Entry]) -> Sequence[Entry]:
    return [one for one in entries if one.more.get("ACTIVE") != "N"]


def _entries(directories: Mapping[str, Directory], name: str) -> Sequence[Entry]:
    found = directories.get(name)
    return found.entries if found is not None else ()
