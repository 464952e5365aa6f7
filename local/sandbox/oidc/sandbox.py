"""The provider as a server: a page with one button for each user."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import parse_qsl

from local.sandbox.faults import Fault
from local.sandbox.oidc.provider import IdentityError, IdentityProvider
from local.sandbox.server import Answer, Call, Sandbox

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>
<h1>Sandbox sign-in</h1><p>Nobody asks for a password here. Who are you?</p>
<form method="post" action="/authorize?{query}">{buttons}</form></html>"""
_BUTTON = '<p><button name="login" value="{login}">{email} ({groups})</button></p>'


class OidcSandbox(Sandbox):
    """An OpenID Connect provider on loopback.

    Attributes:
        identity: the provider itself, once the server listens.
    """

    fault_target = "path"

    def start(self) -> OidcSandbox:
        """See ``Sandbox.start``."""
        super().start()
        self.identity = IdentityProvider(self.url, self.clock)
        return self

    def target_of(self, call: Call) -> str:
        """The path."""
        return call.path

    def answer(self, call: Call) -> Answer:
        """Discovery, keys, the page with the buttons, and tokens."""
        self.calls[f"{call.verb} {call.path}"] += 1
        query = dict(parse_qsl(call.query))
        form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
        try:
            match call.verb, call.path:
                case "GET", "/.well-known/openid-configuration":
                    return Answer.of_json(self.identity.metadata())
                case "GET", "/keys":
                    return Answer.of_json(self.identity.keys())
                case "GET", "/authorize":
                    self.identity.check(query)
                    return Answer(200, self._page(call.query).encode(), "text/html; charset=utf-8")
                case "POST", "/authorize":
                    place = self.identity.sign_in(query, form.get("login", ""))
                    return Answer(302, b"", "text/plain", (("Location", place),))
                case "POST", "/token":
                    return Answer.of_json(self.identity.token(form))
                case _:
                    return Answer.of_json({"error": "not_found"}, 404)
        except IdentityError as error:
            return Answer.of_json({"error": str(error)}, 400)

    def _page(self, query: str) -> str:
        buttons = "".join(
            _BUTTON.format(
                login=escape(user.login),
                email=escape(user.email),
                groups=escape(", ".join(user.groups)),
            )
            for user in self.identity.users.values()
        )
        return _PAGE.format(query=escape(query), buttons=buttons)

    def scripted_error(self, fault: Fault) -> Answer:
        """An OAuth error."""
        return Answer.of_json({"error": fault.error or "temporarily_unavailable"}, fault.status)

    def state(self) -> dict[str, Any]:
        """Who can sign in."""
        return {"users": sorted(self.identity.users)}

    def snapshot(self) -> dict[str, Any]:
        """Nothing is kept: keys are made anew with every start."""
        return {}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Nothing was kept."""
        del data

    def clear(self) -> None:
        """There is nothing to forget."""

    def actions(self) -> Mapping[str, Callable[[Any], Any]]:
        """``turn_keys``."""

        def turn_keys(_data: Any) -> Any:
            self.identity.turn_keys()
            return {}

        return {"turn_keys": turn_keys}
