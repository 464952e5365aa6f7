"""The door of one connection: how its events are proved, which are wanted, what the sender is told.

The document is the JSON of the secret ``<prefix>/door/<connection>``::

    {"v": 1,
     "scheme": "hmac", "parameters": {"signature": "header:X-Signature"},
     "secrets": [{"id": "1", "value": "...", "not_after": null}],
     "filters": [{"at": "json:type", "any_of": ["order.*"]}],
     "acknowledgement": {"status": 200, "body": "OK", "content_type": "text/plain"},
     "handshake": {"kind": "meta", "verify_token": "..."},
     "methods": ["POST"], "content_types": ["application/json"], "max_body": 65536,
     "install": [{"id": "install", "value": "...", "not_after": 1790000000}]}

Only ``v``, ``scheme`` and, for most schemes, ``secrets`` are needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mostik.errors import ConfigurationError
from mostik.inbound.acknowledgement import Acknowledgement, default_for
from mostik.inbound.filters import Filter, FilterVerdict, verdict
from mostik.inbound.keys import Fetch
from mostik.inbound.private import Private
from mostik.inbound.proof import live
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, CarriesCredentials, Scheme
from mostik.inbound.schemes.catalogue import scheme_from
from mostik.inbound.travel import Proofs

VERSION = 1

LARGEST_DOCUMENT = 32 * 1024
"""Bytes; half of what Secrets Manager takes, so that a rotation still fits."""

METHODS = ("GET", "POST", "PUT")

HANDSHAKES = ("slack", "meta", "msgraph", "okta", "zoom", "x", "sns")
"""Handshake kinds; ``mostik.inbound.handshake`` answers all but ``sns``, which is a job."""


@dataclass(frozen=True)
class Door:
    """A door document, read and checked.

    Attributes:
        scheme_name: a name of the catalogue.
        parameters: what differs from its defaults.
        secrets: all of them, live or not.
        filters: every one must hold for an event to be queued.
        acknowledgement: the answer to an accepted event.
        handshake: the kind of subscription handshake that this door answers, ``None`` for none.
        verify_token: what Meta's handshake must present.
        methods: accepted for events; a handshake may come as GET besides.
        content_types: accepted media types; empty admits any.
        max_body: bytes, when it is less than the function's own limit.
        install: secret path segments at which an application may hand over its first tokens.
        fetch: reads public keys from elsewhere, for the schemes that need it.
    """

    scheme_name: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    secrets: tuple[AcceptedSecret, ...] = ()
    filters: tuple[Filter, ...] = ()
    acknowledgement: Acknowledgement = field(default_factory=Acknowledgement)
    handshake: str | None = None
    verify_token: str | None = field(default=None, repr=False)
    methods: tuple[str, ...] = ("POST",)
    content_types: tuple[str, ...] = ()
    max_body: int | None = None
    install: tuple[AcceptedSecret, ...] = ()
    fetch: Fetch | None = field(default=None, repr=False, compare=False)

    @cached_property
    def scheme(self) -> Scheme:
        """The scheme, built once.

        Raises:
            ConfigurationError: an unknown scheme or parameter.
        """
        return scheme_from(self.scheme_name, self.parameters, self.fetch)

    @cached_property
    def proofs(self) -> Proofs:
        """What must not travel on with an event."""
        return Proofs(secret.value for secret in (*self.secrets, *self.install))

    @cached_property
    def private(self) -> Private:
        """Fields of its events that hold credentials, which must not travel on either."""
        scheme = self.scheme
        return scheme.credentials if isinstance(scheme, CarriesCredentials) else Private()

    def live_secrets(self, now: int) -> list[AcceptedSecret]:
        """The secrets that may prove something at ``now`` (unix seconds)."""
        return live(self.secrets, now)

    def admits_content_type(self, request: InboundRequest) -> bool:
        """Whether the request's media type is one that this door takes."""
        return not self.content_types or request.content_type in self.content_types


def passes(door: Door, request: InboundRequest) -> FilterVerdict:
    """Whether a verified event is wanted."""
    return verdict(door.filters, request)


