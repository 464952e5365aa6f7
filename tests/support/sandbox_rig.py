"""A stack in memory whose connections lead to the sandboxes, set up as ``make run`` does it.

Only the network is short: a call is handed to the sandbox without a socket.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from local import world
from local.cli.app import app
from local.connections import oddshop_settings, shop_settings
from local.sandbox.oddshop import OddConfig, OddShop
from local.sandbox.portal import PortalConfig, PortalSandbox
from local.sandbox.shop import ShopConfig, ShopSandbox
from mostik.connections.connection import Connection
from mostik.connections.open import OpenConnections
from mostik.integration import Integration, secret_fields
from mostik.jobs.message import Touch
from mostik.registry import discovered
from mostik.sync.link import Links, Side
from mostik.sync.run import Run, RunKind, Runs
from mostik.sync.xref import Pairs
from tests.support.rig import Rig
from tests.support.wire import SandboxWire

INTEGRATIONS = {"portal": "bitrix24", "shop": "http_api", "oddshop": "http_api"}


@dataclass
class SandboxRig(Rig):
    """One stack, and what stands beside it.

    Attributes:
        stale: share of the odd shop's reads that tell what was so a moment ago.
    """

    stale: float = 0.0
    wires: dict[str, SandboxWire] = field(default_factory=dict)

    def __post_init__(self) -> None:
        clock = self.clock
        self.portal = PortalSandbox(PortalConfig(rate_limit=None, clock=clock))
        self.shop = ShopSandbox(ShopConfig(clock=clock))
        self.oddshop = OddShop(OddConfig(clock=clock, stale_share=self.stale))
        self.wires = {
            "portal": SandboxWire(self.portal),
            "shop": SandboxWire(self.shop),
            "oddshop": SandboxWire(self.oddshop),
        }
        super().__post_init__()
        links = Links(self.table, clock)
        for link in list(links.all()):
            links.remove(link.id)
        webhook = f"https://portal.example/rest/1/{self.portal.config.secret}/"
        self._set_up("portal", {"webhook_url": webhook})
        self._set_up("shop", shop_settings("https://shop.example"))
        self._set_up("oddshop", oddshop_settings("https://odd.example"))

    def _set_up(self, name: str, settings: Mapping[str, Any]) -> None:
        secret = secret_fields(discovered()[INTEGRATIONS[name]].settings)
        public = {key: value for key, value in settings.items() if key not in secret}
        self.book.save(Connection(name, INTEGRATIONS[name], public))
        hidden = {key: value for key, value in settings.items() if key in secret}
        self.secrets.documents[f"client/{name}"] = json.dumps(hidden)

    def named(self, name: str, shelves: Integration[Any, Any]) -> Integration[Any, Any]:
        """The integrations that there are."""
        return discovered().get(name, shelves)

    def connections(self) -> OpenConnections:
        """As a container opens them; the network is the wires."""
        found = super().connections()
        for name, wire in self.wires.items():
            session: Any = found.get(name).api._session  # the one private name: below the client
            session.mount("https://", wire)
        return found

    # ── what people and the clock do ──────────────────────────────────────────────────────────

    def command(self, patch: pytest.MonkeyPatch, *words: str) -> Result:
        """A person at a terminal: ``python -m local link …``."""
        desk = SimpleNamespace(
            connections=self.connections,
            links=Links(self.table, self.clock),
            state=self.table,
            parked=self.parked,
            queue=self.queue,
            log_table=self.log_table,
            blobs=self.blobs,
        )
        patch.setattr(world, "load", lambda _name: SimpleNamespace(desk=desk))
        result = CliRunner().invoke(app, ["link", *words])
        self.restart()
        return result

    def touched(self, connection: str, resource: str, key: object) -> None:
        """A webhook says that a record may have changed, and that is worked on."""
        self.send(Touch(connection, resource, str(key), f"event-{key}", self.clock()))
        self.settle_down()

    def run(self, link: str, side: Side, kind: RunKind = RunKind.FULL) -> Run:
        """Makes a run when those of the clock have ended, and waits for its end."""
        self.runs_end()
        started = self.desk.start(link, kind, side=side)
        self.runs_end()
        found = Runs(self.table).get(started.id)
        assert found is not None
        return found

    def runs_end(self, minutes: int = 60) -> None:
        """Lets minutes pass until no run is open."""
        for _ in range(minutes):
            if not Runs(self.table).open():
                return
            self.minute()
        raise AssertionError(f"they do not end: {Runs(self.table).open()}, {self.jobs()}")

    def both_ways(self, link: str) -> dict[str, int]:
        """A full run from each side. Returns what became of their records."""
        counts: dict[str, int] = {}
        for side in Side:
            made = self.run(link, side)
            assert made.totals is not None, made
            for verdict, number in made.totals.counts.items():
                counts[verdict.value] = counts.get(verdict.value, 0) + number
        return counts

    # ── what a test looks at ──────────────────────────────────────────────────────────────────

    def everything(self) -> Mapping[str, Any]:
        """What the sandboxes hold, with the times of their changes."""
        return {
            "portal": self.portal.snapshot(),
            "shop": self.shop.snapshot(),
            "oddshop": self.oddshop.snapshot(),
        }

    def other_end(self, link: str, side: Side, key: object) -> str:
        """The key of a record on the other side."""
        pair = Pairs(self.table).find(link, side, str(key))
        assert pair is not None, f"{key} has no pair"
        return pair.keys[side.other]
