"""The sandboxes beside a stack: processes that keep their address and their records."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import sandboxes

pytestmark = [
    pytest.mark.loopback,
    # They outlive whoever has started them: that is what they are for.
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]


def test_a_clean_restart_keeps_addresses_numbers_and_records(tmp_path: Path) -> None:
    # GIVEN all sandboxes, and a client of the odd shop
    try:
        first = sandboxes.start(tmp_path)
        assert set(first) == set(sandboxes.OPTIONS)
        client = {"resource": "clients", "fields": {"fio": "Анна"}}
        made = first["oddshop"].post("/_sandbox/create", client)
        # WHEN somebody starts them again: what runs is left alone
        assert sandboxes.start(tmp_path) == first
        # WHEN they end and start again
        assert sandboxes.stop(tmp_path)
        assert not sandboxes.running(tmp_path)
        again = sandboxes.start(tmp_path)
        # THEN each is where it was, and the client has its number
        assert {kind: one.url for kind, one in again.items()} == {
            kind: one.url for kind, one in first.items()
        }
        [kept] = again["oddshop"].get("/_sandbox/state")["clients"]
        assert (kept["client_no"], kept["fio"]) == (made["client_no"], "Анна")
        # WHEN all is to be forgotten
        sandboxes.stop(tmp_path)
        sandboxes.forget(tmp_path)
        assert sandboxes.start(tmp_path)["oddshop"].get("/_sandbox/state")["clients"] == []
    finally:
        sandboxes.stop(tmp_path)
    assert not sandboxes.stop(tmp_path)
