"""A stub of Secrets Manager and SQS over TLS on loopback, as small as it can be: it must not be
what is measured. Run as a process: ``python -m bench.stub CERTIFICATE KEY DOOR``; prints its port.

It answers GetSecretValue with the door document and counts SendMessage; ``GET /count`` tells.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from pathlib import Path

_SENT = b'{"MessageId":"00000000-0000-0000-0000-000000000000"}'


class Stub(asyncio.Protocol):
    """One connection: keep-alive, one request at a time."""

    sent = 0
    ids: set[str]
    document = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remembers where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answers every whole request."""
        self._buffer += data
        while True:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            length = _length(head)
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            self._answer(head, rest[:length])

    def _answer(self, head: bytes, body: bytes) -> None:
        if b"GetSecretValue" in head:
            content = Stub.document
        elif b"SendMessage" in head:
            Stub.sent += 1
            marker = body.find(b"evt-")
            if marker >= 0:
                Stub.ids.add(body[marker : marker + 12].decode())
            content = _SENT
        else:
            content = json.dumps({"sent": Stub.sent, "distinct": len(Stub.ids)}).encode()
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: "
            + str(len(content)).encode()
            + b"\r\n\r\n"
            + content
        )


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve(certificate: str, key: str, door: str) -> None:
    """Serves until killed."""
    Stub.ids = set()
    Stub.document = json.dumps(
        {"Name": "door", "SecretString": Path(door).read_text(), "ARN": "arn", "VersionId": "1"}
    ).encode()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Stub, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:4]))
