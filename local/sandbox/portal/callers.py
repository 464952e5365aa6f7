"""Who calls: the user of an inbound webhook, or an application with a token.

Source: b24restdocs ``settings/how-to-call-rest-api/authorization.md``. A webhook's secret stands in
the path; a token in the query or in the body, as ``auth``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.config import PortalConfig
from local.sandbox.portal.envelope import system_error
from local.sandbox.portal.methods import Caller
from local.sandbox.portal.oauth import TokenServer


def caller_of(
    parts: list[str], params: Mapping[str, Any], config: PortalConfig, tokens: TokenServer
) -> Caller:
    """The caller of a request.

    Args:
        parts: the path below ``/rest/``: user, secret and method, or the method alone.
        params: its parameters.
        config: the portal's settings.
        tokens: knows the tokens of the application.

    Raises:
        RestError: nobody that the portal knows.
    """
    if not config.commercial:
        raise system_error("ACCESS_DENIED")
    connector = str(params.get("auth_connector") or "")
    if not config.selfhosted and not config.features.get("rest_auth_connector", False):
        connector = ""
    if len(parts) == 3:
        if parts[:2] != [str(config.user_id), config.secret]:
            raise system_error("INVALID_CREDENTIALS")
        return Caller(config.user_id, frozenset(config.scopes), connector=connector)
    token = params.get("auth")
    grant = tokens.caller(str(token)) if len(parts) == 1 and token else None
    if grant is None or config.app is None:
        raise system_error("NO_AUTH_FOUND")
    if tokens.is_over(grant):
        raise system_error("expired_token")
    return Caller(grant.user_id, frozenset(config.app.scopes), app=True, connector=connector)
