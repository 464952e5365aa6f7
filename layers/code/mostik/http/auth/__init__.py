"""Ways to prove who we are. Each is bound to one connection's client and to its address.

Three kinds, and an integration's ``auth`` may return any of them:

- ``static``: a ``requests`` auth object that never changes (a key, a login, a token);
- ``signing``: a ``Signer``, which signs each request anew with the time; ``sigv4`` and
  ``jwt_assertion`` hold two more, imported by name because they bring botocore and cryptography;
- ``plans``: a ``TokenPlan`` says how a token is got and shown; the core gets, keeps and renews it.
"""

from __future__ import annotations

from requests.auth import AuthBase

from mostik.http.auth.plans import (
    ClientAuth,
    OAuth2ClientCredentials,
    OAuth2JwtBearer,
    OAuth2RefreshToken,
    TwoStepLogin,
)
from mostik.http.auth.signing import HmacSigned, Signed, Signer, StandardWebhooksSigned
from mostik.http.auth.static import ApiKey, Basic, Bearer, QueryKey
from mostik.http.auth.tokens import Renewable, Shown, Token, TokenAuth, TokenPlan

__all__ = [
    "ApiKey",
    "Auth",
    "Basic",
    "Bearer",
    "ClientAuth",
    "HmacSigned",
    "OAuth2ClientCredentials",
    "OAuth2JwtBearer",
    "OAuth2RefreshToken",
    "QueryKey",
    "Renewable",
    "Shown",
    "Signed",
    "Signer",
    "StandardWebhooksSigned",
    "Token",
    "TokenAuth",
    "TokenPlan",
    "TwoStepLogin",
]

Auth = AuthBase | Signer | TokenPlan
"""What an integration's ``auth`` may return."""
