"""Other people's clients, doing the work that ours does.

They run with the settings that they come with. b24pysdk knows https alone, so its address is said
without, which spares it the work of TLS.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from bench.bitrix_clients import DEAL, FIELDS, fields_of


class FastBitrix24:
    """fast_bitrix24. Where the portal has no limit, its own throttle is set wide open."""

    def __init__(self, webhook: str, *, limited: bool) -> None:
        from fast_bitrix24 import Bitrix

        wide = {} if limited else {"request_pool_size": 100_000, "requests_per_second": 10_000.0}
        self._client = Bitrix(webhook, verbose=False, **wide)

    def list(self) -> int:
        """See ``Worker.list``."""
        return len(self._client.get_all("crm.deal.list", {"select": list(FIELDS)}))

    def add(self, numbers: Sequence[int]) -> int:
        """See ``Worker.add``."""
        items = [{"entityTypeId": DEAL, "fields": fields_of(number)} for number in numbers]
        return len(self._client.call("crm.item.add", items))

    def update(self, ids: Sequence[int]) -> int:
        """See ``Worker.update``."""
        items = [{"entityTypeId": DEAL, "id": i, "fields": {"comments": f"{i}"}} for i in ids]
        return len(self._client.call("crm.item.update", items))


class B24PySdk:
    """b24pysdk."""

    def __init__(self, webhook: str) -> None:
        from b24pysdk.api.callers import call_method
        from b24pysdk.credentials import BitrixWebhook

        parts = urlsplit(webhook)
        caller: Any = call_method.__globals__["_MethodCaller"]
        caller._base_url = property(lambda self: f"http://{self._domain}/rest")
        token = parts.path.removeprefix("/rest/").strip("/")
        self._client = BitrixWebhook(domain=parts.netloc, webhook_token=token)

    def list(self) -> int:
        """See ``Worker.list``."""
        found = self._client.call_list_fast("crm.deal.list", {"select": list(FIELDS)})["result"]
        return sum(1 for _ in found)

    def add(self, numbers: Sequence[int]) -> int:
        """See ``Worker.add``."""
        return self._write(
            [
                ("crm.item.add", {"entityTypeId": DEAL, "fields": fields_of(number)})
                for number in numbers
            ]
        )

    def update(self, ids: Sequence[int]) -> int:
        """See ``Worker.update``."""
        return self._write(
            [
                ("crm.item.update", {"entityTypeId": DEAL, "id": i, "fields": {"comments": f"{i}"}})
                for i in ids
            ]
        )

    def _write(self, methods: Sequence[Any]) -> int:
        return len(self._client.call_batches(methods)["result"]["result"])
