"""The identity provider: what it says about itself, its keys, and its token endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from mostik.admin.signin.settings import SignInSettings
from mostik.errors import ConfigurationError
from mostik.http.guard import Reach, check_base_url
from mostik.http.session import open_session, pieces
from mostik.ports import Busy, Clock

_KNOWN_SECONDS = 3_600.0
_KEYS_REFRESH_SECONDS = 60.0
"""An unknown key id asks the provider again, but not more often than this."""
_LARGEST = 256 * 1024
_TIMEOUT = (3.0, 5.0)


class Calls(Protocol):
    """Calls the identity provider; every answer is a JSON object."""

    def get(self, url: str) -> Mapping[str, Any]:
        """Reads a document. Raises ``Busy`` when it cannot be read."""
        ...

    def post(self, url: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Sends a form. Returns the answer, which may be an OAuth error. Raises ``Busy``."""
        ...


class GuardedCalls:
    """``Calls`` over the guarded session: no redirects, no proxies, no private addresses but those
    of the document's networks.

    Args:
        networks: CIDR blocks in which a provider of the company's own may be.
    """

    def __init__(self, networks: tuple[str, ...] = ()) -> None:
        self._reach = Reach(networks)
        self._session = open_session(2, self._reach)

    def get(self, url: str) -> Mapping[str, Any]:
        """See ``Calls.get``."""
        status, content = self._call("GET", url, None)
        if status != 200:
            raise Busy(f"the identity provider answered {status}")
        return content

    def post(self, url: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        """See ``Calls.post``."""
        status, content = self._call("POST", url, form)
        if status >= 500:
            raise Busy(f"the identity provider answered {status}")
        return content

    def _call(
        self, method: str, url: str, form: Mapping[str, str] | None
    ) -> tuple[int, Mapping[str, Any]]:
        check_base_url(url, self._reach)
        try:
            answer = self._session.request(
                method, url, data=form, timeout=_TIMEOUT, allow_redirects=False, stream=True
            )
            body = b""
            for piece in pieces(answer):
                body += piece
                if len(body) > _LARGEST:
                    raise Busy("the identity provider's answer is too long")
            content = json.loads(body)
        except (OSError, ValueError) as error:
            raise Busy("the identity provider cannot be asked now") from error
        if not isinstance(content, dict):
            raise Busy("the identity provider's answer is no JSON object")
        return answer.status_code, content


class Metadata(BaseModel):
    """What a provider says about itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Provider:
    """An identity provider, remembered for an hour.

    Args:
        settings: who it is.
        calls: asks it.
        clock: unix seconds.
    """

    def __init__(self, settings: SignInSettings, calls: Calls, clock: Clock) -> None:
        self.settings = settings
        self._calls = calls
        self._clock = clock
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, Mapping[str, Mapping[str, Any]]] | None = None

    def metadata(self) -> Metadata:
        """Returns what it says about itself.

        Raises:
            ConfigurationError: it is not the one that was entered.
            Busy: it cannot be asked now.
        """
        now = self._clock()
        if self._metadata is not None and now - self._metadata[0] < _KNOWN_SECONDS:
            return self._metadata[1]
        issuer = self.settings.issuer
        try:
            found = Metadata.model_validate(
                self._calls.get(f"{issuer}/.well-known/openid-configuration")
            )
        except ValidationError:
            raise ConfigurationError("The identity provider's description is not whole.") from None
        if found.issuer.rstrip("/") != issuer:
            raise ConfigurationError("The identity provider calls itself by another issuer.")
        self._metadata = (now, found)
        return found

    def key(self, key_id: str) -> Mapping[str, Any] | None:
        """Returns one of its public keys (JWK); ``None``: it has none of this id.

        Raises:
            Busy: it cannot be asked now.
        """
        now = self._clock()
        for known in (_KNOWN_SECONDS, _KEYS_REFRESH_SECONDS):
            if self._keys is None or now - self._keys[0] >= known:
                self._keys = (now, _by_id(self._calls.get(self.metadata().jwks_uri)))
            if key_id in self._keys[1]:
                return self._keys[1][key_id]
        return None

    def exchange(self, code: str, verifier: str, redirect_uri: str) -> str | None:
        """Changes an authorization code for an id token; ``None``: the code is not accepted.

        Raises:
            Busy: it cannot be asked now.
        """
        form = {
            "grant_type": "authorization_code",
            "client_id": self.settings.client_id,
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
        }
        if self.settings.client_secret is not None:
            form["client_secret"] = self.settings.client_secret.get_secret_value()
        token = self._calls.post(self.metadata().token_endpoint, form).get("id_token")
        return token if isinstance(token, str) else None


def _by_id(document: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    keys = document.get("keys")
    return {
        str(key["kid"]): key
        for key in (keys if isinstance(keys, list) else [])
        if isinstance(key, dict) and key.get("kid") and key.get("use", "sig") == "sig"
    }
