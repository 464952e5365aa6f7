"""The whole admin in memory behind a real address on loopback, with something to look at."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mostik.admin.roles import Role
from mostik.errors import Family, GiveUp, WhoActs
from mostik.ids import ulid
from mostik.requestlog.entry import Direction, Exchange, LogEntry
from mostik.requestlog.store import RequestLog
from tests.support.adminrig import CONTEXT, AdminRig
from tests.support.rig import HERE, THERE

PREFIX = "/prefix/$default"
"""As below an emulator: the pages must not need to be at the root."""


def furnished(rig: AdminRig) -> AdminRig:
    """Fills an admin: calls of two hours, three things in two causes that failed, one carried."""
    now = rig.clock()
    entries = []
    for number in range(120):
        bad = number % 17 == 3
        at = now - number * 61
        answer = b'{"error":"QUERY_LIMIT_EXCEEDED"}' if bad else b'{"result":{"id":17}}'
        entries.append(
            LogEntry(
                id=ulid(at), at=at, connection=(HERE, THERE)[number % 2],
                direction=Direction.OUT if number % 3 else Direction.IN,
                method="POST" if number % 3 else "GET",
                endpoint="crm.item.update" if number % 2 else "orders/{id}",
                url=f"https://shop.example/orders/{number}", status=503 if bad else 200,
                duration_ms=40 + number * 7 % 900, attempt=1 + bad,
                family=Family.RETRY_LATER if bad else None,
                error="The other side is overloaded; the job waits." if bad else None,
                job=f"{HERE}/things/{number}", event=f"event-{number}",
                record=f"things/{number}", trace=None,
                request=Exchange({"content-type": "application/json"}, b'{"id":1}', 8),
                response=Exchange({"content-type": "application/json"}, answer, len(answer)),
            )
        )  # fmt: skip
    RequestLog(rig.rig.log_table, rig.rig.blobs).write(entries)
    for key in ("order-1", "order-2", "order-3"):
        rig.rig.here.put(key, f"text of {key}")
        rig.rig.touch(key)
        if key != "order-3":
            rig.rig.there.errors[f"text of {key}"] = GiveUp(
                "The price type is not known there.", who=WhoActs.ADMIN
            )
    for _ in range(4):
        rig.rig.work()
    return rig


@contextmanager
def served(rig: AdminRig) -> Iterator[str]:
    """Serves an admin. Yields its address; the sign-in page has one link for each user."""
    lock = Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = parts.path.removeprefix(PREFIX)
            if path == "/sign-in":
                return self.sign_in(dict(parse_qsl(parts.query))["as"])
            event = {
                "version": "2.0", "rawPath": path, "rawQueryString": parts.query,
                "queryStringParameters": dict(parse_qsl(parts.query, keep_blank_values=True)),
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "cookies": (self.headers.get("cookie") or "").split("; "),
                "body": body.decode() or None, "isBase64Encoded": False,
                "requestContext": {
                    "stage": "$default", "domainName": self.headers.get("host", ""),
                    "http": {"method": self.command, "path": path, "sourceIp": "127.0.0.1"},
                },
            }  # fmt: skip
            with lock:
                answer = rig.front.resolve(event, CONTEXT)
            self.reply(answer)

        do_POST = do_GET  # noqa: N815 - the names that the base class calls

        def sign_in(self, role: str) -> None:
            session = rig.sessions.begin(role, f"{role}@shop.example", Role(role))
            cookie = f"__Host-mostik={session}; Path=/; Secure; HttpOnly"
            self.reply({"statusCode": 302, "headers": {"Location": f"{PREFIX}/admin"},
                        "cookies": [cookie], "body": ""})  # fmt: skip

        def reply(self, answer: dict[str, Any]) -> None:
            text = answer.get("body") or ""
            body = b64decode(text) if answer.get("isBase64Encoded") else text.encode()
            self.send_response(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            for cookie in answer.get("cookies") or []:
                self.send_header("Set-Cookie", cookie)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_port}{PREFIX}"
    rig.secrets.documents["sign-in"] = (
        '{"issuer": "https://id.example", "client_id": "x", "public_url": "' + address + '"}'
    )
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
