"""An external API on loopback, as small as it can be: it must not be what is measured.

Run as a process: ``python -m bench.api LATENCY_SECONDS``; prints its port. Every request gets the
same order of 1 KB, after the latency, on a connection that stays open.
"""

from __future__ import annotations

import asyncio
import json
import sys

ORDER = {
    "id": "1001",
    "number": "A-1001",
    "status": "new",
    "total": "12345.50",
    "currency": "RUB",
    "comment": "к 18:00",
    "customer": {"id": "C-17", "name": "Иван Петров", "phone": "+79990000017"},
    "positions": [
        {"sku": f"SKU-{number:05d}", "title": "A thing of a shop", "price": "617.28", "count": 2}
        for number in range(9)
    ],
}
_BODY = json.dumps(ORDER, ensure_ascii=False).encode()
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: bench\r\nContent-Length: "
    + str(len(_BODY)).encode()
    + b"\r\n\r\n"
    + _BODY
)


class Api(asyncio.Protocol):
    """One connection: keep-alive, one request at a time, requests without a body."""

    latency = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remembers where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answers every whole request, after the latency."""
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            self._buffer = self._buffer.partition(b"\r\n\r\n")[2]
            if Api.latency:
                asyncio.get_running_loop().call_later(Api.latency, self._transport.write, _ANSWER)
            else:
                self._transport.write(_ANSWER)


async def serve(latency: float) -> None:
    """Serves until killed."""
    Api.latency = latency
    server = await asyncio.get_running_loop().create_server(Api, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
