"""JWTs that we sign ourselves: as a bearer token of each request, or to be exchanged for one.

In a module of its own: PyJWT brings cryptography, which is slow to import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from requests import PreparedRequest

from mostik.errors import ConfigurationError
from mostik.ids import ulid

ALGORITHMS = ("ES256", "ES384", "EdDSA", "HS256", "HS512", "PS256", "RS256", "RS512")


@dataclass(frozen=True, slots=True)
class JwtAssertion:
    """A short-lived JWT, made anew for each request and sent as ``Authorization: Bearer``.

    Also the assertion of ``OAuth2JwtBearer`` (RFC 7523).

    Attributes:
        key: the private key as PEM, or the shared secret of an HS algorithm.
        algorithm: one of ``ALGORITHMS``.
        issuer: claim ``iss``.
        subject: claim ``sub``.
        audience: claim ``aud``.
        lifetime: seconds from ``iat`` to ``exp``.
        key_id: header ``kid``.
        claims: further claims.

    Raises:
        ConfigurationError: an unknown algorithm; lists the known ones.
    """

    key: str = field(repr=False)
    algorithm: str = "RS256"
    issuer: str | None = None
    subject: str | None = None
    audience: str | None = None
    lifetime: int = 300
    key_id: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise ConfigurationError(
                f"parameter 'algorithm' cannot be {self.algorithm!r}; write one of:"
                f" {', '.join(ALGORITHMS)}"
            )

    def made(self, at: float) -> str:
        """Returns a JWT of ``at`` (unix seconds), with an id of its own.

        Raises:
            ConfigurationError: the key does not fit the algorithm.
        """
        given = {"iss": self.issuer, "sub": self.subject, "aud": self.audience}
        claims = {
            **self.claims,
            **{name: value for name, value in given.items() if value is not None},
            "iat": int(at),
            "exp": int(at) + self.lifetime,
            "jti": ulid(at),
        }
        headers = {"kid": self.key_id} if self.key_id is not None else None
        try:
            return jwt.encode(claims, self.key, self.algorithm, headers)
        except (jwt.PyJWTError, ValueError, TypeError):
            # From None: what the libraries say may quote the key.
            raise ConfigurationError(
                f"The signing key is no key of {self.algorithm}: enter it again, whole."
            ) from None

    def sign(self, request: PreparedRequest, at: float) -> None:
        """See ``Signer.sign``."""
        request.headers["Authorization"] = f"Bearer {self.made(at)}"
