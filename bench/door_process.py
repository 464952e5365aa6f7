"""What runs in the measured processes: the built webhook function, or bare botocore.

``python door_process.py cold-ours|cold-bare|warm|load ...``; needs nothing of this project but
the artifact on PYTHONPATH.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
import time
from base64 import b64decode, b64encode
from typing import Any

SECRET = "whsec_YmVuY2gtc2lnbmluZy1rZXktMDAwMDAwMDAwMDAw"
BODY = json.dumps({"type": "order.created", "data": {"id": "1001", "pad": "x" * 900}})


def event(number: int) -> dict[str, Any]:
    """An API Gateway event, signed for now."""
    message, now = f"evt-{number:08d}", str(int(time.time()))
    key = b64decode(SECRET[6:])
    signed = hmac.new(key, f"{message}.{now}.{BODY}".encode(), hashlib.sha256).digest()
    return {
        "version": "2.0",
        "rawPath": "/webhooks/shop",
        "rawQueryString": "",
        "headers": {
            "host": "api.example",
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": now,
            "webhook-signature": "v1," + b64encode(signed).decode(),
        },
        "requestContext": {
            "requestId": message,
            "domainName": "api.example",
            "http": {"method": "POST", "path": "/webhooks/shop", "sourceIp": "192.0.2.1"},
        },
        "pathParameters": {"connection": "shop"},
        "body": BODY,
        "isBase64Encoded": False,
    }


def bare_clients() -> tuple[Any, Any]:
    """The two clients that the door needs, made as small as botocore allows."""
    import botocore.session
    from botocore.config import Config

    session = botocore.session.get_session()
    config = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard"})
    return (
        session.create_client("secretsmanager", config=config),
        session.create_client("sqs", config=config),
    )


def send(sqs: Any) -> None:
    """One bare send of a message of the same size."""
    sqs.send_message(
        QueueUrl=os.environ["JOBS_QUEUE_URL"], MessageBody=BODY + "x" * 400, MessageGroupId="shop"
    )


def cold_ours() -> None:
    """Process start to the first answer, through the handler."""
    first = event(0)
    from webhook.handler import handler

    answer = handler(first, None)
    assert answer["statusCode"] == 200, answer
    print("answered", flush=True)


def cold_bare() -> None:
    """Process start to the same two calls done by botocore alone."""
    secrets, sqs = bare_clients()
    secrets.get_secret_value(SecretId="mostik/door/shop")
    send(sqs)
    print("answered", flush=True)


def warm(rounds: int, calls: int) -> None:
    """Alternates blocks of handler calls and bare sends; prints medians of both, in seconds."""
    from webhook.handler import handler

    _, sqs = bare_clients()
    ours, bare = [], []
    for number in range(50):
        handler(event(number), None)
        send(sqs)
    for block in range(rounds):
        events = [event(1000 + block * calls + number) for number in range(calls)]
        began = time.perf_counter()
        for one in events:
            handler(one, None)
        ours.append((time.perf_counter() - began) / calls)
        began = time.perf_counter()
        for _ in range(calls):
            send(sqs)
        bare.append((time.perf_counter() - began) / calls)
    print(json.dumps({"ours": ours, "bare": bare}), flush=True)


def load(first: int, count: int, per_second: float) -> None:
    """Offers events at a fixed rate, however long each takes; prints refusals and waiting times."""
    from webhook.handler import handler

    handler(event(first), None)
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    refused, late = 0, []
    for number in range(count):
        due = began + number / per_second
        wait = due - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        answer = handler(event(first + number), None)
        refused += answer["statusCode"] != 200
        late.append(time.perf_counter() - due)
    late.sort()
    print(
        json.dumps(
            {"refused": refused, "p99": late[int(count * 0.99)], "worst": late[-1],
             "seconds": time.perf_counter() - began}
        ),
        flush=True,
    )  # fmt: skip


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["cold-ours"]:
            cold_ours()
        case ["cold-bare"]:
            cold_bare()
        case ["warm", rounds, calls]:
            warm(int(rounds), int(calls))
        case ["load", first, count, rate]:
            load(int(first), int(count), float(rate))
