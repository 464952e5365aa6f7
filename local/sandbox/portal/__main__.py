"""``python -m local.sandbox.portal --port N``: a portal until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.sandbox.portal import (
    Billing,
    PortalApp,
    PortalConfig,
    PortalSandbox,
    RateLimit,
    Subscription,
)
from local.sandbox.running import run_until_stopped


def main() -> None:
    """Reads the command line and serves."""
    defaults = PortalConfig()
    parser = argparse.ArgumentParser(prog="local.sandbox.portal", description=__doc__)
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--port", type=int, default=0, help="0 is a free one")
    parser.add_argument("--secret", default=defaults.secret, help="last part of the webhook URL")
    parser.add_argument("--events", metavar="URL", help="who is told about every change")
    parser.add_argument("--application-token", default=Subscription("*", "").application_token)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    parser.add_argument("--app", action="store_true", help="give it an application of ours")
    parser.add_argument(
        "--operating-limit", type=float, metavar="S", help="working seconds of a method in 10 min"
    )
    parser.add_argument(
        "--billing", choices=list(Billing), default=defaults.billing, help="of batches"
    )
    parser.add_argument("--no-limit", action="store_true", help="switch the request limit off")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep the records over a restart"
    )
    given = parser.parse_args()
    told = (Subscription("*", given.events, given.application_token),) if given.events else ()
    config = PortalConfig(
        host=given.host,
        port=given.port,
        secret=given.secret,
        latency=given.latency,
        rate_limit=None if given.no_limit else RateLimit(),
        operating_limit=given.operating_limit,
        billing=Billing(given.billing),
        app=PortalApp() if given.app else None,
        subscriptions=told,
    )
    portal = PortalSandbox(config)
    run_until_stopped(
        portal, lambda: {"url": portal.url, "webhook_url": portal.webhook_url}, given.state
    )


if __name__ == "__main__":
    main()
