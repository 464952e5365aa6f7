"""The command of the admin's API: what it refuses before it calls anybody."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from local.cli.api import commands


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["PATCH", "session"], "Methods: GET, POST, PUT, DELETE"),
        (["GET", "session", "--url", "https://a.example"], "secret <stack>/admin"),
        (["GET", "log", "-q", "since", "--url", "https://a.example"], "no name=value"),
        (["POST", "runs", "-b", "{", "--url", "https://a.example"], "no JSON"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    # GIVEN a password where the address is not the point
    if "secret" not in words:
        monkeypatch.setenv("MOSTIK_ADMIN_PASSWORD", "made-up")
    # WHEN
    said = CliRunner().invoke(commands, arguments)
    # THEN
    assert said.exit_code == 1
    assert words in said.output
