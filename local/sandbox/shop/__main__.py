"""``python -m local.sandbox.shop --port N``: a shop until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.sandbox.running import run_until_stopped
from local.sandbox.shop import DEFAULT_SECRET, ShopConfig, ShopSandbox, ShopSubscription


def main() -> None:
    """Reads the command line and serves."""
    defaults = ShopConfig()
    parser = argparse.ArgumentParser(prog="local.sandbox.shop", description=__doc__)
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--port", type=int, default=0, help="0 is a free one")
    parser.add_argument("--api-key", default=defaults.api_key)
    parser.add_argument("--events", metavar="URL", help="who is told about orders")
    parser.add_argument("--signing-secret", default=DEFAULT_SECRET)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep the records over a restart"
    )
    given = parser.parse_args()
    told = (ShopSubscription(given.events, given.signing_secret),) if given.events else ()
    config = ShopConfig(
        host=given.host,
        port=given.port,
        api_key=given.api_key,
        latency=given.latency,
        subscriptions=told,
    )
    shop = ShopSandbox(config)
    run_until_stopped(shop, lambda: {"url": shop.url}, given.state)


if __name__ == "__main__":
    main()
