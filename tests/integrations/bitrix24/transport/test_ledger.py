"""Working time: whom a portal charges it to, and what rests."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.bitrix24.transport.batch import Command
from integrations.bitrix24.transport.ledger import Ledger, charged, highest
from local.sandbox.portal import PortalConfig
from local.sandbox.portal.config import Billing
from local.sandbox.portal.crm.fields import DEAL
from mostik.errors import RateLimited
from tests.integrations.bitrix24.transport.world import (
    GET,
    LIST,
    World,
    add,
    errors,
    update,
    values,
)


def block(used: float) -> dict[str, Any]:
    """The ``time`` of an answer."""
    return {"operating": used, "operating_reset_at": 1_795_000_600}


def test_of_one_methods_figures_the_last_word_counts() -> None:
    # GIVEN the inner calls of a batch, each with what its method has used so far
    blocks = [("a", block(1.0)), ("b", block(0.5)), ("a", block(3.0)), ("c", {}), ("a", block(2.0))]
    # THEN each method has its highest, and one without a figure has none
    assert highest(blocks) == {"a": block(3.0), "b": block(0.5)}


@pytest.mark.parametrize(
    ("batch", "own"),
    [
        ({}, {"a", "b"}),  # as documented: the batch shows nothing
        (block(0.0), {"a", "b"}),
        (block(40.0), {"b"}),  # what shows no more than the batch is the batch's
        (block(90.0), set()),
    ],
)
def test_a_figure_that_is_the_batchs_own_is_not_charged_to_its_methods(
    batch: dict[str, Any], own: set[str]
) -> None:
    assert set(charged({"a": block(40.0), "b": block(90.0)}, batch)) == own


def test_the_ledger_keeps_the_last_figure_of_each_method() -> None:
    ledger = Ledger()
    ledger.note("a", block(1.0))
    ledger.note("a", {"duration": 0.1})
    ledger.note("batch", block(3.0))
    assert ledger.used == {"a": 1.0, "batch": 3.0}


def test_where_methods_are_charged_only_the_one_that_is_over_rests() -> None:
    # GIVEN a portal as documented, where one of two methods is expensive
    world = World(PortalConfig(rate_limit=None, operating_cost={"crm.item.add": 9.0}))
    world.hold(1)
    # WHEN both are used in one batch
    assert not errors(world.portal.batch([*(add(str(n)) for n in range(45)), update(1, "x")]))
    # THEN the expensive one rests before the portal blocks it, and the other one goes on
    assert world.portal.ledger.used["crm.item.add"] == pytest.approx(405, abs=1)
    assert "batch" not in world.portal.ledger.used
    assert world.parked == {"crm.item.add"}
    refused, changed = world.portal.batch([add("more"), update(1, "y")])
    assert [getattr(error, "gate", None) for error in errors([refused])] == ["portal:crm.item.add"]
    assert values([changed])[0]["title"] == "y"


def test_where_the_batch_is_charged_the_batch_rests_and_single_calls_go_on() -> None:
    # GIVEN a portal that charges the batch and shows its figure in every inner answer
    world = World(
        PortalConfig(rate_limit=None, billing=Billing.BATCH, operating_cost={"crm.item.add": 9.0})
    )
    # WHEN a batch uses up the working time
    assert not errors(world.portal.batch([add(str(number)) for number in range(45)]))
    # THEN the batch rests, and no method does
    assert world.parked == {"batch"}
    (error,) = errors(world.portal.batch([Command(GET, {"entityTypeId": DEAL, "id": 1})]))
    assert isinstance(error, RateLimited)
    assert error.gate == "portal:batch"
    # AND what is called alone is answered
    assert world.portal.call(GET, {"entityTypeId": DEAL, "id": 1})["item"]["title"] == "0"
    assert world.portal.call(LIST, {"entityTypeId": DEAL})["items"]


def test_a_batch_that_rests_is_run_when_it_has_rested() -> None:
    # GIVEN a portal that charges the batch and has blocked it
    world = World(
        PortalConfig(
            rate_limit=None, billing=Billing.BATCH, operating_limit=300.0,
            operating_cost={"crm.item.add": 9.0},
        )
    )  # fmt: skip
    world.portal.batch([add(str(number)) for number in range(40)])
    (error,) = errors(world.portal.batch([add("later")]))
    assert isinstance(error, RateLimited)
    # WHEN the time that the portal named has passed
    world.clock.advance((error.retry_after or 0.0) + 1.0)
    # THEN it is run
    assert not errors(world.portal.batch([add("later")]))
    assert len(world.titles()) == 41
