"""Signatures that are made anew for each request, with the time of the try."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from requests import PreparedRequest
from requests.auth import AuthBase

from mostik.errors import ConfigurationError
from mostik.http.auth.signed_text import RequestText, body_of
from mostik.ids import ulid
from mostik.ports import Clock


@runtime_checkable
class Signer(Protocol):
    """Signs requests. A frozen value: the core brings the clock."""

    def sign(self, request: PreparedRequest, at: float) -> None:
        """Puts a proof into a prepared request.

        Args:
            request: complete but for the proof.
            at: unix seconds of this try.

        Raises:
            ConfigurationError: the key or the request does not let itself be signed.
        """
        ...


class Signed(AuthBase):
    """A ``Signer`` as a ``requests`` auth object.

    Args:
        signer: the way to sign.
        clock: unix seconds.
    """

    def __init__(self, signer: Signer, clock: Clock) -> None:
        self._signer = signer
        self._clock = clock

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Signs a request."""
        self._signer.sign(r, self._clock())
        return r


_ENCODINGS: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode(),
    "base64url": lambda digest: base64.urlsafe_b64encode(digest).decode(),
}
_ALGORITHMS = ("sha256", "sha512", "sha1", "md5")
_TIMES: Mapping[str, Callable[[float], str]] = {
    "unix": lambda at: str(int(at)),
    "unix_ms": lambda at: str(int(at * 1000)),
    "iso": lambda at: datetime.fromtimestamp(int(at), UTC).isoformat().replace("+00:00", "Z"),
}
_KEYS: Mapping[str, Callable[[str], bytes]] = {
    "text": str.encode,
    "base64": lambda text: base64.b64decode(text, validate=True),
    "hex": bytes.fromhex,
}


@dataclass(frozen=True, slots=True)
class HmacSigned:
    """An HMAC of what ``template`` says, put at ``signature``; the door's ``hmac`` reads it.

    Attributes:
        secret: the shared secret.
        signature: where it goes: ``header:X-Signature`` or ``query:sig``.
        prefix: what stands before it, such as ``sha256=``.
        algorithm: sha256, sha512, sha1 or md5.
        encoding: hex, base64 or base64url.
        template: the signed text.
        timestamp: where the time goes; the template must sign it.
        timestamp_format: unix, unix_ms or iso.
        id: where an id of the message goes. A header that the call has set stays, so that its
            repeats keep the id; else each try gets a new one.
        secret_encoding: how the secret's text becomes the key: text, base64 or hex.

    Raises:
        ConfigurationError: a value that is none of the valid ones; lists them.
    """

    secret: str = field(repr=False)
    signature: str = "header:X-Signature"
    prefix: str = ""
    algorithm: str = "sha256"
    encoding: str = "hex"
    template: str = "{body}"
    timestamp: str | None = None
    timestamp_format: str = "unix"
    id: str | None = None
    secret_encoding: str = "text"  # noqa: S105 - the name of an encoding, no secret
    _text: RequestText = field(init=False, repr=False, compare=False)
    _key: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for parameter, value, known in (
            ("algorithm", self.algorithm, _ALGORITHMS),
            ("encoding", self.encoding, tuple(_ENCODINGS)),
            ("timestamp_format", self.timestamp_format, tuple(_TIMES)),
            ("secret_encoding", self.secret_encoding, tuple(_KEYS)),
        ):
            if value not in known:
                raise ConfigurationError(
                    f"parameter {parameter!r} cannot be {value!r}; write one of: {', '.join(known)}"
                )
        for place in (self.signature, self.timestamp, self.id):
            if place is not None:
                _split(place)
        text = RequestText(self.template)
        for placeholder, place in (("timestamp", self.timestamp), ("id", self.id)):
            if text.uses(placeholder) and place is None:
                raise ConfigurationError(
                    f"'template' holds {{{placeholder}}}: {placeholder!r} must say where it goes"
                )
        if self.timestamp is not None and not text.uses("timestamp"):
            raise ConfigurationError("'template' must sign the {timestamp}")
        object.__setattr__(self, "_text", text)
        object.__setattr__(self, "_key", _key_of(self.secret, self.secret_encoding))

    def sign(self, request: PreparedRequest, at: float) -> None:
        """See ``Signer.sign``."""
        timestamp = _TIMES[self.timestamp_format](at)
        if self.timestamp is not None:
            _put(request, self.timestamp, timestamp)
        message_id = _message_id(request, self.id, at) if self.id is not None else ""
        text = self._text.render(request, timestamp=timestamp, message_id=message_id)
        digest = hmac.digest(self._key, text, self.algorithm)
        _put(request, self.signature, self.prefix + _ENCODINGS[self.encoding](digest))


@dataclass(frozen=True, slots=True)
class StandardWebhooksSigned:
    """Standard Webhooks ``v1``: id, time and body under HMAC-SHA256.

    A ``webhook-id`` that the call has set stays, so that its repeats keep the id.

    Source: the Standard Webhooks specification. Its own library would bring httpx.

    Attributes:
        secret: base64, with or without ``whsec_`` before it.

    Raises:
        ConfigurationError: the secret is no base64.
    """

    secret: str = field(repr=False)
    _key: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_key", _key_of(self.secret.removeprefix("whsec_"), "base64"))

    def sign(self, request: PreparedRequest, at: float) -> None:
        """See ``Signer.sign``."""
        message_id = _message_id(request, "header:webhook-id", at)
        timestamp = str(int(at))
        text = f"{message_id}.{timestamp}.".encode() + body_of(request)
        digest = base64.b64encode(hmac.digest(self._key, text, "sha256")).decode()
        request.headers["webhook-timestamp"] = timestamp
        request.headers["webhook-signature"] = f"v1,{digest}"


def _key_of(secret: str, encoding: str) -> bytes:
    try:
        key = _KEYS[encoding](secret.strip() if encoding != "text" else secret)
    except (ValueError, binascii.Error):
        key = b""
    if not key:
        raise ConfigurationError(f"The signing secret is empty or no {encoding}: enter it again.")
    return key


def _split(place: str) -> tuple[str, str]:
    kind, _, name = place.partition(":")
    if kind not in ("header", "query") or not name:
        raise ConfigurationError(
            f"{place!r} is no place in a request; write header:X-Name or query:name"
        )
    return kind, name


def _put(request: PreparedRequest, place: str, value: str) -> None:
    kind, name = _split(place)
    if kind == "header":
        request.headers[name] = value
    else:
        request.prepare_url(request.url, {name: value})


def _message_id(request: PreparedRequest, place: str, at: float) -> str:
    kind, name = _split(place)
    standing = request.headers.get(name) if kind == "header" else None
    if standing is not None:
        return standing if isinstance(standing, str) else standing.decode()
    made = ulid(at)
    _put(request, place, made)
    return made
