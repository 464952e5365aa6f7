"""Actions with an ``Idempotency-Key``: the same key again gets the first answer and does nothing.

An action whose function died in between stays "running" for a minute; then the key may be used
again. What such an action starts is found by its own look (a run has one slot, a job one row).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from mostik.admin.problems import Refused, Words
from mostik.admin.roles import Caller
from mostik.ports import Clock, Table

_KEPT_SECONDS = 86_400
_RUNS_SECONDS = 60.0
_SORT_KEY = "once"


class Once:
    """Remembers answers by caller and key for a day.

    Args:
        table: the state table.
        clock: unix seconds.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def __call__(
        self,
        caller: Caller,
        key: str | None,
        request: Mapping[str, Any],
        act: Callable[[], dict[str, Any]],
    ) -> dict[str, Any]:
        """Acts, unless this key has acted already.

        Args:
            caller: whose key it is.
            key: of the request; ``None``: it acts every time.
            request: what is asked for; it holds no secret.
            act: does it and returns the answer.

        Raises:
            Refused: the key was used for something else, or is being used now.
        """
        if key is None:
            return act()
        text = json.dumps(request, sort_keys=True, default=str)
        mark = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        name = sha256(f"{caller.subject}\n{key}".encode("utf-8", "surrogatepass")).hexdigest()
        now = self._clock()
        row: dict[str, Any] = {
            "pk": f"once#{name}",
            "sk": _SORT_KEY,
            "mark": mark,
            "at": now,
            "version": int(now * 1000),
            "expires_at": int(now) + _KEPT_SECONDS,
        }
        standing = self._table.insert(row)
        if standing is not None:
            known = self._known(standing, mark, now)
            if known is not None:
                return known
            if not self._table.replace(row, int(standing["version"])).done:
                raise _running()
        try:
            answer = act()
        except Exception:
            self._table.remove(row["pk"], _SORT_KEY, int(row["version"]))
            raise
        self._table.put({**row, "answer": json.dumps(answer, ensure_ascii=False)})
        return answer

    def _known(self, standing: Mapping[str, Any], mark: str, now: float) -> dict[str, Any] | None:
        if standing["mark"] != mark:
            raise Refused(
                422,
                Words(
                    "This Idempotency-Key was used for another request.",
                    "Этот Idempotency-Key уже использован для другого запроса.",
                ),
            )
        if "answer" in standing:
            answer: dict[str, Any] = json.loads(standing["answer"])
            return answer
        if now - float(standing["at"]) < _RUNS_SECONDS:
            raise _running()
        return None


def _running() -> Refused:
    return Refused(
        409,
        Words("This action is running; ask again.", "Это действие выполняется; повторите запрос."),
        headers={"Retry-After": "5"},
    )
