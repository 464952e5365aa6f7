"""``python -m local.sandbox.oidc --port N``: an identity provider until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.sandbox.oidc import OidcSandbox
from local.sandbox.running import run_until_stopped


def main() -> None:
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(prog="local.sandbox.oidc", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 is a free one")
    parser.add_argument("--state", type=Path, metavar="FILE", help="taken and not needed")
    given = parser.parse_args()
    sandbox = OidcSandbox(host=given.host, port=given.port)
    run_until_stopped(sandbox, lambda: {"url": sandbox.url})


if __name__ == "__main__":
    main()
