"""Whatever the gateway hands over, the door answers: never an exception, never a 5xx."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mostik.inbound.gateway import arrival_of, response_of
from tests.support.door_rig import DoorRig
from tests.support.rig import HERE

RIG = DoorRig()
TEXT = st.text(max_size=200)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["content-type", "X-Signature", "x-delivery", "authorization", "cookie", "host", "ж", ""]
    ),
    TEXT | st.just("x" * 65_536) | st.just(",=,=") | st.just("Basic \xff"),
)
EVENTS = st.fixed_dictionaries(
    {
        "requestContext": st.fixed_dictionaries(
            {
                "http": st.fixed_dictionaries(
                    {"method": st.sampled_from(["GET", "POST", "PUT", "x"]), "sourceIp": TEXT}
                )
            }
        )
    },
    optional={
        "rawPath": TEXT,
        "rawQueryString": TEXT,
        "headers": HEADERS | st.none(),
        "cookies": st.lists(TEXT, max_size=3),
        "body": TEXT | st.none(),
        "isBase64Encoded": st.booleans(),
        "pathParameters": st.none()
        | st.fixed_dictionaries({}, optional={"connection": TEXT | st.just(HERE), "token": TEXT}),
    },
)


@given(EVENTS)
def test_junk_from_the_gateway_is_answered_and_never_queued(event: dict[str, Any]) -> None:
    # WHEN any event is handed over
    response = response_of(RIG.intake.take(arrival_of(event, RIG.clock())))
    # THEN it is a refusal in words, and nothing is queued
    assert 400 <= response["statusCode"] < 500
    assert response["headers"]["Content-Type"] == "application/problem+json"
    assert RIG.queue.bodies == []
