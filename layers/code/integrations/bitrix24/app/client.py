"""The platform's own methods: rights, plan, the application and its events.

Sources: apidocs.bitrix24.ru, common/system, common/users and events. Not tried on a real portal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.bitrix24.app.models import AppInfo, Bound, OfflineEvent, Taken
from integrations.bitrix24.transport.batch import Command, Outcome
from integrations.bitrix24.transport.php import as_list, as_map
from integrations.bitrix24.transport.portal import Portal
from mostik.http.endpoint import Endpoint, Replay

SCOPE = Endpoint("POST", "scope", Replay.SAFE)
FEATURE_GET = Endpoint("POST", "feature.get", Replay.SAFE)
APP_INFO = Endpoint("POST", "app.info", Replay.SAFE)
USER_ADMIN = Endpoint("POST", "user.admin", Replay.SAFE)
EVENT_GET = Endpoint("POST", "event.get", Replay.SAFE)
EVENT_BIND = Endpoint("POST", "event.bind", Replay.SAFE)  # a second one is refused
EVENT_UNBIND = Endpoint("POST", "event.unbind", Replay.SAFE)
OFFLINE_LIST = Endpoint("POST", "event.offline.list", Replay.SAFE)
OFFLINE_GET = Endpoint("POST", "event.offline.get", Replay.SAFE)
"""Only ever with ``clear=0``. What a lost answer has hidden is found again by ``held``."""
OFFLINE_CLEAR = Endpoint("POST", "event.offline.clear", Replay.SAFE)
OFFLINE_ERROR = Endpoint("POST", "event.offline.error", Replay.SAFE)

LOSS_FREE = "rest_offline_extended"
OWN_MARK = "rest_auth_connector"
OFFLINE_PAGE = 50


class App:
    """Methods of the platform.

    Args:
        portal: carries the calls.
    """

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def scope(self) -> list[str]:
        """scope: the rights of the webhook or the application."""
        return [str(name) for name in as_list(self._portal.call(SCOPE))]

    def has_feature(self, code: str) -> bool:
        """feature.get: whether the plan has a feature.

        A self-hosted portal answers with its language and ``_selfhosted`` instead: it has no plan
        to lack it, and ``offline.py`` notices when it does all the same.
        """
        answer = as_map(self._portal.call(FEATURE_GET, {"CODE": code}))
        value = str(answer.get("value", "N"))
        return value == "Y" or value.endswith("_selfhosted")

    def info(self) -> AppInfo:
        """app.info: whether the application's installation is finished, and the plan."""
        return AppInfo.model_validate(self._portal.call(APP_INFO))

    def is_admin(self) -> bool:
        """user.admin: whether the user behind the call administers the portal."""
        return bool(self._portal.call(USER_ADMIN))

    def bound(self) -> list[Bound]:
        """event.get: the application's events as they are bound."""
        return [Bound.model_validate(row) for row in as_list(self._portal.call(EVENT_GET))]

    def change_bindings(self, commands: Sequence[Command]) -> Sequence[Outcome]:
        """event.bind, event.unbind: any number of them in batches."""
        return self._portal.batch(commands)

    def held(self) -> list[OfflineEvent]:
        """event.offline.list: entries that a reader has taken and not cleared, without those that
        were marked as bad. At most 50; more of them show when these are cleared."""
        rows = as_list(
            self._portal.call(OFFLINE_LIST, {"filter": {"!PROCESS_ID": "", "=ERROR": 0}})
        )
        entries = [OfflineEvent.model_validate(row) for row in rows]
        return [one for one in entries if one.PROCESS_ID and str(one.ERROR) in ("0", "")]

    def waiting(self) -> tuple[list[OfflineEvent], int]:
        """event.offline.list: the first entries of the queue as they are, and how many there are.
        Nothing is taken."""
        answer = self._portal.batch([Command(OFFLINE_LIST, {"order": {"ID": "ASC"}})])[0]
        value = getattr(answer, "value", None)
        total = getattr(answer, "total", None)
        entries = [OfflineEvent.model_validate(row) for row in as_list(value)]
        return entries, len(entries) if total is None else total

    def take(self, connector: str) -> Taken:
        """event.offline.get: reserves the next 50 entries for us; none of them is deleted."""
        params: dict[str, Any] = {"clear": 0, "limit": OFFLINE_PAGE}
        if connector:
            params["auth_connector"] = connector
        return Taken.model_validate(self._portal.call(OFFLINE_GET, params))

    def clear(self, process_id: str, messages: Sequence[str]) -> None:
        """event.offline.clear: forgets entries of ours."""
        if messages:
            self._portal.call(
                OFFLINE_CLEAR, {"process_id": process_id, "message_id": list(messages)}
            )

    def mark_bad(self, process_id: str, messages: Sequence[str]) -> None:
        """event.offline.error: marks entries of ours that make no sense."""
        if messages:
            self._portal.call(
                OFFLINE_ERROR, {"process_id": process_id, "message_id": list(messages)}
            )
