"""What the values of a portal propose for the settings: sure, a guess, or nothing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from integrations.bitrix24.models import Settings
from mostik.commerce.order import OrderStatus
from mostik.integration import Certainty, Directory, Entry, Proposal

_WON, _LOST = "S", "F"
"""``SEMANTICS`` of stages."""

_STAGE_IDS: Mapping[OrderStatus, tuple[str, ...]] = {
    OrderStatus.NEW: ("NEW",),
    OrderStatus.PAID: ("PREPAYMENT_INVOICE", "FINAL_INVOICE"),
    OrderStatus.PACKED: ("EXECUTING",),
    OrderStatus.SHIPPED: ("WON",),
    OrderStatus.CANCELLED: ("LOSE",),
}
_STATUS_IDS: Mapping[OrderStatus, tuple[str, ...]] = {
    OrderStatus.NEW: ("N",),
    OrderStatus.PAID: ("P",),
    OrderStatus.PACKED: ("P",),
    OrderStatus.SHIPPED: ("S", "F"),
    OrderStatus.CANCELLED: ("D",),
}
_STANDARD = {OrderStatus.NEW}
"""Whose standard id is the first one of every portal; the others may have been given new names."""
_PERSON, _COMPANY = "CRM_CONTACT", "CRM_COMPANY"
"""Codes of the payer types that a portal makes by itself."""
_NO_VAT = "без ндс"

Directories = Mapping[str, Directory]


def proposals(facts: Mapping[str, Any], directories: Directories) -> Iterator[Proposal]:
    """Returns a proposal for every setting that can be seen from there."""
    for proposal in _all(facts, directories):
        if proposal.setting in Settings.model_fields:
            yield proposal


def _all(facts: Mapping[str, Any], directories: Directories) -> Iterator[Proposal]:
    yield _order_as(facts)
    plan = str(facts.get("plan") or "")
    if plan:
        enterprise = "_ent" in plan
        yield Proposal("enterprise", "", enterprise, Certainty.SURE, f"The plan is {plan}.")
    yield _only(
        "catalog_id",
        [one for one in _entries(directories, "catalogues") if not one.more.get("productIblockId")],
        "catalogue of goods",
        int,
    )
    yield _no_vat(_entries(directories, "VAT rates"))
    yield from _stages(_entries(directories, "stages"), directories)
    yield from _by_id("order_statuses", _STATUS_IDS, _entries(directories, "order statuses"))
    payers = [one for one in _entries(directories, "payer types") if one.more.get("active") != "N"]
    yield _payer("payer_type", payers, _PERSON, ("физ", "person", "individual"))
    yield _payer("payer_type_company", payers, _COMPANY, ("юр", "company", "legal"))
    for setting, name, words in (
        ("pay_system", "pay systems", "payment system"),
        ("delivery_service", "delivery services", "delivery service"),
    ):
        active = [one for one in _entries(directories, name) if one.more.get("ACTIVE") != "N"]
        yield _only(setting, active, words, int)


def _order_as(facts: Mapping[str, Any]) -> Proposal:
    scopes = facts.get("scopes", ())
    if "crm" not in scopes and "sale" in scopes:
        why = "There is no CRM here, only the online store."
        return Proposal("order_as", "", "order", Certainty.SURE, why)
    why = "On a portal people mostly work with deals."
    return Proposal("order_as", "", "deal", Certainty.GUESS, why)


def _stages(entries: list[Entry], directories: Directories) -> Iterator[Proposal]:
    """For the funnel that is the default one: its stages have no ``C<n>:`` in front."""
    del directories
    own = [one for one in entries if one.more.get("ENTITY_ID") == "DEAL_STAGE"]
    for status in OrderStatus:
        semantics = {OrderStatus.SHIPPED: _WON, OrderStatus.CANCELLED: _LOST}.get(status)
        ending = [one for one in own if semantics and _semantics(one) == semantics]
        if len(ending) == 1:
            why = "It is the only stage that ends a deal so."
            yield Proposal("stages", status, ending[0].key, Certainty.SURE, why)
        else:
            yield _standard("stages", status, _STAGE_IDS[status], own)


def _semantics(stage: Entry) -> str:
    extra = stage.more.get("EXTRA")
    inner = extra.get("SEMANTICS") if isinstance(extra, Mapping) else None
    said = str(stage.more.get("SEMANTICS") or inner or "")
    return {"success": _WON, "failure": _LOST}.get(said, said)


def _by_id(
    setting: str, ids: Mapping[OrderStatus, tuple[str, ...]], entries: list[Entry]
) -> Iterator[Proposal]:
    for status in OrderStatus:
        yield _standard(setting, status, ids[status], entries)


def _standard(
    setting: str, status: OrderStatus, wanted: tuple[str, ...], entries: list[Entry]
) -> Proposal:
    named = {entry.key: entry for entry in entries}
    for key in wanted:
        if key in named:
            certainty = Certainty.SURE if status in _STANDARD else Certainty.GUESS
            why = f"Its standard meaning; here it is called {named[key].name!r}."
            return Proposal(setting, status, key, certainty, why)
    return Proposal(setting, status, None, Certainty.NONE, "None here has a standard id for it.")


def _no_vat(entries: list[Entry]) -> Proposal:
    without = [one for one in entries if "rate" not in one.more]
    if len(without) == 1:
        why = f"{without[0].name!r} is the only one without a rate."
        return Proposal("no_vat_id", "", int(without[0].key), Certainty.SURE, why)
    named = [one for one in entries if _NO_VAT in one.name.casefold()]
    if named:
        why = f"It is called {named[0].name!r}."
        return Proposal("no_vat_id", "", int(named[0].key), Certainty.GUESS, why)
    return Proposal("no_vat_id", "", None, Certainty.NONE, "No VAT rate here means none.")


def _payer(setting: str, payers: list[Entry], code: str, words: tuple[str, ...]) -> Proposal:
    for one in payers:
        if one.more.get("code") == code:
            why = f"{one.name!r} is the portal's own."
            return Proposal(setting, "", int(one.key), Certainty.SURE, why)
    for one in payers:
        if any(word in one.name.casefold() for word in words):
            why = f"It is called {one.name!r}."
            return Proposal(setting, "", int(one.key), Certainty.GUESS, why)
    return Proposal(setting, "", None, Certainty.NONE, "No payer type here looks like it.")


def _only(
    setting: str, entries: list[Entry], words: str, kind: Callable[[str], Any] = str
) -> Proposal:
    if len(entries) == 1:
        why = f"{entries[0].name!r} is the only {words}."
        return Proposal(setting, "", kind(entries[0].key), Certainty.SURE, why)
    why = f"There are several of them ({words})." if entries else f"There is no {words}."
    return Proposal(setting, "", None, Certainty.NONE, why)


def _entries(directories: Directories, name: str) -> list[Entry]:
    found = directories.get(name)
    return list(found.entries) if found is not None else []
