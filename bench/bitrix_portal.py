"""A sandbox portal as a process of its own: ``python -m bench.bitrix_portal``.

Reads one JSON line of settings, answers with its webhook; then does what each further line says and
answers with one. A clock that runs faster than time lets ten minutes of working time pass in ten
seconds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from local.sandbox.faults import Fault, FaultKind
from local.sandbox.portal import PortalConfig, PortalSandbox, RateLimit
from local.sandbox.portal.crm.fields import DEAL


def faster(start: float, times: float) -> Callable[[], float]:
    """Returns a clock that was right at ``start`` and runs so many times as fast as time."""
    return time.time if times == 1 else lambda: start + (time.time() - start) * times


def main() -> None:
    """See the module."""
    told = json.loads(sys.stdin.readline())
    limit = told.get("limit")
    config = PortalConfig(
        latency=told["latency"],
        rate_limit=None if limit is None else RateLimit(limit["burst"], limit["per_second"]),
        operating_limit=told.get("operating_limit"),
        operating_cost=told.get("operating_cost", {}),
        clock=faster(told["start"], told["times"]),
    )
    with PortalSandbox(config) as portal:
        _say({"webhook": portal.webhook_url})
        for line in sys.stdin:
            _say(_done(portal, json.loads(line)))


def _done(portal: PortalSandbox, order: Any) -> Any:
    match order["do"]:
        case "hold":  # exactly so many deals, and nothing has ever happened
            portal.reset()
            rows: list[Mapping[str, Any]] = [
                {"title": f"Заказ {number}", "opportunity": 100 + number, "originId": f"o{number}"}
                for number in range(order["deals"])
            ]
            portal.seed(DEAL, rows)
        case "fill":
            portal.fill_bucket()
        case "lose":  # so many answers of batches, after the work
            portal.faults.add(Fault("batch", FaultKind.LOST_ANSWER, times=order["times"]))
    with portal.lock:
        return {"deals": len(portal.items.stores[DEAL]), "requests": portal.requests}


def _say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
