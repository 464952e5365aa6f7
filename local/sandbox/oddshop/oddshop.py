"""A shop whose API differs from our model on purpose.

Money is whole kopecks, times are Moscow's and do not say so, nine states stand for five, phones
are as typed, nothing tells what was deleted, ``PUT`` replaces the whole row, a list is sorted by
its last change and capped, and some GETs tell what was so a moment ago.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from urllib.parse import parse_qs

from local.sandbox.faults import Fault
from local.sandbox.oddshop.config import OddConfig
from local.sandbox.oddshop.rows import KINDS, RefusedError, Row, Rows, moment_of, shown
from local.sandbox.server import Answer, Call, Sandbox

_ROOT = "/v2/"


class OddShop(Sandbox):
    """The shop.

    Args:
        config: its settings.
    """

    fault_target = "path"
    fault_verb = "method"

    def __init__(self, config: OddConfig | None = None) -> None:
        self.config = config or OddConfig()
        super().__init__(
            host=self.config.host,
            port=self.config.port,
            clock=self.config.clock,
            latency=self.config.latency,
        )
        self._rows: dict[str, Rows] = {}
        self.stale = 0
        self.clear()

    # ── for tests, benchmarks and the demo ────────────────────────────────────────────────────

    def rows(self, path: str) -> list[Row]:
        """All rows as they are, by their keys."""
        with self.lock:
            kept = self._rows[path]
            found = [shown(row) for row in kept.at(self._now())]
            return sorted(found, key=lambda row: int(row[kept.kind.key]))

    def create(self, path: str, said: Mapping[str, Any]) -> Row:
        """A person enters a row in the shop."""
        with self.lock:
            return self._rows[path].put(None, said)

    def edit(self, path: str, key: int, said: Mapping[str, Any]) -> Row:
        """A person changes fields of a row in the shop.

        Raises:
            KeyError: there is no such row.
        """
        with self.lock:
            kept = self._rows[path]
            row = kept.one(key, self._now())
            if row is None:
                raise KeyError(key)
            return kept.put(key, {**{name: row[name] for name in kept.kind.empty}, **said})

    def remove(self, path: str, key: int) -> None:
        """A person deletes a row in the shop."""
        with self.lock:
            self._rows[path].remove(key)

    # ── Sandbox ───────────────────────────────────────────────────────────────────────────────

    def target_of(self, call: Call) -> str:
        """The path."""
        return call.path

    def answer(self, call: Call) -> Answer:
        """Token, path, method: in this order, as far as the call gets."""
        given = call.headers.get("x-token", "")
        if not hmac.compare_digest(given.encode(), self.config.token.encode()):
            return _problem(401, "token")
        path, _, key = call.path.removeprefix(_ROOT).partition("/")
        if not call.path.startswith(_ROOT) or path not in KINDS:
            return _problem(404, "no such address")
        self.calls[f"{call.verb} {path}{'/{id}' if key else ''}"] += 1
        try:
            return self._one(call, self._rows[path], int(key)) if key else self._all(call, path)
        except RefusedError as error:
            return _problem(422, str(error))
        except (KeyError, ValueError):
            return _problem(404, "no such row")

    def scripted_error(self, fault: Fault) -> Answer:
        """An error in this API's shape."""
        return _problem(fault.status, fault.description or "scripted fault")

    def state(self) -> dict[str, Any]:
        """All rows."""
        return {path: self.rows(path) for path in KINDS} | {"stale": self.stale}

    def snapshot(self) -> dict[str, Any]:
        """All rows."""
        return {path: rows.kept() for path, rows in self._rows.items()}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Takes over all rows, with their numbers and times."""
        self.clear()
        for path, rows in self._rows.items():
            rows.take(data[path])

    def clear(self) -> None:
        """No rows."""
        self._rows = {path: Rows(kind, self._now) for path, kind in KINDS.items()}
        self._random = Random(self.config.seed)  # noqa: S311 - it chooses no secret
        self.stale = 0

    def actions(self) -> Mapping[str, Callable[[Any], Any]]:
        """``create``, ``edit``, ``remove``."""
        return {
            "create": lambda data: self.create(data["resource"], data["fields"]),
            "edit": lambda data: self.edit(data["resource"], int(data["id"]), data["fields"]),
            "remove": lambda data: self.remove(data["resource"], int(data["id"])),
        }

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def _now(self) -> float:
        return self.clock() + self.config.skew

    def _seen_at(self) -> float:
        """Most answers tell what is; some, what was."""
        if self._random.random() >= self.config.stale_share:
            return self._now()
        self.stale += 1
        return self._now() - self.config.stale_seconds

    def _all(self, call: Call, path: str) -> Answer:
        kept = self._rows[path]
        if call.verb == "POST":
            row = kept.put(None, _body(call)[kept.kind.wrap])
            return Answer.of_json({"result": {kept.kind.key: row[kept.kind.key]}}, 201)
        if call.verb != "GET":
            return _problem(405, "GET or POST")
        query = {name: values[-1] for name, values in parse_qs(call.query).items()}
        rows = kept.at(self._seen_at())
        if "modified_from" in query:
            since = moment_of(query["modified_from"])
            rows = [row for row in rows if int(row["_at"]) >= since]
        if "foreign_id" in query:
            rows = [row for row in rows if row["foreign_id"] == query["foreign_id"]]
        start = int(query.get("from", "0"))
        size = min(int(query.get("count", "1000")), self.config.most_rows)
        part = [shown(row) for row in rows[start : start + size]]
        return Answer.of_json({"result": {"rows": part, "total": len(rows)}})

    def _one(self, call: Call, kept: Rows, key: int) -> Answer:
        if call.verb == "GET":
            row = kept.one(key, self._seen_at())
            if row is None:
                raise KeyError(key)
            return Answer.of_json({"result": shown(row)})
        if call.verb == "PUT":
            kept.put(key, _body(call)[kept.kind.wrap])
            return Answer(204, b"")
        if call.verb == "DELETE":
            kept.remove(key)
            return Answer(204, b"")
        return _problem(405, "GET, PUT or DELETE")


def _body(call: Call) -> Mapping[str, Any]:
    try:
        data = json.loads(call.body)
    except ValueError:
        raise RefusedError("JSON is due") from None
    if not isinstance(data, dict) or not all(isinstance(one, dict) for one in data.values()):
        raise RefusedError("an object in an object is due")
    return data


def _problem(status: int, text: str) -> Answer:
    return Answer.of_json({"fault": text}, status)
