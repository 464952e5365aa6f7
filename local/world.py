"""Everything on one machine: the stack, the sandboxes beside it, and the connections between
them."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

from local.desk import Desk
from local.sandbox.oidc import CLIENT_ID
from local.sandbox.shop import DEFAULT_SECRET, ShopConfig
from local.stack import down as stack_down
from local.stack import up as stack_up
from local.stack.description import LocalStack
from local.stack.errors import LocalStackError
from local.stack.places import ROOT, state_folder
from mostik.sync.link import End, Link, Side

PORTAL_TOKEN = "sandbox-application-token"  # noqa: S105 - of a sandbox
ONEC_LOGIN, ONEC_PASSWORD = "onec", "sandbox-1c-password"
ONEC_SETTINGS = {
    "target": "portal",
    "goods": {"creates_percent": 100},
    "prices": {"create_types": True},
    "orders": {"enabled": False},
}
"""Of an empty portal: the first import may create everything. The shop's orders have no lines, and
1C takes none without."""
LOOPBACK = ("127.0.0.0/8",)
_FILE = "world.json"
_START_SECONDS = 20.0

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox process."""

    url: str
    pid: int
    webhook_url: str = ""

    def get(self, path: str) -> Any:
        """Reads one of its control endpoints."""
        return requests.get(self.url + path, timeout=10).json()

    def post(self, path: str, content: Any) -> Any:
        """Writes one of its control endpoints."""
        answer = requests.post(self.url + path, json=content, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def delete(self, path: str) -> None:
        """Clears one of its control endpoints."""
        requests.delete(self.url + path, timeout=10).raise_for_status()


@dataclass(frozen=True, slots=True)
class World:
    """A running world."""

    stack: LocalStack
    portal: Sandbox
    shop: Sandbox
    identity: Sandbox

    @property
    def desk(self) -> Desk:
        """The stack's ports for a person."""
        return Desk.of(self.stack)

    def webhook_url(self, connection: str) -> str:
        """Where an external system sends events of a connection."""
        return f"{self.stack.api_url}/webhooks/{connection}"


def start(
    name: str = "mostik-local", *, fresh: bool = False, stocked: bool = False, report: Report
) -> World:
    """Starts everything, or brings what runs already up to date.

    Args:
        name: of the stack.
        fresh: forget all earlier state first.
        stocked: put a first order into an empty shop: the sample events are about it.
        report: told about each step.

    Raises:
        LocalStackError: something did not start; the text says what to do.
    """
    folder = state_folder(name)
    if fresh:
        _stop_sandboxes(folder)
        for file in ("portal.json", "shop.json"):
            (folder / file).unlink(missing_ok=True)
    stack = stack_up(name=name, fresh=fresh, report=report)
    known = _known(folder)
    portal = _sandbox("portal", folder, known, ["--application-token", PORTAL_TOKEN])
    shop = _sandbox("shop", folder, known, [])
    identity = _sandbox("oidc", folder, known, [])
    world = World(stack, portal, shop, identity)
    partial = {"portal": asdict(portal), "shop": asdict(shop), "oidc": asdict(identity)}
    (folder / _FILE).write_text(json.dumps(partial, indent=2))
    _connect(world)
    if stocked and not shop.get("/_sandbox/state")["orders"]:
        _stock(shop)
    report("sandboxes and connections ready")
    return world


def load(name: str = "mostik-local") -> World:
    """Returns the world that runs.

    Raises:
        LocalStackError: none does.
    """
    folder = state_folder(name)
    known = _known(folder)
    kinds = ("portal", "shop", "oidc")
    if not all(kind in known and _alive(known[kind].pid) for kind in kinds):
        raise LocalStackError("Nothing runs here: start it with 'make run'.")
    return World(LocalStack.load(folder), *(known[kind] for kind in kinds))


def stop(name: str = "mostik-local") -> bool:
    """Stops everything and keeps its state. Returns whether anything ran."""
    ran = _stop_sandboxes(state_folder(name))
    return stack_down(name=name) or ran


def _connect(world: World) -> None:
    """Sets up the connections, the link between them, and who tells whom about changes."""
    desk = world.desk
    desk.connect(
        "portal",
        "bitrix24",
        {"webhook_url": world.portal.webhook_url},
        door_secret=PORTAL_TOKEN,
        networks=LOOPBACK,
    )
    desk.connect("shop", "http_api", shop_settings(world.shop.url), door_secret=DEFAULT_SECRET,
                 networks=LOOPBACK)  # fmt: skip
    desk.let_sign_in(world.identity.url, CLIENT_ID, LOOPBACK)
    desk.connect("onec", "onec", ONEC_SETTINGS)
    desk.admit_1c("onec", ONEC_LOGIN, ONEC_PASSWORD)
    desk.link(
        Link(
            "orders",
            left=End("shop", "orders"),
            right=End("portal", "orders"),
            creates=frozenset({Side.RIGHT}),
        )
    )
    portal_events = {
        "event": "*",
        "url": world.webhook_url("portal"),
        "application_token": PORTAL_TOKEN,
    }
    shop_events = {"url": world.webhook_url("shop"), "secret": DEFAULT_SECRET}
    for sandbox, subscription in ((world.portal, portal_events), (world.shop, shop_events)):
        sandbox.post("/_sandbox/subscriptions", {"subscriptions": [subscription], "replace": True})


def _stock(shop: Sandbox) -> None:
    """A buyer orders: order 1001 of the sample events. The shop tells Mostik by itself."""
    buyer = {"full_name": "Иван Петров", "phone": "+7 900 000-00-17"}
    customer = shop.post("/_sandbox/create", {"resource": "customers", "fields": buyer})
    order = {
        "status": "new",
        "total_kopecks": 1_234_550,
        "currency": "RUB",
        "customer_id": customer["id"],
    }
    shop.post("/_sandbox/create", {"fields": order})


def shop_settings(url: str) -> dict[str, Any]:
    """Returns how the sandbox shop is declared to the integration ``http_api``."""
    return {
        "base_url": f"{url}/api/v1/",
        "auth": "bearer",
        "credential": ShopConfig().api_key,
        "orders": {
            "get": "orders/{id}",
            "update": "orders/{id}",
            "update_method": "PATCH",
            "total": "total_kopecks",
            "minor_units": True,
            "statuses": {name: name for name in ("new", "paid", "packed", "shipped", "cancelled")},
            "customer": {
                "get": "customers/{id}",
                "id_of_order": "customer_id",
                "name": "full_name",
            },
        },
        "events": {"scheme": "standard_webhooks"},
    }


def _sandbox(kind: str, folder: Path, known: dict[str, Sandbox], options: list[str]) -> Sandbox:
    """Returns a running sandbox; one that was started earlier keeps its address."""
    standing = known.get(kind)
    if standing is not None and _alive(standing.pid):
        return standing
    port = standing.url.rpartition(":")[2] if standing is not None else "0"
    command = [
        sys.executable, "-m", f"local.sandbox.{kind}",
        "--port", port, "--state", str(folder / f"{kind}.json"), *options,
    ]  # fmt: skip
    log = (folder / f"{kind}.log").open("w")
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(("layers/code", "functions", "."))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )
    log.close()
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for above
    ready, _, _ = select.select([process.stdout], [], [], _START_SECONDS)
    line = process.stdout.readline() if ready else b""
    process.stdout.close()
    if not line:
        process.kill()
        raise LocalStackError(
            f"The sandbox {kind} did not start; its log is {folder / f'{kind}.log'}."
        )
    said = json.loads(line)
    return Sandbox(said["url"], process.pid, said.get("webhook_url", ""))


def _stop_sandboxes(folder: Path) -> bool:
    ran = False
    for sandbox in _known(folder).values():
        if not _alive(sandbox.pid):
            continue
        ran = True
        os.kill(sandbox.pid, signal.SIGTERM)
        for _ in range(100):
            if not _alive(sandbox.pid):
                break
            time.sleep(0.05)
    return ran


def _known(folder: Path) -> dict[str, Sandbox]:
    try:
        content = json.loads((folder / _FILE).read_text())
        return {kind: Sandbox(**fields) for kind, fields in content.items()}
    except (FileNotFoundError, ValueError, TypeError):
        return {}


def _alive(pid: int) -> bool:
    """Whether the process is one of our sandboxes: numbers come again."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        return b"local.sandbox" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
