"""The pages about links in a real Chromium: matching, mapping, conflicts, runs, 1C's sessions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from mostik.sync.link import Links
from mostik.sync.run import RunKind, Runs
from tests.browser.served import served
from tests.browser.test_pages import AXE, LOOKS, SHOTS, chromium, pytestmark, signed_in
from tests.support.adminrig import AdminRig
from tests.support.onec_admin import admin_over, an_order_for_1c, one_query
from tests.support.onec_world import ONEC, Stack
from tests.support.rig import HERE
from tests.support.shelf import Thing
from tests.unit.admin.test_exchange import brought
from tests.unit.sync.stories import finished
from tests.unit.sync.test_documents import STATUSES, applied, edit, run, twins

__all__ = ["chromium", "pytestmark"]


def sober(page: Page, name: str) -> list[str]:
    """Takes a picture. Returns what axe finds serious, and whether the page is too wide."""
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    page.evaluate(AXE.read_text())
    report = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    found = [
        f"{name}: {one['id']}: {node['html'][:120]}"
        for one in report["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:2]
    ]
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return found + [f"{name} is wider than the window"] * page.evaluate(wide)


@pytest.fixture
def disputed() -> AdminRig:
    """Two sides that have both changed a text that nobody owns."""
    rig = AdminRig()
    Links(rig.rig.table, rig.clock).remove("link")
    there = twins(rig.rig, "owner: person\n")
    edit(rig.rig.here, "1", text="Delivery after six, please call before")
    edit(rig.rig.there, there, text="Delivery before noon")
    run(rig.rig)
    return rig


@pytest.fixture
def bases() -> AdminRig:
    """Two filled bases, not matched yet."""
    rig = AdminRig()
    Links(rig.rig.table, rig.clock).remove("link")
    applied(rig.rig, STATUSES, settled=False)
    for key in ("same", "twin", "alone"):
        rig.rig.here.put(key, "new")
    for key, ours in {"A": "same", "B": "twin", "C": "twin"}.items():
        rig.rig.there.things[key] = Thing(key=key, text="N", external_ids={HERE: ours})
    return rig


@pytest.fixture
def stack() -> Stack:
    """A stack to which 1C has come for goods and for orders."""
    stack = brought()
    an_order_for_1c(stack, "1", "1001")
    one_query(stack, success=True)
    an_order_for_1c(stack, "2", "1002")
    return stack


@pytest.fixture
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    rig = request.getfixturevalue(request.param)
    with served(admin_over(rig) if isinstance(rig, Stack) else rig) as address:
        yield address


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("address", ["disputed"], indirect=True)
def test_a_conflict_is_decided_with_two_clicks(
    chromium: Browser, address: str, disputed: AdminRig, look: str
) -> None:
    page, complaints = signed_in(chromium, address, look)
    page.goto(f"{address}/admin/sync/conflicts?link=things")
    found = sober(page, f"conflicts-{look}")
    page.locator("a.open").first.click()
    page.wait_for_url("**/sync/conflicts/one*")
    found += sober(page, f"conflict-{look}")
    page.locator("button[name=all][value=left]").click()
    page.wait_for_url("**/sync/conflicts?link=things")
    disputed.rig.settle_down()
    page.reload()
    assert page.locator("a.open").count() == 0
    assert set(disputed.rig.there.texts().values()) == {"Delivery after six, please call before"}
    assert not found
    assert not complaints


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("address", ["bases"], indirect=True)
def test_a_matching_is_read_decided_and_approved(
    chromium: Browser, address: str, bases: AdminRig, look: str
) -> None:
    page, complaints = signed_in(chromium, address, look)
    place = f"{address}/admin/sync/links/things/matching"
    page.goto(place)
    found = sober(page, f"matching-empty-{look}")
    page.locator("main .actions button.main").first.click()
    page.wait_for_selector("select[name=decision]")
    found += sober(page, f"matching-{look}")
    row = page.locator("tr", has=page.locator("option[value='pair:B']")).first
    row.locator("select").select_option("pair:B")
    page.wait_for_selector("#told .said")
    page.fill("form[action$='/approve'] [name=reason]", "looked at all of it")
    page.click("form[action$='/approve'] button")
    page.wait_for_selector("#told .said")
    found += sober(page, f"matching-approved-{look}")
    [link] = Links(bases.rig.table, bases.clock).all()
    assert link.matched
    assert not found
    assert not complaints


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("address", ["bases"], indirect=True)
def test_a_mapping_says_what_a_record_becomes_while_it_is_written(
    chromium: Browser, address: str, bases: AdminRig, look: str
) -> None:
    page, complaints = signed_in(chromium, address, look)
    page.goto(f"{address}/admin/mapping/things")
    page.fill("#key", "same")
    page.wait_for_selector("#preview b:text-is('N')")
    text = page.input_value("#text")
    page.fill("#text", text.replace("right: N", "right: FRESH"))
    page.wait_for_selector("#preview b:text-is('FRESH')")
    found = sober(page, f"mapping-one-{look}")
    page.click("button[value=keep]")
    page.wait_for_selector("#told .said")
    assert "FRESH" in page.input_value("#text")
    assert bases.rig.there.things["A"].text == "N"
    assert not found
    assert not complaints


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("address", ["disputed"], indirect=True)
def test_a_dry_run_shows_what_would_change(
    chromium: Browser, address: str, disputed: AdminRig, look: str
) -> None:
    for number in range(3):
        disputed.rig.here.put(f"fresh-{number}", f"text {number}")
    page, complaints = signed_in(chromium, address, look)
    page.goto(f"{address}/admin/sync")
    page.locator("select[name=kind]").select_option("dry")
    page.locator("form[action$='/sync/runs'] button.main").click()
    page.wait_for_url("**/sync/runs/*")
    [made] = Runs(disputed.rig.table).open()
    assert made.kind is RunKind.DRY
    finished(disputed.rig, made)
    page.reload()
    found = sober(page, f"dry-run-{look}")
    assert page.locator("table.versus td b").count() >= 3
    page.goto(f"{address}/admin/sync/links/things/compare")
    page.locator("main button.main").click()
    page.wait_for_selector("table.narrow")
    found += sober(page, f"compare-{look}")
    assert not found
    assert not complaints


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("address", ["stack"], indirect=True)
def test_a_session_of_1c_is_looked_at_and_imported_again(
    chromium: Browser, address: str, stack: Stack, look: str
) -> None:
    page, complaints = signed_in(chromium, address, look)
    page.goto(f"{address}/admin/exchange")
    found = sober(page, f"exchange-{look}")
    page.locator("tbody a").first.click()
    page.wait_for_url(f"**/exchange/{ONEC}/sessions/*")
    found += sober(page, f"exchange-session-{look}")
    page.fill("form[action$='/again'] [name=reason]", "fixed")
    page.click("form[action$='/again'] button")
    page.wait_for_selector("#told .said")
    stack.shop.refused.clear()
    stack.settle_down()
    page.goto(f"{address}/admin/exchange/orders?number=1001")
    found += sober(page, f"exchange-orders-{look}")
    assert len(stack.shop.records["products"]) == 2
    assert not found
    assert not complaints
