"""The sandbox's identity provider on loopback, asked with the real calls."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests

from local.sandbox.oidc import CLIENT_ID, OidcSandbox
from mostik.admin.signin.flow import Begun
from mostik.admin.signin.idtoken import verified_claims
from mostik.admin.signin.provider import GuardedCalls, Provider
from mostik.admin.signin.settings import SignInSettings
from mostik.errors import ConfigurationError

pytestmark = pytest.mark.loopback
LOOPBACK = ("127.0.0.0/8",)
BACK = "http://127.0.0.1:1/admin/callback"


def test_somebody_signs_in_over_http() -> None:
    with OidcSandbox(host="127.0.0.1", port=0) as sandbox:
        # GIVEN a provider that the document allows on loopback
        settings = SignInSettings(issuer=sandbox.url, client_id=CLIENT_ID, networks=LOOPBACK)
        provider = Provider(settings, GuardedCalls(LOOPBACK), sandbox.clock)
        begun = Begun.new("/admin")
        address = begun.address(provider, BACK)
        # WHEN they choose who they are
        assert "anna@shop.example" in requests.get(address, timeout=5).text
        chosen = requests.post(address, data={"login": "anna"}, timeout=5, allow_redirects=False)
        query = dict(parse_qsl(urlsplit(chosen.headers["Location"]).query))
        token = provider.exchange(begun.code_of(query), begun.verifier, BACK)
        # THEN the token says so, and the code is used up
        assert token is not None
        claims = verified_claims(token, begun.nonce, provider, sandbox.clock)
        assert claims["email"] == "anna@shop.example"
        assert provider.exchange(query["code"], begun.verifier, BACK) is None


def test_a_request_that_is_not_ours_gets_no_page() -> None:
    with OidcSandbox(host="127.0.0.1", port=0) as sandbox:
        query = urlencode({"client_id": "another", "response_type": "code"})
        refused = requests.get(f"{sandbox.url}/authorize?{query}", timeout=5)
        assert (refused.status_code, refused.json()) == (400, {"error": "invalid_request"})


def test_without_the_network_in_the_document_a_private_address_is_not_called() -> None:
    with pytest.raises(ConfigurationError):
        GuardedCalls().get("http://127.0.0.1:9/.well-known/openid-configuration")
