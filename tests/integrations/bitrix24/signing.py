"""A portal that an application calls, for the acceptance suite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.portal import PortalConfig, PortalSandbox
from local.sandbox.server import Call
from tests.integrations.acceptance.played import Clock
from tests.integrations.acceptance.signing import Signings
from tests.integrations.bitrix24.app.world import APP, DOMAIN, HANDLER, SECRET


class Application:
    """See ``Signing``."""

    resource = "customers"
    settings: Mapping[str, Any] = {
        "client_id": APP.client_id,
        "client_secret": SECRET,
        "domain": DOMAIN,
        "handler_url": HANDLER,
    }

    def __init__(self, clock: Clock) -> None:
        config = PortalConfig(domain=DOMAIN, rate_limit=None, clock=clock, app=APP)
        self.there = PortalSandbox(config)
        self.refresh: str | None = self.there.install_app()["refresh_token"]

    def is_token_call(self, call: Call) -> bool:
        """See ``Signing.is_token_call``."""
        return call.path.startswith("/oauth/token")

    def end(self) -> None:
        """See ``Signing.end``."""
        self.there.tokens.expire()


SIGNINGS: Signings = {"application": Application}
