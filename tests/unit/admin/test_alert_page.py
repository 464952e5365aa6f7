"""Alerts on the overview and through the API: the cause, the number, and the way to it."""

from __future__ import annotations

from typing import Any

from mostik.admin.routing import PREFIX
from mostik.alerts.alert import Alert
from mostik.alerts.book import Alerts
from mostik.alerts.trouble import Kind, Trouble
from mostik.errors import WhoActs
from tests.support.adminrig import AdminRig
from tests.unit.admin_pages.test_pages import ATTACK, PAYLOAD, open_page


def raised(rig: AdminRig, kind: Kind, why: str, **more: Any) -> None:
    """Leaves an open alert."""
    trouble = Trouble(kind, "portal", why, WhoActs.ADMIN, rig.clock() - 7_200.0, **more)
    Alerts(rig.rig.table).keep(Alert(trouble, rig.clock(), told_at=rig.clock()))


def test_the_overview_says_first_what_needs_a_person_and_leads_there() -> None:
    # GIVEN a cause that has stopped 37 orders, a held run and one that was repaired
    rig = AdminRig()
    raised(rig, Kind.FAILED, f"The stage is gone. {PAYLOAD}", what="orders", count=37)
    raised(rig, Kind.HELD, "Too many creates.", samples=("0" * 26,))
    over = Trouble(Kind.GATE, "shop", "The webhook was revoked.", WhoActs.ADMIN, 1.0)
    at = rig.clock()
    Alerts(rig.rig.table).keep(Alert(over, 1.0, 1.0, gone_at=at - 60, closed_at=at))
    vera = rig.browser("vera")
    # WHEN
    text = open_page(vera, "").text
    # THEN
    assert "37 are not carried over" in text
    assert "2 h ago" in text
    assert f"/sync/runs/{'0' * 26}" in text
    assert "repaired" in text
    assert not ATTACK.search(text)
    assert "не переносятся 37 записей" in open_page(vera, "", language="ru").text
    # AND the API says the same
    found = vera.call("GET", f"{PREFIX}/alerts").json
    assert {one["kind"] for one in found["open"]} == {"failed", "held"}
    [closed] = found["closed"]
    assert closed["repaired_at"] is not None
