"""``python -m local onec``: a sandbox 1C for people, at a real endpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from local.cli.onec import commands
from mostik.commerceml.imports import State
from tests.exchange.street import Street
from tests.support.exchange import LOGIN, PASSWORD, at_once

pytestmark = pytest.mark.loopback


def onec(street: Street, *words: str, password: str = PASSWORD) -> Result:
    """Runs a command against the endpoint."""
    given = [*words, "--url", street.endpoint.url(), "--login", LOGIN, "--password", password]
    return CliRunner().invoke(commands, given)


def test_files_and_folders_are_sent_as_1c_has_them(street: Street, tmp_path: Path) -> None:
    # GIVEN a folder as 1C leaves it
    at_once(street.site)
    made = CliRunner().invoke(commands, ["generate", "5", "--to", str(tmp_path), "--pictures", "1"])
    assert made.exit_code == 0
    # WHEN it is pushed
    answer = onec(street, "push", str(tmp_path))
    # THEN every document was imported, and the site has its pictures beside them
    assert answer.exit_code == 0, answer.output
    assert "import0_1.xml: success" in answer.output
    assert "1 portions, 7 fragments" in answer.output
    assert street.stored("import0_1.xml") == (tmp_path / "import0_1.xml").read_bytes()


def test_a_generated_catalogue_is_sent_through_a_proxy_that_repeats(street: Street) -> None:
    at_once(street.site)
    answer = onec(street, "generate", "9", "--portion", "3", "--twice", "--files", "--end")
    assert answer.exit_code == 0, answer.output
    assert "6 portions" in answer.output
    assert street.wire.calls == []
    modes = [shown.query for shown in street.endpoint.seen if "mode=deactivate" in shown.query]
    assert len(modes) == 1


def test_what_the_site_refuses_is_said_and_the_exit_code_is_1(
    street: Street, tmp_path: Path
) -> None:
    # GIVEN a site that cannot import a file
    street.site.while_waiting = lambda: street.site.work(State.FAILED, errors=("Нет Ид.",))
    file = tmp_path / "import.xml"
    file.write_bytes(b"<a></a>")
    # WHEN it is pushed
    answer = onec(street, "push", str(file))
    # THEN the sentence of the site is shown
    assert answer.exit_code == 1
    assert "Нет Ид." in answer.output
    # AND so is a wrong password, in one line
    wrong = onec(street, "pull-orders", password="no")
    assert wrong.exit_code == 1
    assert "логин или пароль" in wrong.output
    assert onec(street, "push", str(tmp_path / "nothing.xml")).exit_code == 2


def test_orders_are_taken_all_or_none(street: Street) -> None:
    # GIVEN an order
    street.site.outbox.add("15")
    # WHEN it is pulled
    answer = onec(street, "pull-orders", "--json")
    # THEN it is shown as 1C has it, and was confirmed
    (order,) = json.loads(answer.stdout)["orders"]
    assert (order["number"], order["number_in_1c"]) == ("15", "ИМ-00000001")
    assert "no orders wait" in onec(street, "pull-orders").output
    # WHEN one comes that 1C refuses
    street.site.outbox.add("16", comment="poison")
    answer = onec(street, "pull-orders")
    # THEN the reason is shown
    assert answer.exit_code == 1
    assert "Не указана валюта документа 16" in answer.output
