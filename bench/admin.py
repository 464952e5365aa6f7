"""The suite ``admin``: how long the function takes for a page, and what a first visit weighs.

The store is in memory, so that what is measured is ours: the search, the masking, the checks of the
API, the template and the compression.
"""

from __future__ import annotations

import gzip
import re
import sys
import time
from base64 import b64decode
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from bench.logbook import NOW, SHOPS, Logbook
from bench.rows import Row, absolute
from mostik.admin.roles import Role
from mostik.connections.connection import Connection
from mostik.requestlog.store import RequestLog
from tests.support.adminrig import CONTEXT, HOST, AdminRig
from tests.support.shelf import NAME

SUITE = "admin"
_ROUNDS = 25
_RENDER_MS = 30.0
_WEIGHT_KB = 120.0
_PAGES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Overview": ("/admin", {}),
    "Log": ("/admin/log", {}),
    "Log, errors of one connection": ("/admin/log", {"q": f"status:5xx connection:{SHOPS[0]}"}),
}


def measure(short: bool) -> Sequence[Row]:
    """Returns the rows of the suite."""
    count = 100_000 if short else 1_000_000
    rig = _filled(count)
    cookie = f"__Host-mostik={rig.sessions.begin('bench', 'bench', Role.ADMIN)}"
    name = f"{count // 1_000}k entries in memory"
    rows = [
        absolute(
            SUITE, f"{page}, rendered, {name}", "ms",
            ours=round(_milliseconds(rig, cookie, *place), 2), target=_RENDER_MS, n=_ROUNDS,
        )
        for page, place in _PAGES.items()
    ]  # fmt: skip
    for page, place in _PAGES.items():
        weight = _kilobytes(rig, cookie, *place)
        rows.append(
            absolute(
                SUITE, f"{page}, first visit, compressed", "KB", ours=weight, target=_WEIGHT_KB
            )
        )
    return rows


def _filled(count: int) -> AdminRig:
    rig = AdminRig()
    rig.clock.sleep(NOW - rig.clock())
    for shop in SHOPS:
        rig.rig.book.save(Connection(shop, NAME, {"name": shop}))
    log, began = RequestLog(rig.rig.log_table, rig.rig.blobs), time.monotonic()
    for batch in Logbook(count).batches():
        if log.write(batch):
            raise RuntimeError("entries were lost")
    print(f"  {count} entries written in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return rig


def _milliseconds(rig: AdminRig, cookie: str, path: str, query: Mapping[str, str]) -> float:
    _ask(rig, cookie, path, query)
    taken = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        _ask(rig, cookie, path, query)
        taken.append((time.perf_counter() - began) * 1_000)
    return median(taken)


def _kilobytes(rig: AdminRig, cookie: str, path: str, query: Mapping[str, str]) -> float:
    """A page with every file that it names."""
    packed = _ask(rig, cookie, path, query)
    total = len(packed)
    text = gzip.decompress(packed).decode()
    for file in sorted(set(re.findall(r'"(?:\.\./)*(admin/static/[^"?]+)\?', text))):
        total += len(_ask(rig, cookie, f"/{file}", {}))
    return round(total / 1_000, 1)


def _ask(rig: AdminRig, cookie: str, path: str, query: Mapping[str, str]) -> bytes:
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "queryStringParameters": dict(query),
        "headers": {"host": HOST, "accept": "text/html", "accept-encoding": "gzip"},
        "cookies": [cookie],
        "requestContext": {
            "stage": "$default",
            "domainName": HOST,
            "http": {"method": "GET", "path": path, "sourceIp": "192.0.2.1"},
        },
    }
    answer = rig.front.resolve(event, CONTEXT)
    if answer["statusCode"] != 200:
        raise RuntimeError(f"{path}: {answer['statusCode']}")
    body: str = answer["body"]
    return b64decode(body) if answer["isBase64Encoded"] else body.encode()
