"""Verifies id tokens: one algorithm, one issuer, one audience, our own nonce.

PyJWT checks the signature, issuer and audience; the times are checked here, by our own clock.
Beside joserfc and Authlib it costs the same to import (95 to 110 ms, nearly all of it is
``cryptography``) and it is in the layer already. It is imported with the first sign-in only.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from mostik.admin.signin.provider import Provider
from mostik.ports import Clock

ALGORITHM = "RS256"
_LEEWAY_SECONDS = 10.0
_OLDEST_SECONDS = 600.0
_REQUIRED = ("exp", "iat", "iss", "aud", "sub", "nonce")


class TokenRefused(Exception):
    """An id token proves nothing; the text is for a developer and holds no part of the token."""


def verified_claims(token: str, nonce: str, provider: Provider, clock: Clock) -> Mapping[str, Any]:
    """Returns the claims of an id token.

    Args:
        token: as the token endpoint gave it.
        nonce: that this sign-in was begun with.
        provider: whose token it must be.
        clock: unix seconds.

    Raises:
        TokenRefused: it is not for us, not from there, not for this sign-in, or not of now.
        Busy: the provider's keys cannot be read now.
    """
    import jwt  # noqa: PLC0415 - 100 ms that only a sign-in needs

    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise TokenRefused("no JWT") from None
    key_id = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(key_id, str):
        raise TokenRefused("another algorithm, or no key id")
    key = provider.key(key_id)
    if key is None or key.get("kty") != "RSA":
        raise TokenRefused("no published key with this id")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(dict(key), ALGORITHM).key,
            algorithms=[ALGORITHM],
            audience=provider.settings.client_id,
            issuer=provider.metadata().issuer,
            options={
                "require": list(_REQUIRED),
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        raise TokenRefused("signature, issuer or audience") from None
    _check(claims, nonce, provider.settings.client_id, clock())
    return claims


def _check(claims: Mapping[str, Any], nonce: str, client_id: str, now: float) -> None:
    expires, issued = _seconds(claims["exp"]), _seconds(claims["iat"])
    if expires + _LEEWAY_SECONDS < now or issued - _LEEWAY_SECONDS > now:
        raise TokenRefused("expired, or of the future")
    if issued + _OLDEST_SECONDS < now:
        raise TokenRefused("issued long ago")
    if "nbf" in claims and _seconds(claims["nbf"]) - _LEEWAY_SECONDS > now:
        raise TokenRefused("not valid yet")
    if claims.get("token_use", "id") != "id":
        raise TokenRefused("no id token")
    if claims.get("azp", client_id) != client_id:
        raise TokenRefused("another client asked for it")
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise TokenRefused("of another sign-in")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise TokenRefused("names nobody")


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise TokenRefused("a time is no number")
    return float(value)
