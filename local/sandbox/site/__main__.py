"""``python -m local.sandbox.site --port N``: a site until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.sandbox.running import run_until_stopped
from local.sandbox.site import RestDoor, SiteConfig, SiteSandbox, a_box
from local.sandbox.site.config import SCRIPT


def main() -> None:
    """Reads the command line and serves."""
    defaults = SiteConfig()
    parser = argparse.ArgumentParser(prog="local.sandbox.site", description=__doc__)
    parser.add_argument("--host", default=defaults.portal.host)
    parser.add_argument("--port", type=int, default=0, help="0 is a free one")
    parser.add_argument("--secret", default=defaults.portal.secret, help="of the inbound webhook")
    parser.add_argument("--login", default=defaults.login, help="of the exchange's user")
    parser.add_argument("--password", default=defaults.password)
    parser.add_argument("--encoding", default=defaults.encoding, help="windows-1251 or utf-8")
    parser.add_argument("--rest", choices=list(RestDoor), default=defaults.rest)
    parser.add_argument("--old", action="store_true", help="an old module: no sessid, no schemas")
    parser.add_argument(
        "--script", action="append", help="path of the exchange; several may be given", default=[]
    )
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep the records over a restart"
    )
    given = parser.parse_args()
    config = SiteConfig(
        portal=a_box(host=given.host, port=given.port, secret=given.secret),
        login=given.login,
        password=given.password,
        scripts=tuple(given.script) or (SCRIPT,),
        encoding=given.encoding,
        sessid=not given.old,
        modern=not given.old,
        rest=RestDoor(given.rest),
    )
    site = SiteSandbox(config)
    run_until_stopped(
        site,
        lambda: {"url": site.url, "exchange": site.exchange_url, "webhook_url": site.webhook_url},
        given.state,
    )


if __name__ == "__main__":
    main()
