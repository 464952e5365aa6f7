"""The pages in a real Chromium: no error of the console, no serious finding of axe, nothing that
jumps; and the story of orders that stopped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from mostik.ids import ulid
from tests.browser.served import furnished, served
from tests.project.cloudformation import ROOT
from tests.support.adminrig import AdminRig
from tests.support.rig import HERE

CHROMIUM = shutil.which("chromium")
SHOTS = ROOT / ".local" / "screenshots"
AXE = next(Path(__file__).parent.glob("vendor/axe-*.min.js"))
PLACES = (
    "", "/connections", f"/connections/{HERE}", f"/connections/{HERE}/settings", "/connections/new",
    "/log", "/jobs", "/record", "/record?q=order-3", "/record/one?link=link&side=left&key=order-3",
    "/sync", "/sync/quarantine?link=link", "/sync/links/link/compare", "/sync/conflicts?link=link",
    "/mapping", "/exchange", "/exchange/orders", "/audit", "/errors",
)  # fmt: skip
LOOKS: dict[str, Any] = {
    "wide": {"viewport": {"width": 1280, "height": 800}, "locale": "ru-RU"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 800}, "locale": "ru-RU"},
}
pytestmark = [
    pytest.mark.browser,
    pytest.mark.loopback,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: make test-browser"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    SHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def rig() -> AdminRig:
    return furnished(AdminRig())


@pytest.fixture
def address(rig: AdminRig) -> Iterator[str]:
    with served(rig) as address:
        yield address


def signed_in(chromium: Browser, address: str, look: str = "wide") -> tuple[Page, list[str]]:
    page = chromium.new_context(**LOOKS[look]).new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/sign-in?as=admin")
    return page, complaints


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_calm_and_accessible(chromium: Browser, address: str, look: str) -> None:
    page, complaints = signed_in(chromium, address, look)
    found = []
    for place in PLACES:
        page.goto(f"{address}/admin{place}", wait_until="networkidle")
        name = place.partition("?")[0].strip("/").replace("/", "-") or "overview"
        page.screenshot(path=SHOTS / f"{name}-{look}.png", full_page=True)
        page.evaluate(AXE.read_text())
        report = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [
            f"{place}: {one['id']}: {node['html'][:120]}"
            for one in report["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"][:2]
        ]
        wide = page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        found += [f"{place} is wider than the window"] * wide
    assert not found
    assert not complaints
    page.context.close()


def test_an_entry_opens_beside_the_list_and_the_address_is_the_state(
    chromium: Browser, address: str
) -> None:
    page, complaints = signed_in(chromium, address)
    page.goto(f"{address}/admin/log?q=status:5xx")
    page.locator("a.open").first.click()
    page.wait_for_selector("#drawer header")
    assert "entry=" in page.url
    assert page.locator("tbody a.open").count() > 1
    page.screenshot(path=SHOTS / "log-drawer.png")
    page.reload()
    assert page.locator("#drawer header").is_visible()
    page.keyboard.press("Escape")
    page.wait_for_url("**/log?q=status*5xx")
    # WHEN a filter is taken away and another is chosen
    page.locator(".filter").first.click()
    page.locator("select[name=add-status]").select_option("ok")
    page.wait_for_url("**/log?q=status*ok")
    assert page.locator(".chip.bad").count() == 0
    assert not complaints


def test_a_connection_is_made_corrected_checked_and_tried(
    chromium: Browser, address: str, rig: AdminRig
) -> None:
    page, complaints = signed_in(chromium, address)
    page.goto(f"{address}/admin/connections")
    page.locator("main a.button").first.click()
    page.fill("[name=id]", "fresh")
    page.fill("[name='secrets.api_key']", "key-of-fresh-0000")
    page.click("button.main >> nth=-1")
    assert page.locator("[aria-invalid=true]").first.is_visible()
    page.screenshot(path=SHOTS / "settings-wrong.png")
    complaints.clear()  # the browser notes the 422 of the refused form
    page.fill("[name='settings.name']", HERE)
    page.fill("[name='secrets.api_key']", "key-of-fresh-0000")
    page.locator("button[hx-post]").click()
    page.wait_for_selector("#review table")
    assert rig.rig.book.now("fresh") is None
    page.click("form.form button.main")
    page.wait_for_url("**/connections/fresh")
    assert rig.rig.book.get("fresh").settings == {"name": HERE}
    page.locator("form[action$='/check'] button").click()
    page.wait_for_selector("#answers :is(li, p, ul)", state="attached")
    page.fill("[name=key]", "order-3")
    page.click("form[action$='/test'] button")
    page.wait_for_url("**/log?q=event*")
    assert not complaints


def test_orders_stopped_it_is_found_explained_repaired_and_repeated_in_five_clicks(
    chromium: Browser, address: str, rig: AdminRig
) -> None:
    page, complaints = signed_in(chromium, address)
    clicks = 0

    def click(place: str) -> None:
        nonlocal clicks
        clicks += 1
        page.locator(place).first.click()

    # GIVEN the overview says which cause has stopped how many
    assert page.get_by_text("The price type is not known there.").is_visible()
    click("section td.text a")
    assert page.locator("tbody tr").count() == 2
    # WHEN the cause is repaired and both are repeated with a reason
    rig.rig.there.errors.clear()
    page.fill(".banner [name=reason]", f"price type added {ulid(rig.clock())[:4]}")
    click(".banner button.main")
    page.wait_for_url("**/jobs/replays/*")
    rig.rig.tick()
    for _ in range(4):
        rig.rig.work()
    # THEN the page that watches it says that all of it is done, without another click
    page.wait_for_selector("progress.run[value='2']", timeout=10_000)
    page.screenshot(path=SHOTS / "replay.png")
    assert clicks <= 5
    assert set(rig.rig.there.texts().values()) >= {"text of order-1", "text of order-2"}
    assert not complaints
