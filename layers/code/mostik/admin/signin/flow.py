"""The authorization code flow with PKCE (RFC 7636), bound to one browser.

What a sign-in was begun with lies in a cookie of that browser and nowhere else: whoever gets hold
of a code cannot use it without that cookie, and a strange code cannot be put into somebody's
browser, because its state would not fit.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Self
from urllib.parse import urlencode

from mostik.admin.problems import Refused, Words
from mostik.admin.signin.provider import Provider

RandomText = Callable[[], str]
HOME = "/admin"
_LONGEST_PLACE = 1_500
_REFUSED = Words(
    "The sign-in could not be finished; begin again.", "Вход не завершён; начните заново."
)


def random_text() -> str:
    """Returns 256 bits as text without dots."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that waits for the provider's answer.

    Attributes:
        state: comes back with the answer.
        nonce: comes back in the id token.
        verifier: shows that whoever brings the code has begun the sign-in.
        place: where the person goes afterwards.
    """

    state: str
    nonce: str
    verifier: str
    place: str

    @classmethod
    def new(cls, place: str, random: RandomText = random_text) -> Self:
        """Begins one."""
        return cls(random(), random(), random(), own_place(place))

    @classmethod
    def from_cookie(cls, text: str) -> Self | None:
        """Reads a cookie back; ``None``: it is none of ours."""
        parts = text.split(".")
        if len(parts) != 4 or not all(parts[:3]):
            return None
        try:
            place = urlsafe_b64decode(parts[3].encode()).decode()
        except ValueError:
            return None
        return cls(parts[0], parts[1], parts[2], own_place(place))

    def as_cookie(self) -> str:
        """Returns it as a cookie's value."""
        place = urlsafe_b64encode(self.place.encode()).decode()
        return f"{self.state}.{self.nonce}.{self.verifier}.{place}"

    def address(self, provider: Provider, redirect_uri: str) -> str:
        """Returns where the browser goes to sign in.

        Raises:
            Busy: the provider cannot be asked now.
        """
        challenge = urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=")
        endpoint = provider.metadata().authorization_endpoint
        query = {
            "response_type": "code",
            "client_id": provider.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": provider.settings.scope,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def code_of(self, query: Mapping[str, str]) -> str:
        """Returns the code of the provider's answer.

        Raises:
            Refused: it is the answer to another sign-in, or it says no.
        """
        if not hmac.compare_digest(
            query.get("state", "").encode("utf-8", "replace"), self.state.encode("utf-8", "replace")
        ):
            raise Refused(400, _REFUSED)
        code = query.get("code", "")
        if not code:
            raise Refused(403, Words("The identity provider said no.", "Поставщик входа отказал."))
        return code


def own_place(place: str) -> str:
    """Returns a place of the admin pages, whatever somebody put into the address."""
    fits = place == HOME or place.startswith((f"{HOME}/", f"{HOME}?"))
    plain = all(" " < sign < "\x7f" and sign != "\\" for sign in place)
    return place if fits and plain and len(place) <= _LONGEST_PLACE else HOME
