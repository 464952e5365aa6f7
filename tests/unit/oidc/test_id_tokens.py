"""The verifier: what an id token must be, and nothing else."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from local.sandbox.oidc import CLIENT_ID, USERS, IdentityProvider
from mostik.admin.signin.idtoken import TokenRefused, verified_claims
from mostik.admin.signin.provider import Provider
from mostik.admin.signin.settings import SignInSettings
from mostik.errors import ConfigurationError
from tests.support.adminrig import ISSUER, ProviderCalls
from tests.support.clock import STARTS_AT, FakeClock

ANNA = USERS["anna"]
NOW = int(STARTS_AT)


class World:
    """A provider, and what Mostik knows of it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.identity = IdentityProvider(ISSUER, self.clock)
        settings = SignInSettings(issuer=ISSUER, client_id=CLIENT_ID)
        self.provider = Provider(settings, ProviderCalls(self.identity), self.clock)

    def verify(self, token: str) -> Any:
        return verified_claims(token, "nonce", self.provider, self.clock)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_a_token_of_this_sign_in_says_who_it_is(world: World) -> None:
    claims = world.verify(world.identity.id_token(ANNA, "nonce"))
    assert (claims["sub"], claims["cognito:groups"]) == ("user-anna", ["viewer", "admin"])


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": None},
        {"nonce": "other"},
        {"nonce": None},
        {"exp": NOW - 11},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"iat": NOW + 11},
        {"iat": NOW - 601},
        {"iat": None},
        {"nbf": NOW + 60},
        {"token_use": "access"},
        {"azp": "another"},
        {"sub": ""},
        {"sub": None},
    ],
)
def test_a_token_that_is_not_for_us_not_of_now_or_of_nobody_is_refused(
    world: World, claims: dict[str, Any]
) -> None:
    with pytest.raises(TokenRefused):
        world.verify(world.identity.id_token(ANNA, **{"nonce": "nonce", **claims}))


def test_clocks_may_differ_by_ten_seconds(world: World) -> None:
    assert world.verify(world.identity.id_token(ANNA, "nonce", exp=NOW - 9, iat=NOW + 9))


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_of_another_algorithm_is_refused(world: World, algorithm: str) -> None:
    # GIVEN a token that anybody can make: unsigned, or signed with what everybody knows
    honest = jwt.decode(world.identity.id_token(ANNA, "nonce"), options={"verify_signature": False})
    kid = world.identity.keys()["keys"][0]["kid"]
    key = "a public key is no secret, whoever knows it" if algorithm == "HS256" else ""
    forged = jwt.encode(honest, key, algorithm, headers={"kid": kid})
    # THEN
    with pytest.raises(TokenRefused, match="another algorithm"):
        world.verify(forged)


def test_a_token_of_another_key_is_refused(world: World) -> None:
    # GIVEN somebody else's provider, which calls itself and its key by the same names
    other = IdentityProvider(ISSUER, world.clock)
    token = other.id_token(ANNA, "nonce")
    with pytest.raises(TokenRefused, match="no published key"):
        world.verify(token)


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c", "....", "\ud800"])
def test_what_is_no_token_is_refused(world: World, text: str) -> None:
    with pytest.raises(TokenRefused):
        world.verify(text)


def test_new_keys_are_asked_for_at_most_once_a_minute() -> None:
    # GIVEN a provider whose keys are known
    world = World()
    world.verify(world.identity.id_token(ANNA, "nonce"))
    # WHEN it turns them
    world.identity.turn_keys()
    token = world.identity.id_token(ANNA, "nonce")
    # THEN within a minute the old ones are all there is, and then the new ones are read
    with pytest.raises(TokenRefused, match="no published key"):
        world.verify(token)
    world.clock.advance(60)
    assert world.verify(world.identity.id_token(ANNA, "nonce"))


def test_a_provider_by_another_name_is_refused() -> None:
    # GIVEN an address at which somebody else's description lies
    clock = FakeClock()
    settings = SignInSettings(issuer=ISSUER, client_id=CLIENT_ID)
    calls = ProviderCalls(IdentityProvider("https://other.example", clock))
    # THEN
    with pytest.raises(ConfigurationError, match="another issuer"):
        Provider(settings, calls, clock).metadata()
