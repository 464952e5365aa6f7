"""The sandboxes as servers: start, stop, faults on the wire, control endpoints."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from local.sandbox.portal import PortalConfig, PortalSandbox
from local.sandbox.shop import ShopSandbox
from tests.support.sandbox import FakeClock

pytestmark = pytest.mark.loopback

ROOT = Path(__file__).parents[3]
ADD = {"entityTypeId": 2, "fields": {"title": "a"}}


def _add(portal: PortalSandbox, timeout: float = 5) -> requests.Response:
    return requests.post(f"{portal.webhook_url}crm.item.add", json=ADD, timeout=timeout)


def _script(portal: PortalSandbox | ShopSandbox, *faults: dict[str, Any]) -> requests.Response:
    return requests.post(f"{portal.url}/_sandbox/faults", json=list(faults), timeout=5)


def test_a_sandbox_takes_a_free_port_and_gives_it_back(clock: FakeClock) -> None:
    # GIVEN
    with PortalSandbox(PortalConfig(clock=clock)) as portal:
        address = portal.address
        health = requests.get(f"{portal.url}/_sandbox/health", timeout=5).json()

    # WHEN
    host, port = address.split(":")
    again = PortalSandbox(PortalConfig(host=host, port=int(port)))

    # THEN
    assert health["sandbox"] == "PortalSandbox"
    with again:
        assert again.address == address


def test_a_taken_port_is_an_error_at_start() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        sandbox = PortalSandbox(PortalConfig(port=taken.getsockname()[1]))

        with pytest.raises(OSError, match="in use"):
            sandbox.start()


def test_stopping_does_not_wait_for_calls_that_hang(portal: PortalSandbox) -> None:
    # GIVEN
    _script(portal, {"method": "*", "kind": "delay", "seconds": 60})
    ended = threading.Event()

    def hang() -> None:
        with pytest.raises(requests.RequestException):
            _add(portal, timeout=30).raise_for_status()
        ended.set()

    threading.Thread(target=hang).start()
    time.sleep(0.1)

    # WHEN
    began = time.monotonic()
    portal.stop()

    # THEN
    assert time.monotonic() - began < 4
    assert ended.wait(5)


def test_a_lost_answer_means_that_the_work_was_done(portal: PortalSandbox) -> None:
    # GIVEN
    _script(portal, {"method": "crm.item.add", "kind": "lost_answer", "times": 1})

    # WHEN
    with pytest.raises(requests.ConnectionError):
        _add(portal)
    second = _add(portal)

    # THEN
    assert second.status_code == 200
    assert [deal["id"] for deal in portal.deals] == [1, 2]


def test_a_lost_batch_has_done_all_of_its_commands(portal: PortalSandbox) -> None:
    # GIVEN
    _script(portal, {"method": "batch", "kind": "lost_answer"})
    commands = {f"c{n}": "crm.item.add?entityTypeId=2&fields[title]=x" for n in range(50)}

    # WHEN
    with pytest.raises(requests.ConnectionError):
        requests.post(f"{portal.webhook_url}batch", json={"cmd": commands}, timeout=5)

    # THEN
    assert len(portal.deals) == 50


def test_a_sandbox_that_is_down_does_nothing_until_it_is_cleared_and_can_be_asked_meanwhile(
    portal: PortalSandbox,
) -> None:
    # GIVEN
    _script(portal, {"method": "*", "kind": "down"})

    # WHEN
    for _ in range(3):
        with pytest.raises(requests.ConnectionError):
            _add(portal)
    meanwhile = requests.get(f"{portal.url}/_sandbox/state", timeout=5).json()
    requests.delete(f"{portal.url}/_sandbox/faults", timeout=5)
    after = _add(portal)

    # THEN
    assert meanwhile["deals"] == []
    assert meanwhile["requests"] == 3
    assert after.json()["result"]["item"]["id"] == 1


def test_an_answer_can_come_later_than_the_client_waits(portal: PortalSandbox) -> None:
    # GIVEN
    _script(portal, {"method": "crm.item.add", "kind": "late_answer", "seconds": 1})

    # WHEN
    with pytest.raises(requests.ReadTimeout):
        _add(portal, timeout=0.2)

    # THEN
    assert len(portal.deals) == 1


@pytest.mark.parametrize(
    ("fault", "status", "content_type", "start"),
    [
        (
            {"kind": "status", "status": 503, "error": "QUERY_LIMIT_EXCEEDED"},
            503,
            "application/json",
            '{"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"}',
        ),
        (
            {"kind": "status", "status": 400, "error": "100", "description": "d"},
            400,
            "application/json",
            '{"error":100,"error_description":"d"}',
        ),
        ({"kind": "html", "status": 502}, 502, "text/html", "<html>"),
        ({"kind": "junk"}, 200, "application/json", '{"result":{"items":[{"id":'),
    ],
)
def test_scripted_answers_of_the_portal_come_instead_of_the_work(
    portal: PortalSandbox, fault: dict[str, Any], status: int, content_type: str, start: str
) -> None:
    # GIVEN
    _script(portal, {"method": "crm.item.add", **fault})

    # WHEN
    answer = _add(portal)

    # THEN
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == content_type
    assert answer.text.startswith(start)
    assert portal.deals == []


def test_the_shop_limits_with_retry_after_for_the_path_and_verb_that_are_named(
    shop: ShopSandbox,
) -> None:
    # GIVEN
    _script(
        shop,
        {
            "path": "/api/v1/orders*",
            "method": "GET",
            "times": 1,
            "kind": "status",
            "status": 429,
            "retry_after": 7,
        },
    )
    key = {"Authorization": f"Bearer {shop.config.api_key}"}

    # WHEN
    customers = requests.get(f"{shop.url}/api/v1/customers", headers=key, timeout=5)
    limited = requests.get(f"{shop.url}/api/v1/orders", headers=key, timeout=5)
    after = requests.get(f"{shop.url}/api/v1/orders", headers=key, timeout=5)

    # THEN
    assert (customers.status_code, limited.status_code, after.status_code) == (200, 429, 200)
    assert limited.headers["Retry-After"] == "7"
    assert limited.json()["error"]["code"] == "rate_limited"
    assert shop.refused == 1


def test_a_fault_that_makes_no_sense_is_answered_400(portal: PortalSandbox) -> None:
    answer = _script(portal, {"method": "*", "kind": "explode"})

    assert answer.status_code == 400
    assert "lost_answer" in answer.json()["error"]
    assert requests.get(f"{portal.url}/_sandbox/faults", timeout=5).json() == []


def test_reset_forgets_everything_but_subscriptions(portal: PortalSandbox) -> None:
    # GIVEN
    _add(portal)
    _script(portal, {"method": "crm.item.list", "kind": "junk"})
    requests.post(f"{portal.url}/_sandbox/currencies", json={"add": ["XXX"]}, timeout=5)

    # WHEN
    requests.post(f"{portal.url}/_sandbox/reset", timeout=5)

    # THEN
    state = requests.get(f"{portal.url}/_sandbox/state", timeout=5).json()
    assert (state["deals"], state["requests"], state["calls"]) == ([], 0, {})
    assert state["currencies"] == ["RUB", "USD", "EUR"]
    assert portal.faults.as_json() == []
    assert _add(portal).json()["result"]["item"]["id"] == 1


def test_the_control_actions_of_the_portal_name_what_they_refuse(portal: PortalSandbox) -> None:
    # GIVEN
    control = f"{portal.url}/_sandbox"
    seeded = requests.post(
        f"{control}/seed", json={"entityTypeId": 3, "items": [{"name": "A"}]}, timeout=5
    ).json()

    # WHEN
    wrong = requests.post(
        f"{control}/edit", json={"entityTypeId": 2, "id": 9, "fields": {}}, timeout=5
    )
    deleted = requests.post(f"{control}/delete", json={"entityTypeId": 3, "id": 1}, timeout=5)

    # THEN
    assert seeded == {"ids": [1]}
    assert (wrong.status_code, deleted.status_code) == (400, 200)
    assert "NOT_FOUND" in wrong.json()["error"]
    assert portal.contacts == []


@pytest.mark.parametrize("module", ["local.sandbox.portal", "local.sandbox.shop"])
def test_a_sandbox_runs_as_a_process_and_keeps_its_records_over_a_restart(
    module: str, tmp_path: Path
) -> None:
    # GIVEN
    def run(action: dict[str, Any] | None) -> Any:
        command = [sys.executable, "-m", module, "--state", str(tmp_path / "state.json")]
        with subprocess.Popen(  # noqa: S603 # our own module, no shell
            command, stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as process:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            if action is not None:
                name = "seed" if "portal" in module else "create"
                requests.post(f"{url}/_sandbox/{name}", json=action, timeout=5).raise_for_status()
            state = requests.get(f"{url}/_sandbox/state", timeout=5).json()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        return state.get("deals", state.get("orders"))

    seed = {"entityTypeId": 2, "items": [{"title": "Стол"}]}
    create = {"fields": {"total_kopecks": 1, "currency": "RUB"}}

    # WHEN
    before = run(seed if "portal" in module else create)
    after = run(None)

    # THEN
    assert len(before) == 1
    assert after == before
