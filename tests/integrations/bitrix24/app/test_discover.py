"""What is found on a portal, what it proposes, and what the check says is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from integrations.bitrix24.check import check
from integrations.bitrix24.discover import SOURCES, discover
from integrations.bitrix24.proposals import proposals
from local.sandbox.portal import PortalApp
from local.sandbox.portal.catalog.config import CatalogConfig
from mostik.integration import Certainty, Directory, Discovery, Entry, Proposal
from tests.integrations.bitrix24.app.world import APP, SECRET, AppWorld


def discovered(world: AppWorld) -> Discovery:
    return discover(world.client, world.settings)


def test_everything_is_read_in_two_requests_and_each_directory_says_what_it_holds() -> None:
    # GIVEN
    catalog = CatalogConfig(stores=("Main", "North"), price_types=("BASE", "STAFF"))
    world = AppWorld(portal_is={"catalog": catalog}).installed()
    world.wire.sent.clear()
    # WHEN
    found = discovered(world)
    # THEN
    assert set(world.wire.sent) == {"batch"}
    assert len(world.wire.sent) <= 2
    by_name = {one.name: one for one in found.directories}
    assert set(by_name) == {source.name for source in SOURCES}
    problems = {name: one.problem for name, one in by_name.items() if one.problem}
    assert problems == {}
    assert [one.name for one in by_name["warehouses"].entries] == ["Main", "North"]
    assert [one.key for one in by_name["currencies"].entries][:1] == ["RUB"]
    assert "NEW" in [one.key for one in by_name["stages"].entries]
    for name in ("price types", "units", "payer types", "pay systems", "order statuses", "users"):
        assert by_name[name].entries, name
    assert found.facts["way"] == "application"
    assert found.facts["administrator"] is True
    assert found.facts["plan"] == "ru_pro100"
    assert found.facts["edition"] == "cloud"
    assert found.facts["rest_offline_extended"] is True
    assert found.facts["inventory"] in (True, False)
    assert found.facts["CRM"] == "without leads"


def test_a_right_that_is_missing_costs_its_directories_only_and_is_named() -> None:
    # GIVEN
    world = AppWorld(app=PortalApp(client_secret=SECRET, scopes=("crm",))).installed()
    # WHEN
    found = discovered(world)
    # THEN
    by_name = {one.name: one for one in found.directories}
    assert by_name["stages"].entries
    assert "lacks a right" in by_name["warehouses"].problem
    assert "inventory: not known" in found.facts


def test_a_directory_of_several_pages_is_read_whole() -> None:
    # GIVEN
    stores = tuple(f"Store {number}" for number in range(120))
    world = AppWorld(portal_is={"catalog": CatalogConfig(stores=stores)}).installed()
    # WHEN
    by_name = {one.name: one for one in discovered(world).directories}
    # THEN
    assert len(by_name["warehouses"].entries) == 120


def proposed(
    setting: str, about: str = "", *, facts: dict[str, Any] | None = None, **entries: list[Entry]
) -> Proposal:
    directories = {
        name.replace("_", " "): Directory(name.replace("_", " "), name, found)
        for name, found in entries.items()
    }
    (found,) = [
        one
        for one in proposals(facts or {}, directories)
        if (one.setting, one.about) == (setting, about)
    ]
    return found


def stage(key: str, name: str, semantics: str | None = None) -> Entry:
    return Entry(key, name, {"ENTITY_ID": "DEAL_STAGE", "SEMANTICS": semantics})


def test_a_stage_that_alone_ends_a_deal_well_is_sure_and_one_of_several_is_not() -> None:
    # GIVEN
    one = [stage("NEW", "Новая"), stage("WON", "Успех", "S"), stage("LOSE", "Провал", "F")]
    two = [*one, stage("APOLOGY", "Анализ", "F")]
    # THEN
    sure = proposed("stages", "shipped", stages=one)
    assert (sure.value, sure.certainty) == ("WON", Certainty.SURE)
    guess = proposed("stages", "cancelled", stages=two)
    assert (guess.value, guess.certainty) == ("LOSE", Certainty.GUESS)
    none = proposed("stages", "packed", stages=one)
    assert (none.value, none.certainty) == (None, Certainty.NONE)


def test_no_vat_is_sure_without_a_rate_a_guess_by_its_name_and_else_open() -> None:
    # GIVEN
    twenty, zero = Entry("1", "НДС 20%", {"rate": 20}), Entry("2", "Без НДС", {"rate": 0})
    without = Entry("3", "Не облагается", {})
    # THEN
    sure = proposed("no_vat_id", VAT_rates=[twenty, without])
    assert (sure.value, sure.certainty) == (3, Certainty.SURE)
    guess = proposed("no_vat_id", VAT_rates=[twenty, zero])
    assert (guess.value, guess.certainty) == (2, Certainty.GUESS)
    assert proposed("no_vat_id", VAT_rates=[twenty]).certainty is Certainty.NONE


def test_payers_are_known_by_the_portals_own_codes() -> None:
    # GIVEN
    people = Entry("3", "Физическое лицо", {"code": "CRM_CONTACT"})
    firms = Entry("4", "Юридическое лицо")
    # THEN
    assert proposed("payer_type", payer_types=[people, firms]).certainty is Certainty.SURE
    company = proposed("payer_type_company", payer_types=[people, firms])
    assert (company.value, company.certainty) == (4, Certainty.GUESS)


def test_without_a_crm_an_order_is_an_order() -> None:
    sure = proposed("order_as", facts={"scopes": ["catalog", "sale"]})
    assert (sure.value, sure.certainty) == ("order", Certainty.SURE)
    assert proposed("order_as", facts={"scopes": ["crm", "sale"]}).value == "deal"


def test_the_plan_tells_the_limit() -> None:
    assert proposed("enterprise", facts={"plan": "ru_ent250"}).value is True
    assert proposed("enterprise", facts={"plan": "ru_pro100"}).value is False


def failed(world: AppWorld) -> set[str]:
    return {line.name for line in check(world.client, world.settings) if not line.ok}


def test_a_portal_with_all_that_is_needed_passes() -> None:
    assert failed(AppWorld().installed()) == set()


@pytest.mark.parametrize(
    ("app", "portal", "missing"),
    [
        (
            PortalApp(client_secret=SECRET, scopes=("crm", "user", "userfieldconfig", "sale")),
            {},
            {"The application may use catalog"},
        ),
        (
            APP,
            {"features": {"rest_offline_extended": False, "rest_auth_connector": True}},
            {
                "The plan has offline events that lose nothing (rest_offline_extended)",
                "The plan lets own writes be marked (rest_auth_connector)",
            },
        ),
        (
            APP,
            {"features": {"rest_offline_extended": True, "rest_auth_connector": False}},
            {"The plan lets own writes be marked (rest_auth_connector)"},
        ),
        (
            APP,
            {"admins": ()},
            {
                "Its user administers the portal",
                "The plan has offline events that lose nothing (rest_offline_extended)",
                "The plan lets own writes be marked (rest_auth_connector)",
            },
        ),
    ],
)
def test_the_check_names_the_missing_right_or_feature(
    app: PortalApp, portal: dict[str, Any], missing: set[str]
) -> None:
    assert failed(AppWorld(app=app, portal_is=portal).installed()) == missing


def test_the_check_mends_the_bindings_and_sees_an_unfinished_installation() -> None:
    # GIVEN
    world = AppWorld().installed()
    world.there.events.bindings.clear()
    # WHEN
    assert failed(world) == set()
    # THEN
    assert world.there.events.bindings
    # AND
    world.there.replan(app=replace(APP, installed=False))
    assert failed(world) == {"The installation of the application is finished"}
