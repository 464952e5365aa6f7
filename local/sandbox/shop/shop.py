"""The sandbox shop: somebody's REST API of orders and customers, with signed webhooks."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs

from local.sandbox.faults import Fault
from local.sandbox.server import Answer, Call, Sandbox
from local.sandbox.shop.config import ShopConfig, ShopSubscription
from local.sandbox.shop.records import CUSTOMERS, KINDS, ORDERS, InvalidError, Record, Records, iso
from local.sandbox.shop.signing import signed_headers

_ROOT = "/api/v1/"


class ShopSandbox(Sandbox):
    """An external API that differs from our model on purpose: kopecks, one name, its own words.

    Args:
        config: the shop's settings.
    """

    fault_target = "path"
    fault_verb = "method"

    def __init__(self, config: ShopConfig | None = None) -> None:
        self.config = config or ShopConfig()
        super().__init__(
            host=self.config.host,
            port=self.config.port,
            clock=self.config.clock,
            latency=self.config.latency,
        )
        self._subscriptions = list(self.config.subscriptions)
        self._records: dict[str, Records] = {}
        self.clear()

    # ── for tests, benchmarks and the demo ────────────────────────────────────────────────────

    @property
    def orders(self) -> list[Record]:
        """Copies of all orders, oldest first."""
        with self.lock:
            return [dict(row) for row in self._records["orders"].rows.values()]

    @property
    def customers(self) -> list[Record]:
        """Copies of all customers, oldest first."""
        with self.lock:
            return [dict(row) for row in self._records["customers"].rows.values()]

    def subscribe(self, subscription: ShopSubscription) -> None:
        """Adds a webhook."""
        with self.lock:
            self._subscriptions.append(subscription)

    def create(self, plural: str, fields: Mapping[str, Any]) -> Record:
        """A buyer places an order, or a person registers; subscribers are told.

        Raises:
            KeyError: there is no such kind of records.
            InvalidError: the shop does not take the fields.
        """
        with self.lock:
            row = self._records[plural].create(fields)
            self._tell(plural, "created", row)
            return dict(row)

    def edit(self, plural: str, id_: str, fields: Mapping[str, Any]) -> Record:
        """A person changes a record in the shop; subscribers are told if anything is different.

        Raises:
            KeyError: there is no such record.
            InvalidError: the shop does not take the fields.
        """
        with self.lock:
            row, changed = self._records[plural].change(id_, fields, whole=False)
            if changed:
                self._tell(plural, "updated", row)
            return dict(row)

    # ── Sandbox ───────────────────────────────────────────────────────────────────────────────

    def target_of(self, call: Call) -> str:
        """The path."""
        return call.path

    def answer(self, call: Call) -> Answer:
        """Key, path, method: in this order, as far as the call gets."""
        given = call.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.config.api_key}".encode()):
            return _problem(
                401, "unauthorized", "A valid API key is required", ("WWW-Authenticate", "Bearer")
            )
        plural, _, id_ = call.path.removeprefix(_ROOT).rstrip("/").partition("/")
        if not call.path.startswith(_ROOT) or plural not in KINDS or "/" in id_:
            return _problem(404, "not_found", "There is no such endpoint")
        self.calls[f"{call.verb} {_ROOT}{plural}{'/{id}' if id_ else ''}"] += 1
        try:
            return self._one(call, plural, id_) if id_ else self._all(call, plural)
        except InvalidError as error:
            return _problem(422, "invalid", str(error), fields=error.problems)
        except KeyError:
            return _problem(404, "not_found", f"There is no {KINDS[plural].singular} {id_}")

    def scripted_error(self, fault: Fault) -> Answer:
        """An error in this API's shape."""
        code = fault.error or ("rate_limited" if fault.status == 429 else "unavailable")
        return _problem(fault.status, code, fault.description or "Scripted fault")

    def state(self) -> dict[str, Any]:
        """Orders and customers."""
        return {plural: list(records.rows.values()) for plural, records in self._records.items()}

    def snapshot(self) -> dict[str, Any]:
        """Orders and customers."""
        return self.state()

    def restore(self, data: Mapping[str, Any]) -> None:
        """Takes over orders and customers."""
        self.clear()
        for plural, records in self._records.items():
            for row in data[plural]:
                records.put(row)

    def clear(self) -> None:
        """No records."""
        for kind in (CUSTOMERS, ORDERS):
            self._records[kind.plural] = Records(kind, self.clock, self._has_customer)

    def actions(self) -> Mapping[str, Callable[[Any], Any]]:
        """``create``, ``edit``, ``subscriptions``."""

        def subscriptions(data: Any) -> Any:
            with self.lock:
                if data.get("replace"):
                    self._subscriptions.clear()
                for one in data["subscriptions"]:
                    types = tuple(one.get("types", ShopSubscription("").types))
                    self.subscribe(ShopSubscription(**{**one, "types": types}))
                return {"subscriptions": [one.url for one in self._subscriptions]}

        return {
            "create": _refusals_as_values(
                lambda data: self.create(data.get("resource", "orders"), data["fields"])
            ),
            "edit": _refusals_as_values(
                lambda data: self.edit(
                    data.get("resource", "orders"), str(data["id"]), data["fields"]
                )
            ),
            "subscriptions": subscriptions,
        }

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def _all(self, call: Call, plural: str) -> Answer:
        if call.verb == "POST":
            row = self.create(plural, _body(call))
            return _record(row, 201, ("Location", f"{_ROOT}{plural}/{row['id']}"))
        if call.verb != "GET":
            return _problem(405, "method_not_allowed", "Use GET or POST", ("Allow", "GET, POST"))
        query = {name: values[-1] for name, values in parse_qs(call.query).items()}
        limit = query.get("limit", str(self.config.page_size))
        if not limit.isdigit() or not 0 < int(limit) <= self.config.max_page_size:
            raise InvalidError({"limit": f"must be 1 to {self.config.max_page_size}"})
        rows, cursor = self._records[plural].page(
            query.get("updated_since"), query.get("cursor"), int(limit)
        )
        return Answer.of_json({"data": rows, "next_cursor": cursor})

    def _one(self, call: Call, plural: str, id_: str) -> Answer:
        row = self._records[plural].rows[id_]
        if call.verb == "GET":
            return _record(row)
        if call.verb not in ("PUT", "PATCH"):
            return _problem(
                405, "method_not_allowed", "Use GET, PUT or PATCH", ("Allow", "GET, PUT, PATCH")
            )
        wanted = call.headers.get("if-match", "*")
        if wanted not in ("*", _etag(row)):
            return _problem(412, "version_conflict", f"The version is {row['version']}")
        row, changed = self._records[plural].change(id_, _body(call), whole=call.verb == "PUT")
        if changed:
            self._tell(plural, "updated", row)
        return _record(row)

    def _has_customer(self, id_: str) -> bool:
        return id_ in self._records["customers"].rows

    def _tell(self, plural: str, what: str, row: Record) -> None:
        type_ = f"{KINDS[plural].singular}.{what}"
        now = self.clock()
        event = {"type": type_, "timestamp": iso(now), "data": row}
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        for subscription in self._subscriptions:
            if any(fnmatchcase(type_, wanted) for wanted in subscription.types):
                headers = signed_headers(
                    subscription.secret, f"msg_{secrets.token_hex(12)}", int(now), body
                )
                self.deliveries.submit(type_, row["id"], subscription.url, body, headers)


def _body(call: Call) -> Mapping[str, Any]:
    try:
        data = json.loads(call.body)
    except ValueError:
        raise InvalidError({"body": "must be JSON"}) from None
    if not isinstance(data, dict):
        raise InvalidError({"body": "must be a JSON object"})
    return data


def _etag(row: Record) -> str:
    return f'"{row["version"]}"'


def _record(row: Record, status: int = 200, *headers: tuple[str, str]) -> Answer:
    return Answer.of_json(row, status, (("ETag", _etag(row)), *headers))


def _problem(
    status: int,
    code: str,
    message: str,
    *headers: tuple[str, str],
    fields: Mapping[str, str] | None = None,
) -> Answer:
    error: dict[str, Any] = {"code": code, "message": message}
    if fields:
        error["fields"] = dict(fields)
    return Answer.of_json({"error": error}, status, headers)


def _refusals_as_values(action: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def run(data: Any) -> Any:
        try:
            return action(data)
        except InvalidError as error:
            raise ValueError(str(error)) from error

    return run
