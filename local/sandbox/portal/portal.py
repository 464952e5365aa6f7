"""The sandbox portal: a subset of Bitrix24's REST v2 on loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from local.sandbox.faults import Fault, FaultKind
from local.sandbox.portal.actions import actions_of
from local.sandbox.portal.app import Platform, needed_scope
from local.sandbox.portal.batch import run_batch
from local.sandbox.portal.bindings import AppEvents
from local.sandbox.portal.callers import caller_of
from local.sandbox.portal.catalog.images import NOT_IN_A_BATCH
from local.sandbox.portal.catalog.methods import catalog_methods
from local.sandbox.portal.catalog.state import Catalog
from local.sandbox.portal.config import Billing, PortalConfig, Subscription
from local.sandbox.portal.crm.deals import deal_methods
from local.sandbox.portal.crm.fields import CONTACT, DEAL
from local.sandbox.portal.crm.items import CrmItems
from local.sandbox.portal.crm.methods import crm_methods
from local.sandbox.portal.crm.store import Item
from local.sandbox.portal.envelope import SYSTEM_ERRORS, Reply, RestError, Stamp, system_error
from local.sandbox.portal.events import Acting, EventBus
from local.sandbox.portal.limiter import LeakyBucket, OperatingLedger, RateLimit
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.oauth import TokenServer
from local.sandbox.portal.offline import OfflineQueue
from local.sandbox.portal.phpform import decode
from local.sandbox.portal.trade import Trade
from local.sandbox.server import Answer, Call, Sandbox

_REST = "/rest/"
_LEAST_BATCH_SECONDS = 0.1
"""What a batch is charged at least where ``batch`` itself is charged (``Billing.BATCH``)."""


class PortalSandbox(Sandbox):
    """A Bitrix24 portal with deals, contacts, limits, batches and outgoing webhooks.

    Args:
        config: the portal's settings.
    """

    fault_target = "method"

    def __init__(self, config: PortalConfig | None = None) -> None:
        self.config = config or PortalConfig()
        super().__init__(
            host=self.config.host,
            port=self.config.port,
            clock=self.config.clock,
            latency=self.config.latency,
        )
        self.stamp = Stamp(self.clock, self.config.zone_offset_hours)
        self.offline = OfflineQueue(self.stamp, self.clock)
        self.tokens = TokenServer(self.config, self.clock, self._public_address)
        self.events = EventBus(
            self.deliveries,
            self.clock,
            self._public_address,
            self.config.member_id,
            self.offline,
            self.tokens.pair,
        )
        self.platform = Platform(
            self.config,
            self.stamp,
            self.tokens,
            self.events,
            lambda: sorted(self._methods),
        )
        self.moved_to: str | None = None
        self._batch_spent = 0.0
        for subscription in self.config.subscriptions:
            self.events.subscribe(subscription)
        self.items = CrmItems(self.config, self.stamp, self.events.fire)
        self._methods: dict[str, Method] = crm_methods(
            self.items, self.stamp, self.config.page_size
        )
        self._methods |= deal_methods(self.items, self.stamp, self.config.page_size)
        self._methods |= self.platform.methods()
        self.bound = AppEvents(self.config, self.events, self.offline)
        self._methods |= self.bound.methods()
        self.catalog = Catalog(self.config.catalog, self.stamp, self.events.fire)
        self._methods |= catalog_methods(
            self.catalog, lambda: self.items.currencies, self.config.page_size
        )
        self.trade = Trade(self.config, self.stamp, self.items, self.events.fire)
        self._methods |= self.trade.methods()
        self._buckets: dict[str, LeakyBucket] = {}
        self.operating = OperatingLedger(self.clock, self.config.operating_limit)

    # ── for tests, benchmarks and the demo ────────────────────────────────────────────────────

    @property
    def webhook_url(self) -> str:
        """The inbound webhook, with a slash at its end; it holds the secret."""
        return f"{self.url}/rest/{self.config.user_id}/{self.config.secret}/"

    @property
    def deals(self) -> list[Item]:
        """Copies of all deals, in id order."""
        with self.lock:
            return [dict(item) for item in self.items.stores[DEAL]]

    @property
    def contacts(self) -> list[Item]:
        """Copies of all contacts, in id order."""
        with self.lock:
            return [dict(item) for item in self.items.stores[CONTACT]]

    def subscribe(self, subscription: Subscription) -> int:
        """Adds an outgoing webhook and returns its ``event_handler_id``."""
        with self.lock:
            return self.events.subscribe(subscription)

    def edit(self, entity_type_id: int, id_: int, fields: Mapping[str, Any]) -> Item:
        """A person changes a record in the portal; subscribers are told.

        Raises:
            RestError: no such record, or a value that the portal refuses.
        """
        with self.lock:
            store = self.items.store(entity_type_id)
            old = self.items.item(store, id_)
            self.events.acting = Acting(self.config.person_id)
            return dict(self.items.update(store, old, fields, self.config.person_id))

    def seed(self, entity_type_id: int, rows: list[Mapping[str, Any]]) -> list[int]:
        """Adds records that were always there: nobody is told. Returns their ids."""
        with self.lock:
            add, store = self.items.add, self.items.store(entity_type_id)
            person = self.config.person_id
            return [add(store, row, person, announce=False)["id"] for row in rows]

    def install_app(self, url: str | None = None) -> dict[str, Any]:
        """Installs the application and tells ``url``. Returns the tokens that it is told."""
        with self.lock:
            return self.platform.install(url)

    def replan(self, **changes: Any) -> None:
        """The portal gets another plan, or its application other rights."""
        with self.lock:
            self.config = replace(self.config, **changes)
            self.platform.config = self.bound.config = self.tokens.config = self.config

    def rename(self, host: str | None) -> None:
        """Gives the portal another address: what still calls the old one is sent there (302)."""
        with self.lock:
            self.moved_to = host

    def fill_bucket(self, client: str = "127.0.0.1") -> None:
        """Puts the request counter of a source address at its threshold."""
        if self.config.rate_limit is not None:
            with self.lock:
                self._bucket(client).level = float(self.config.rate_limit.threshold)

    # ── Sandbox ───────────────────────────────────────────────────────────────────────────────

    def target_of(self, call: Call) -> str:
        """The REST method that the path names."""
        return call.path.rstrip("/").rpartition("/")[2].removesuffix(".json")

    def answer(self, call: Call) -> Answer:
        """Limit, proof, method: in this order, as far as the call gets."""
        if self.moved_to is not None and call.headers.get("host") != self.moved_to:
            scheme = "https" if self.config.domain else "http"
            query = f"?{call.query}" if call.query else ""
            location = f"{scheme}://{self.moved_to}{call.path}{query}"
            return Answer(302, b"", "text/html", (("Location", location),))
        if call.path.startswith("/oauth/authorize"):
            return self.tokens.authorize(call)
        if call.path.startswith("/oauth/token"):
            return self.tokens.token(call)
        if not call.path.startswith(_REST):
            return Answer(404, b"<html><body>404 Not Found</body></html>", "text/html")
        started = self.clock()
        method = self.target_of(call)
        try:
            if self.config.rate_limit is not None and not self._bucket(call.client).admit():
                self.refused += 1
                raise system_error("QUERY_LIMIT_EXCEEDED")
            params = _params(call)
            parts = call.path.removeprefix(_REST).rstrip("/").split("/")
            caller = caller_of(parts, params, self.config, self.tokens)
            self.events.acting = Acting(caller.user_id, caller.connector)
            if method.lower() == "batch":
                body = self._batch(params, caller, started)
            else:
                reply, spent = self._run(method, params, caller)
                body = {"result": reply.result}
                if reply.next is not None:
                    body["next"] = reply.next
                if reply.total is not None:
                    body["total"] = reply.total
                body["time"] = spent
        except RestError as error:
            return Answer.of_json(error.as_json(), error.status)
        return Answer.of_json(body)

    def scripted_error(self, fault: Fault) -> Answer:
        """An error in the envelope of REST v2."""
        error = _scripted(fault)
        return Answer.of_json(error.as_json(), error.status)

    def state(self) -> dict[str, Any]:
        """Records, currencies and the bucket's level."""
        return {
            "deals": list(self.items.stores[DEAL]),
            "contacts": list(self.items.stores[CONTACT]),
            **self.trade.state(),
            "currencies": list(self.items.currencies),
            "bucket": {client: bucket.level for client, bucket in self._buckets.items()},
            "offline": [entry.event for entry in self.offline.entries],
            "bindings": [[one.event, one.handler, one.offline] for one in self.events.bindings],
        }

    def snapshot(self) -> dict[str, Any]:
        """Records and currencies; limits and subscriptions are those of the next start."""
        return {
            **self.items.snapshot(),
            "catalog": self.catalog.snapshot(),
            "trade": self.trade.snapshot(),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Takes over records and currencies."""
        self.items.restore(data)
        if "catalog" in data:
            self.catalog.restore(data["catalog"])
        if "trade" in data:
            self.trade.restore(data["trade"])

    def clear(self) -> None:
        """No records, the first day's currencies, empty limits."""
        self.items.clear()
        self.catalog.clear()
        self.trade.clear()
        self._buckets.clear()
        self.offline.entries.clear()
        self.moved_to = None
        self.operating = OperatingLedger(self.clock, self.config.operating_limit)

    def actions(self) -> Mapping[str, Callable[[Any], Any]]:
        """See ``actions.py``."""
        return actions_of(self)

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def _public_address(self) -> tuple[str, str]:
        if self.config.domain:
            return self.config.domain, f"https://{self.config.domain}/rest/"
        return self.address, f"{self.url}/rest/"

    def _bucket(self, client: str) -> LeakyBucket:
        bucket = self._buckets.get(client)
        if bucket is None:
            limit = self.config.rate_limit or RateLimit()
            bucket = self._buckets[client] = LeakyBucket(limit, self.clock)
        return bucket

    def _batch(self, params: Mapping[str, Any], caller: Caller, started: float) -> dict[str, Any]:
        to_batch = self.config.billing is Billing.BATCH
        if to_batch and self.operating.blocked("batch"):
            raise system_error("OPERATION_TIME_LIMIT")
        self.calls["batch"] += 1
        self._batch_spent = 0.0
        reply = run_batch(params, lambda name, inner: self._command(name, inner, caller))
        if to_batch:
            self.operating.charge("batch", max(_LEAST_BATCH_SECONDS, self._batch_spent))
        return {"result": reply.result, "time": self._time("batch", started)}

    def _command(
        self, method: str, params: dict[str, Any], caller: Caller
    ) -> tuple[Reply, dict[str, Any]]:
        if method.lower() in NOT_IN_A_BATCH:
            raise system_error("ERROR_BATCH_METHOD_NOT_ALLOWED")
        if fault := self.faults.take(method, "BATCH", (FaultKind.STATUS,)):
            raise _scripted(fault)
        return self._run(method, params, caller, in_batch=True)

    def _run(
        self, name: str, params: Mapping[str, Any], caller: Caller, in_batch: bool = False
    ) -> tuple[Reply, dict[str, Any]]:
        lowered = name.lower()
        method = self._methods.get(lowered)
        if method is None:
            raise system_error("ERROR_METHOD_NOT_FOUND")
        scope = needed_scope(lowered)
        if scope is not None and caller.scopes is not None and scope not in caller.scopes:
            raise system_error("insufficient_scope")
        if self.operating.blocked(lowered):
            raise system_error("OPERATION_TIME_LIMIT")
        self.calls[lowered] += 1
        started, working = self.clock(), time.perf_counter()
        reply = method(params, caller)
        spent = time.perf_counter() - working + self.config.operating_cost.get(lowered, 0.0)
        if in_batch and self.config.billing is Billing.BATCH:
            self._batch_spent += spent
            shown = self.operating.used("batch") + max(_LEAST_BATCH_SECONDS, self._batch_spent)
            return reply, {**self._time("batch", started), "operating": shown}
        self.operating.charge(lowered, spent)
        return reply, self._time(lowered, started)

    def _time(self, method: str, started: float) -> dict[str, Any]:
        finished = self.clock()
        block: dict[str, Any] = {
            "start": started,
            "finish": finished,
            "duration": finished - started,
            "processing": finished - started,
            "date_start": self.stamp.at(started),
            "date_finish": self.stamp.at(finished),
        }
        # the documentation's batch has neither of them
        if method != "batch" or self.config.billing is Billing.BATCH:
            block["operating_reset_at"] = self.operating.reset_at(method)
            block["operating"] = self.operating.used(method)
        return block


def _params(call: Call) -> dict[str, Any]:
    params = decode(call.query) if call.query else {}
    if not call.body:
        return params
    if "json" in call.headers.get("content-type", ""):
        try:
            data = json.loads(call.body)
        except ValueError:  # the portal takes a body that it cannot read for an empty one
            data = {}
        return {**params, **data} if isinstance(data, dict) else params
    return {**params, **decode(call.body.decode("utf-8", "replace"))}


def _scripted(fault: Fault) -> RestError:
    code = fault.error or "QUERY_LIMIT_EXCEEDED"
    text = fault.description or SYSTEM_ERRORS.get(code, (0, "Scripted fault"))[1]
    return RestError(int(code) if code.isdigit() else code, text, fault.status)
