"""The schemes by name: a fixed table of modules, each imported when a door first needs it.

A vendor is a row: the class of its family and the parameters that differ. Nothing here is imported
by a name that a request carries, and a door with an HMAC never loads a crypto package.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, cast

from mostik.errors import ConfigurationError
from mostik.inbound.keys import Fetch
from mostik.inbound.scheme import Scheme

_HMAC = ("hmac_signature", "HmacSignature")
_LABELLED = ("labelled_hmac", "LabelledHmac")
_TOKEN = ("shared_token", "SharedToken")
_FORM = ("form_token", "FormToken")
_STANDARD = ("standard_webhooks", "StandardWebhooks")
_PUBLIC_KEY = ("public_key_signature", "PublicKeySignature")

# Names of fields and places, no secrets, though some hold the word "token".
TABLE: dict[str, tuple[tuple[str, str], dict[str, object]]] = {
    "hmac": (_HMAC, {}),
    "standard_webhooks": (_STANDARD, {}),
    "svix": (_STANDARD, {}),
    "standard_webhooks_v1a": (("standard_webhooks_v1a", "StandardWebhooksV1a"), {}),
    "form_token": (_FORM, {}),
    # Of ``auth`` only what is known to be harmless travels: an event to an application carries its
    # access token, and most of the documented ones a refresh token too.
    "bitrix24": (
        _FORM,
        {
            "field": "auth[application_token]",
            "private": ("auth", "data[token]"),
            "plain": (
                "auth[domain]",
                "auth[member_id]",
                "auth[client_endpoint]",
                "auth[server_endpoint]",
                "auth[scope]",
                "auth[status]",
                "auth[expires]",
                "auth[expires_in]",
                "auth[user_id]",
            ),
        },
    ),
    "github": (
        _HMAC,
        {
            "signature": "header:X-Hub-Signature-256",
            "prefix": "sha256=",
            "delivery_id": ("header:X-GitHub-Delivery",),
        },
    ),
    "meta": (_HMAC, {"signature": "header:X-Hub-Signature-256", "prefix": "sha256="}),
    "x": (
        _HMAC,
        {
            "signature": "header:X-Twitter-Webhooks-Signature",
            "prefix": "sha256=",
            "encoding": "base64",
        },
    ),
    "shopify": (
        _HMAC,
        {
            "signature": "header:X-Shopify-Hmac-SHA256",
            "encoding": "base64",
            "delivery_id": ("header:X-Shopify-Webhook-Id",),
        },
    ),
    # WooCommerce makes its delivery id of the webhook and the second, so two orders that change in
    # one second share it: the resource and the body tell them apart.
    "woocommerce": (
        _HMAC,
        {
            "signature": "header:X-WC-Webhook-Signature",
            "encoding": "base64",
            "delivery_id": ("header:X-WC-Webhook-Delivery-ID", "json:id", "body"),
        },
    ),
    "slack": (
        _HMAC,
        {
            "signature": "header:X-Slack-Signature",
            "prefix": "v0=",
            "template": "v0:{timestamp}:{body}",
            "timestamp": "header:X-Slack-Request-Timestamp",
            "delivery_id": ("json:event_id",),
        },
    ),
    "zoom": (
        _HMAC,
        {
            "signature": "header:X-Zm-Signature",
            "prefix": "v0=",
            "template": "v0:{timestamp}:{body}",
            "timestamp": "header:X-Zm-Request-Timestamp",
        },
    ),
    "square": (
        _HMAC,
        {
            "signature": "header:X-Square-HmacSha256-Signature",
            "encoding": "base64",
            "template": "{url}{body}",
            "delivery_id": ("json:event_id",),
        },
    ),
    # Signs the timestamp and a token, not the body: the token is the delivery id, so the same proof
    # around another body is dropped as a duplicate. The vendor warns of delays and asks not to be
    # strict about the age.
    "mailgun": (
        _HMAC,
        {
            "signature": "json:signature.signature",
            "template": "{timestamp}{id}",
            "timestamp": "json:signature.timestamp",
            "tolerance": 900,
            "id": "json:signature.token",
            "delivery_id": ("json:signature.token",),
        },
    ),
    "kommo_chats": (_HMAC, {"algorithm": "sha1"}),
    "stripe": (
        _LABELLED,
        {"signature": "header:Stripe-Signature", "delivery_id": ("json:id",)},
    ),
    "cloudpayments": (("cloudpayments", "CloudPayments"), {}),
    "tbank": (("tbank", "TBankToken"), {}),
    "twilio": (
        ("twilio", "TwilioSignature"),
        {"delivery_id": ("header:I-Twilio-Idempotency-Token",)},
    ),
    "gitlab": (
        _TOKEN,
        {"token": "header:X-Gitlab-Token", "delivery_id": ("header:X-Gitlab-Event-UUID",)},
    ),
    "telegram": (
        _TOKEN,
        {
            "token": "header:X-Telegram-Bot-Api-Secret-Token",
            "delivery_id": ("json:update_id",),
        },
    ),
    "bearer": (_TOKEN, {"token": "header:Authorization", "prefix": "Bearer "}),
    "api_key": (_TOKEN, {"token": "header:X-Api-Key"}),
    "secret_path": (_TOKEN, {"token": "path"}),
    "kommo": (_TOKEN, {"token": "path"}),
    "cdek": (_TOKEN, {"token": "path"}),
    "basic": (("basic", "BasicLogin"), {}),
    "source_address": (("source_address", "SourceAddress"), {}),
    "yookassa": (
        ("source_address", "SourceAddress"),
        {
            # As the vendor's own Python SDK (3.13) lists them; a door may name others.
            "networks": (
                "185.71.76.0/27",
                "185.71.77.0/27",
                "77.75.153.0/25",
                "77.75.156.11",
                "77.75.156.35",
                "77.75.154.128/25",
                "2a02:5180:0:1509::/64",
                "2a02:5180:0:2655::/64",
                "2a02:5180:0:1533::/64",
                "2a02:5180:0:2669::/64",
            ),
            "delivery_id": ("json:event", "json:object.id"),
        },
    ),
    "public_key": (_PUBLIC_KEY, {}),
    "sendgrid": (
        _PUBLIC_KEY,
        {
            "signature": "header:X-Twilio-Email-Event-Webhook-Signature",
            "timestamp": "header:X-Twilio-Email-Event-Webhook-Timestamp",
            "template": "{timestamp}{body}",
        },
    ),
    "paypal": (("paypal", "PayPalSignature"), {}),
    "jwt": (("jwt_signature", "JwtSignature"), {}),
    "rfc9421": (("message_signature", "MessageSignature"), {}),
}

_INTERNAL = ("name", "fetch")


def scheme_from(name: str, parameters: Mapping[str, object], fetch: Fetch | None = None) -> Scheme:
    """The scheme called ``name`` with these parameters over those of its preset.

    Args:
        name: a name of ``TABLE``.
        parameters: as they stand in the door document (JSON values).
        fetch: reads public keys that a sender keeps elsewhere; schemes that need it refuse
            everything without it.

    Raises:
        ConfigurationError: an unknown name or parameter, or a value of a wrong kind; the text
            lists the valid ones.
    """
    if name not in TABLE:
        raise ConfigurationError(
            f"there is no signature scheme {name!r}; the schemes are: {', '.join(sorted(TABLE))}"
        )
    (module, class_name), preset = TABLE[name]
    cls = getattr(import_module(f"mostik.inbound.schemes.{module}"), class_name)
    fields = {item.name: str(item.type) for item in dataclasses.fields(cls) if item.init}
    arguments: dict[str, Any] = {**preset, **_checked(name, fields, parameters), "name": name}
    if "fetch" in fields:
        arguments["fetch"] = fetch
    missing = [
        item.name
        for item in dataclasses.fields(cls)
        if item.init
        and item.name not in arguments
        and item.default is dataclasses.MISSING
        and item.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ConfigurationError(f"scheme {name!r} needs the parameter {missing[0]!r}")
    try:
        return cast(Scheme, cls(**arguments))
    except ConfigurationError as error:
        raise ConfigurationError(f"scheme {name!r}: {error.text}") from None


def _checked(
    name: str, fields: Mapping[str, str], parameters: Mapping[str, object]
) -> dict[str, object]:
    checked: dict[str, object] = {}
    for parameter, value in parameters.items():
        if parameter not in fields or parameter in _INTERNAL:
            known = ", ".join(sorted(set(fields) - set(_INTERNAL)))
            raise ConfigurationError(
                f"scheme {name!r} has no parameter {parameter!r}; its parameters are: {known}"
            )
        kind = fields[parameter]
        if value is None and kind.endswith("| None"):
            checked[parameter] = None
            continue
        accept, words = _KINDS[kind.removesuffix(" | None")]
        try:
            checked[parameter] = accept(value)
        except TypeError:
            raise ConfigurationError(
                f"parameter {parameter!r} of scheme {name!r} must be {words}"
            ) from None
    return checked


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError
    return value


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise TypeError
    return tuple(value)


_KINDS: dict[str, tuple[Callable[[object], object], str]] = {
    "str": (_text, "text"),
    "int": (_integer, "a whole number, 0 or more"),
    "tuple[str, ...]": (_texts, "a list of texts"),
}
