"""What an OpenID Connect provider does, without a server around it.

Source: OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749, RFC 7636. Claims are named as Cognito
names them (``cognito:groups``, ``token_use``), so that the verifier meets the same here and there.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "mostik-local"
CODE_SECONDS = 60
TOKEN_SECONDS = 600
_KEY_BITS = 2_048
_PUBLIC_EXPONENT = 65_537


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in: nobody asks for a password here."""

    login: str
    email: str
    groups: tuple[str, ...]


USERS: Mapping[str, User] = {
    "vera": User("vera", "vera@shop.example", ("viewer",)),
    "oleg": User("oleg", "oleg@shop.example", ("operator",)),
    "anna": User("anna", "anna@shop.example", ("viewer", "admin")),
}


@dataclass(frozen=True, slots=True)
class _Code:
    user: User
    redirect_uri: str
    challenge: str
    nonce: str
    until: float


class IdentityError(Exception):
    """A request that the provider refuses; the text is an OAuth error code."""


class IdentityProvider:
    """Issues codes and id tokens.

    Args:
        issuer: its own address.
        clock: unix seconds.
        users: who can sign in, by login.
    """

    def __init__(
        self,
        issuer: str,
        clock: Callable[[], float],
        users: Mapping[str, User] = USERS,
    ) -> None:
        self.issuer = issuer
        self.users = users
        self._clock = clock
        self._codes: dict[str, _Code] = {}
        self._key, self._key_id = _new_key()

    def turn_keys(self) -> None:
        """Signs with a new key from now on; the old one is no longer published."""
        self._key, self._key_id = _new_key()

    def metadata(self) -> dict[str, Any]:
        """Returns the discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def keys(self) -> dict[str, Any]:
        """Returns the published keys."""
        return {"keys": [self._jwk()]}

    def sign_in(self, query: Mapping[str, str], login: str) -> str:
        """Signs somebody in. Returns where the browser goes next.

        Raises:
            IdentityError: the request is not one of our client's.
        """
        self.check(query)
        user = self.users.get(login)
        if user is None:
            raise IdentityError("access_denied")
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(
            user,
            query["redirect_uri"],
            query["code_challenge"],
            query.get("nonce", ""),
            self._clock() + CODE_SECONDS,
        )
        back = urlencode({"code": code, "state": query.get("state", "")})
        return f"{query['redirect_uri']}?{back}"

    def check(self, query: Mapping[str, str]) -> None:
        """Checks a request for a sign-in.

        Raises:
            IdentityError: something is missing or wrong.
        """
        wanted = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "code_challenge_method": "S256",
        }
        if any(query.get(name) != value for name, value in wanted.items()):
            raise IdentityError("invalid_request")
        if not query.get("redirect_uri") or not query.get("code_challenge"):
            raise IdentityError("invalid_request")

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Changes a code for tokens; a code serves once.

        Raises:
            IdentityError: the code is not valid for whoever brings it.
        """
        code = self._codes.pop(form.get("code", ""), None)
        challenge = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest())
        if (
            code is None
            or form.get("grant_type") != "authorization_code"
            or form.get("client_id") != CLIENT_ID
            or form.get("redirect_uri") != code.redirect_uri
            or code.until < self._clock()
            or not hmac.compare_digest(challenge.decode().rstrip("="), code.challenge)
        ):
            raise IdentityError("invalid_grant")
        return {
            "id_token": self.id_token(code.user, code.nonce),
            "access_token": secrets.token_urlsafe(24),
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
        }

    def id_token(self, user: User, nonce: str | None, **claims: Any) -> str:
        """Returns a signed id token.

        Args:
            user: about whom.
            nonce: of the sign-in.
            claims: that differ from the usual ones; ``None`` leaves one out.
        """
        now = int(self._clock())
        usual = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": f"user-{user.login}",
            "email": user.email,
            "cognito:username": user.login,
            "cognito:groups": list(user.groups),
            "token_use": "id",
            "nonce": nonce,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
        }
        said = {name: v for name, v in {**usual, **claims}.items() if v is not None}
        return jwt.encode(said, self._key, "RS256", headers={"kid": self._key_id})

    def _jwk(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {**public, "kid": self._key_id, "use": "sig", "alg": "RS256"}


def _new_key() -> tuple[rsa.RSAPrivateKey, str]:
    return rsa.generate_private_key(_PUBLIC_EXPONENT, _KEY_BITS), secrets.token_hex(8)
