"""An OpenID Connect provider on loopback: three users, its own keys, code flow with PKCE."""

from local.sandbox.oidc.provider import CLIENT_ID, USERS, IdentityProvider, User
from local.sandbox.oidc.sandbox import OidcSandbox

__all__ = ["CLIENT_ID", "USERS", "IdentityProvider", "OidcSandbox", "User"]
