"""``python -m local.sandbox.oddshop --port N``: an odd shop until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.sandbox.oddshop import OddConfig, OddShop
from local.sandbox.running import run_until_stopped


def main() -> None:
    """Reads the command line and serves."""
    defaults = OddConfig()
    parser = argparse.ArgumentParser(prog="local.sandbox.oddshop", description=__doc__)
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--port", type=int, default=0, help="0 is a free one")
    parser.add_argument("--token", default=defaults.token)
    parser.add_argument("--stale", type=float, default=defaults.stale_share, help="share of GETs")
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep the records over a restart"
    )
    given = parser.parse_args()
    config = OddConfig(
        host=given.host,
        port=given.port,
        token=given.token,
        stale_share=given.stale,
        seed=given.seed,
        latency=given.latency,
    )
    shop = OddShop(config)
    run_until_stopped(shop, lambda: {"url": shop.url}, given.state)


if __name__ == "__main__":
    main()
