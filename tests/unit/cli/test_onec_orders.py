"""``onec orders`` and ``onec give-again``, over a stack in memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from local import world
from local.cli.app import app
from mostik.commerceml.outbox import Handed, Handovers
from mostik.commerceml.outgoing import Outgoing
from tests.support.memory import MemoryTable, state_table
from tests.unit.onec_orders.cases import a_line, an_order

Run = Callable[..., Result]
SESSION = "01KB0000000000000000000000"


@pytest.fixture
def table() -> MemoryTable:
    return state_table()


@pytest.fixture
def run(table: MemoryTable, monkeypatch: pytest.MonkeyPatch) -> Run:
    desk = SimpleNamespace(state=table)
    monkeypatch.setattr(world, "load", lambda _name: SimpleNamespace(desk=desk))
    return lambda *words: CliRunner().invoke(app, ["onec", *words])


def taken(table: MemoryTable, number: str) -> None:
    """An order that 1C took a minute ago."""
    outgoing = Outgoing(table, lambda: time.time() - 60)
    card = outgoing.put("onec", an_order("100", a_line("100"), key=f"k{number}", number=number))
    assert card.mark is not None
    handed = Handed(
        "onec", SESSION, time.time() - 60, card.mark, ((card.key, card.mark),), taken=True
    )
    Handovers(table).hand(handed)
    outgoing.taken(handed)


def test_orders_shows_what_waits_and_which_call_took_an_order(table: MemoryTable, run: Run) -> None:
    # GIVEN an order that was taken and one that waits
    taken(table, "15")
    Outgoing(table, time.time).put("onec", an_order("100", a_line("100"), key="k16", number="16"))
    # WHEN a person asks what waits
    shown = run("orders")
    # THEN it is there, and the last calls are beside it
    assert shown.exit_code == 0, shown.output
    assert "waiting" in shown.output
    assert f"{SESSION}: 1 orders, success" in shown.output
    # AND of an order by its number which call took it
    [order] = json.loads(run("orders", "15", "--json").output)
    assert (order["standing"], order["calls"][0]["session"]) == ("taken", SESSION)
    assert order["calls"][0]["confirmed"] is True


def test_orders_are_given_again_by_number_and_since(table: MemoryTable, run: Run) -> None:
    # GIVEN an order that 1C has
    taken(table, "15")
    assert run("orders").output.startswith("no order waits for 1C")
    # WHEN it is given again
    assert run("give-again", "15").output == "15 waits for 1C\n1 orders\n"
    # THEN it waits
    assert [one["number"] for one in json.loads(run("orders", "--json").output)] == ["15"]
    # AND so do those that were given since a day
    assert run("give-again", "--since", "2020-01-01").output == "15 waits for 1C\n1 orders\n"
    assert run("give-again", "--since", "2099-01-01T10:00").output == "0 orders\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "Say which"),
        (["77"], "No order with the number '77'"),
        (["--since", "yesterday"], "is no date"),
    ],
)
def test_what_cannot_be_given_again_is_said_in_words(run: Run, words: list[str], why: str) -> None:
    said = run("give-again", *words)
    assert said.exit_code == 1
    assert why in said.output
