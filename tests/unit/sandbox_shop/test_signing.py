"""The shop signs as Standard Webhooks say."""

from __future__ import annotations

from local.sandbox.shop.signing import signature, signed_headers


def test_the_published_vector_comes_out() -> None:
    # GIVEN the values of the reference library's own tests (standard-webhooks, libraries/python)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    # WHEN
    signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    # THEN
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_prefix_of_the_secret_is_not_part_of_the_key() -> None:
    bare = signature("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_1", 1, b"{}")

    assert bare == signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_1", 1, b"{}")


def test_the_three_headers_are_there() -> None:
    headers = signed_headers("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_1", 17, b"{}")

    assert headers["webhook-id"] == "msg_1"
    assert headers["webhook-timestamp"] == "17"
    assert headers["webhook-signature"].startswith("v1,")
    assert headers["Content-Type"] == "application/json"