def parse_door(text: str, fetch: Fetch | None = None) -> Door:
    """Reads a door document; the scheme is built too, so a wrong parameter shows here.

    Raises:
        ConfigurationError: what is wrong and what would be right, without any value of a secret.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigurationError("the door document is not JSON") from None
    members = _members("the door document", document, _DOOR)
    if members.get("v") != VERSION:
        raise ConfigurationError(f"the door document's 'v' must be {VERSION}")
    scheme = _required(members, "scheme", str, "text")
    handshake = _members("'handshake'", members.get("handshake") or {}, ("kind", "verify_token"))
    ack = members.get("acknowledgement")
    door = Door(
        scheme_name=scheme,
        parameters=_optional(members, "parameters", dict, "an object") or {},
        secrets=tuple(
            _secret(item) for item in _optional(members, "secrets", list, "a list") or []
        ),
        filters=tuple(
            _filter(item) for item in _optional(members, "filters", list, "a list") or []
        ),
        acknowledgement=default_for(scheme) if ack is None else _acknowledgement(ack),
        handshake=_optional(handshake, "kind", str, "text"),
        verify_token=_optional(handshake, "verify_token", str, "text"),
        methods=tuple(name.upper() for name in _texts(members, "methods")) or ("POST",),
        content_types=tuple(name.lower() for name in _texts(members, "content_types")),
        max_body=_optional(members, "max_body", int, "a whole number"),
        install=tuple(
            _secret(item) for item in _optional(members, "install", list, "a list") or []
        ),
        fetch=fetch,
    )
    _check(door)
    return door


def dump_door(door: Door) -> str:
    """The document of ``door``, checked as ``parse_door`` checks it.

    Raises:
        ConfigurationError: the door is wrong, or its document is larger than 32 KB.
    """
    handshake = {"kind": door.handshake, "verify_token": door.verify_token}
    document: dict[str, Any] = {
        "v": VERSION,
        "scheme": door.scheme_name,
        "parameters": dict(door.parameters),
        "secrets": _secrets(door.secrets),
        "filters": [
            {"at": item.at, "any_of": item.any_of, "none_of": item.none_of} for item in door.filters
        ],
        "acknowledgement": {
            "status": door.acknowledgement.status,
            "body": door.acknowledgement.body,
            "content_type": door.acknowledgement.content_type,
        },
        "handshake": handshake if door.handshake else None,
        "methods": door.methods,
        "content_types": door.content_types,
        "max_body": door.max_body,
    }
    if door.install:
        document["install"] = _secrets(door.install)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LARGEST_DOCUMENT:
        raise ConfigurationError(
            f"the door document is {size} bytes; {LARGEST_DOCUMENT} is the limit: "
            "remove secrets that are no longer used"
        )
    parse_door(text)
    return text


_DOOR = (
    "v",
    "scheme",
    "parameters",
    "secrets",
    "filters",
    "acknowledgement",
    "handshake",
    "methods",
    "content_types",
    "max_body",
    "install",
)

_SHORTEST_INSTALL_SECRET = 20
"""Characters of a path segment that proves alone, and to anybody on the internet."""


def _check(door: Door) -> None:
    door.acknowledgement.check()
    for rule in door.filters:
        rule.check()
    unknown = [name for name in door.methods if name not in METHODS]
    if unknown:
        raise ConfigurationError(
            f"'methods' cannot hold {unknown[0]!r}; write one of: {', '.join(METHODS)}"
        )
    if door.max_body is not None and door.max_body <= 0:
        raise ConfigurationError("'max_body' must be more than 0 bytes")
    if door.handshake is not None and door.handshake not in HANDSHAKES:
        raise ConfigurationError(
            f"'handshake' cannot be {door.handshake!r}; write one of: {', '.join(HANDSHAKES)}"
        )
    if door.handshake == "meta" and not door.verify_token:
        raise ConfigurationError("the handshake 'meta' needs a 'verify_token'")
    ids = [secret.id for secret in door.secrets]
    if len(set(ids)) != len(ids):
        raise ConfigurationError("two secrets have the same 'id'")
    if any(len(secret.value) < _SHORTEST_INSTALL_SECRET for secret in door.install):
        raise ConfigurationError(
            f"a secret of 'install' must be at least {_SHORTEST_INSTALL_SECRET} characters long"
        )
    if door.install and not isinstance(door.scheme, CarriesCredentials):
        raise ConfigurationError(f"scheme {door.scheme_name!r} knows no installations")
    _ = door.scheme  # built now: a wrong parameter is a fault of the document


def _members(where: str, value: object, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{where} must be an object")
    for name in value:
        if name not in known:
            raise ConfigurationError(
                f"{where} has no field {name!r}; its fields are: {', '.join(known)}"
            )
    return value


def _optional(members: Mapping[str, Any], name: str, kind: type, words: str) -> Any:
    value = members.get(name)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise ConfigurationError(f"{name!r} must be {words}")
    return value


def _required(members: Mapping[str, Any], name: str, kind: type, words: str) -> Any:
    value = _optional(members, name, kind, words)
    if value is None:
        raise ConfigurationError(f"{name!r} is missing; it must be {words}")
    return value


def _texts(members: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = _optional(members, name, list, "a list of texts") or []
    if not all(isinstance(item, str) for item in value):
        raise ConfigurationError(f"{name!r} must be a list of texts")
    return tuple(value)


def _secrets(secrets: tuple[AcceptedSecret, ...]) -> list[dict[str, Any]]:
    return [{"id": item.id, "value": item.value, "not_after": item.not_after} for item in secrets]


def _secret(item: object) -> AcceptedSecret:
    members = _members("a secret", item, ("id", "value", "not_after"))
    return AcceptedSecret(
        id=_required(members, "id", str, "text"),
        value=_required(members, "value", str, "text"),
        not_after=_optional(members, "not_after", int, "unix seconds"),
    )


def _filter(item: object) -> Filter:
    members = _members("a filter", item, ("at", "any_of", "none_of"))
    return Filter(
        at=_required(members, "at", str, "text"),
        any_of=_texts(members, "any_of"),
        none_of=_texts(members, "none_of"),
    )


def _acknowledgement(item: object) -> Acknowledgement:
    members = _members("'acknowledgement'", item, ("status", "body", "content_type"))
    default = Acknowledgement()
    body = members.get("body")
    if isinstance(body, dict | list):
        body = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    elif body is not None and not isinstance(body, str):
        raise ConfigurationError("'body' of the acknowledgement must be text or an object")
    status = _optional(members, "status", int, "a whole number")
    return Acknowledgement(
        status=default.status if status is None else status,
        body=default.body if body is None else body,
        content_type=_optional(members, "content_type", str, "text") or default.content_type,
    )
