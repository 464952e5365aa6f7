"""The errand ``app``: takes an installation over, and keeps the application's standing in order."""

from __future__ import annotations

from urllib.parse import urlsplit

from integrations.bitrix24.app.bindings import choose_feed, mend
from integrations.bitrix24.app.models import Access
from integrations.bitrix24.app.names import FEED, FEED_NOTE, QUEUE, QUEUE_HINT
from integrations.bitrix24.client import Bitrix24
from mostik.errors import ConfigurationError, GiveUp, WhoActs
from mostik.integration import Installation, Tools

REFRESH = "auth[refresh_token]"
APPLICATION = "auth[application_token]"
QUEUE_SECONDS = 300.0
"""The queue is read so often also when no event wakes its reader."""
STANDING_SECONDS = 86_400.0


def keep_standing(client: Bitrix24, access: Access, tools: Tools, key: str) -> int:
    """Takes an installation that waits, then mends the bindings and chooses the feed.

    Raises:
        ConfigurationError: the tokens are not worth anything, are another portal's, or the
            installation is not finished on the portal.
    """
    del key
    if not access.is_app:
        return 0
    installation = tools.installation()
    if installation is not None:
        _take_or_refuse(installation, access, tools)
    if not client.app.info().INSTALLED:
        raise ConfigurationError(
            "The installation of the application is not finished on the portal, so it gets no"
            ' events: register it as "script only", or let its page call installFinish.',
            who=WhoActs.EXTERNAL_ADMIN,
            gate=tools.connection,
        )
    feed = choose_feed(client.app, access)
    mended = mend(client.app, access, feed, client.app.scope())
    tools.note(FEED_NOTE, feed.as_note())
    tools.wake(FEED, QUEUE, QUEUE_SECONDS if feed.offline else None)
    if feed.offline:
        tools.touch([QUEUE_HINT])
    return len(mended.bound) + len(mended.unbound) + (installation is not None)


def _take_or_refuse(installation: Installation, access: Access, tools: Tools) -> None:
    """Tokens that are not worth anything must not stop an application that works."""
    try:
        take(installation, access, tools)
    except ConfigurationError as error:
        if access.member_id is None:
            raise
        tools.forget_installation()
        raise GiveUp(
            f"An installation was refused, and the application goes on as before: {error.text}",
            who=error.who,
        ) from None


def take(installation: Installation, access: Access, tools: Tools) -> None:
    """Proves the tokens of an installation and goes on with them.

    In this order: the refresh token is spent at the authorization server, with our key, which only
    an installation of our application survives; the plan refuses the tokens of another portal; the
    pair is stored; then the door learns the application token, and the deposit goes.

    Raises:
        ConfigurationError: they are not worth anything, or another portal's.
    """
    refresh = installation.fields.get(REFRESH, "")
    if not refresh:
        tools.forget_installation()
        raise ConfigurationError(
            "The installation came without tokens: install the application on the portal again.",
            who=WhoActs.EXTERNAL_ADMIN,
            gate=tools.connection,
        )
    account = tools.adopt(refresh)
    member_id = account.get("member_id") or access.member_id
    host = urlsplit(account.get("client_endpoint", "")).netloc or access.host
    if application := installation.fields.get(APPLICATION):
        tools.admit(application, {"member_id": member_id, "domain": None})
    settled: dict[str, str] = {"member_id": member_id} if member_id else {}
    if host.casefold() != access.host:
        settled["domain"] = host  # renamed since: the member id says that it is the same portal
    tools.settle(settled)
    tools.forget_installation()
