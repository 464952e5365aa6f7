"""``event.*``: the application's bindings and its offline queue.

Source: b24restdocs ``api-reference/events/*.md``. Ours, where it is silent: a second binding of the
same handler is refused with ``ERROR_CORE``; a source key on a plan without ``rest_auth_connector``
is not heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.config import PortalConfig
from local.sandbox.portal.envelope import Reply, RestError, missing_parameter
from local.sandbox.portal.events import WAKE_UP, Binding, EventBus
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.offline import PAGE, OfflineQueue
from local.sandbox.portal.phpform import as_list

Params = Mapping[str, Any]

EVENTS = (
    *(f"ONCRM{kind}{what}" for kind in ("DEAL", "CONTACT", "COMPANY", "LEAD", "QUOTE", "REQUISITE")
      for what in ("ADD", "UPDATE", "DELETE")),
    "ONCRMDEALMOVETOCATEGORY",
    *(f"ONCRMDYNAMICITEM{what}" for what in ("ADD", "UPDATE", "DELETE")),
    *(f"CATALOG.{kind}.ON.{what}" for kind in ("PRODUCT", "PRICE")
      for what in ("ADD", "UPDATE", "DELETE")),
    "ONSALEORDERSAVED",
    "ONSALEBEFOREORDERDELETE",
    *(f"ON{kind}{what}" for kind in ("ORDER", "PAYMENT", "SHIPMENT", "PROPERTYVALUE")
      for what in ("ENTITYSAVED", "DELETED")),
    WAKE_UP,
    "ONAPPINSTALL",
    "ONAPPUPDATE",
    "ONAPPUNINSTALL",
    "ONAPPTEST",
    "ONUSERADD",
)  # fmt: skip
"""Events that ``event.bind`` takes here."""


class AppEvents:
    """The methods of events.

    Args:
        config: the portal's settings.
        bus: tells subscribers.
        queue: the offline queue.
    """

    def __init__(self, config: PortalConfig, bus: EventBus, queue: OfflineQueue) -> None:
        self.config = config
        self._bus = bus
        self._queue = queue

    def methods(self) -> dict[str, Method]:
        """The methods of this module by name."""
        return {
            "events": lambda _params, _caller: Reply(list(EVENTS)),
            "event.bind": self._bind,
            "event.unbind": self._unbind,
            "event.get": self._bound,
            "event.test": self._test,
            "event.offline.get": self._offline_get,
            "event.offline.clear": self._offline_clear,
            "event.offline.error": self._offline_error,
            "event.offline.list": self._offline_list,
        }

    def _bind(self, params: Params, caller: Caller) -> Reply:
        needs_app(caller)
        event = str(_required(params, "event")).upper()
        if event not in EVENTS and not event.startswith("ONCRMDYNAMICITEM"):
            raise RestError("ERROR_EVENT_NOT_FOUND", "Event not found")
        offline = _is_offline(params)
        if offline:
            self._only_admins(caller, "Offline events binding requires administrator access rights")
        auth_type = int(params.get("auth_type") or 0)
        if auth_type not in (0, caller.user_id):
            self._only_admins(
                caller, "Event binding with AUTH_TYPE requires administrator access rights"
            )
        handler = "" if offline else str(_required(params, "handler"))
        connector = self._connector(params)
        options = params.get("options")
        for bound in self._bus.bindings:
            if (bound.event, bound.handler, bound.offline, bound.connector, bound.auth_type) == (
                event, handler, offline, connector, auth_type,
            ):  # fmt: skip
                raise RestError("ERROR_CORE", "Unable to set event handler: Handler already binded")
        timeout = options.get("minTimeout", 1) if isinstance(options, Mapping) else 1
        self._bus.bind(
            event,
            handler=handler,
            auth_type=auth_type,
            offline=offline,
            connector=connector,
            min_timeout=float(timeout),
        )
        return Reply(True)

    def _unbind(self, params: Params, caller: Caller) -> Reply:
        needs_app(caller)
        event = str(_required(params, "event")).upper()
        offline = _is_offline(params)
        if offline:
            self._only_admins(
                caller, "Offline events unbinding requires administrator access rights"
            )

        def goes(bound: Binding) -> bool:
            if bound.event != event or bound.offline is not offline:
                return False
            if offline:
                return bound.connector == self._connector(params)
            wanted = params.get("auth_type")
            return bound.handler == str(params.get("handler", "")) and (
                wanted in (None, "") or bound.auth_type == int(wanted)
            )

        gone = [bound for bound in self._bus.bindings if goes(bound)]
        for bound in gone:
            self._bus.bindings.remove(bound)
        return Reply({"count": len(gone)})

    def _bound(self, _params: Params, caller: Caller) -> Reply:
        needs_app(caller)
        return Reply(
            [
                {"event": one.event, "connector_id": one.connector, "offline": 1}
                if one.offline
                else {
                    "event": one.event,
                    "handler": one.handler,
                    "auth_type": str(one.auth_type),
                    "offline": 0,
                }
                for one in self._bus.bindings
            ]
        )

    def _test(self, params: Params, caller: Caller) -> Reply:
        needs_app(caller)
        query = {name: value for name, value in params.items() if name != "auth"}
        for one in self._bus.bindings:
            if one.event == "ONAPPTEST":
                auth = {**self._bus.tokens(caller.user_id), **self._bus.identity()}
                data = {"QUERY": query, "LANGUAGE_ID": "ru"}
                self._bus.tell(one.handler, "ONAPPTEST", data, auth, one.id)
        return Reply(True)

    # ── the offline queue ─────────────────────────────────────────────────────────────────────

    def _offline_get(self, params: Params, caller: Caller) -> Reply:
        self._for_the_queue(caller)
        extended = self._has("rest_offline_extended")
        process_id, events = self._queue.get(
            connector=self._connector(params),
            filters=params.get("filter"),
            order=params.get("order"),
            limit=int(params.get("limit") or PAGE),
            keep=extended and str(params.get("clear", "1")) == "0",
            process_id=str(params.get("process_id") or ""),
            errors=str(params.get("error", "0")) == "1",
        )
        return Reply({"process_id": process_id, "events": events})

    def _offline_clear(self, params: Params, caller: Caller) -> Reply:
        self._for_the_queue(caller)
        process_id = str(_required(params, "process_id"))
        self._queue.clear(process_id, _many(params, "id"), _many(params, "message_id"))
        return Reply(True)

    def _offline_error(self, params: Params, caller: Caller) -> Reply:
        self._for_the_queue(caller)
        self._queue.mark(str(_required(params, "process_id")), _many(params, "message_id"))
        return Reply(True)

    def _offline_list(self, params: Params, caller: Caller) -> Reply:
        self._for_the_queue(caller)
        start = max(0, int(params.get("start") or 0))
        page, total, following = self._queue.listed(
            params.get("filter"), params.get("order"), start
        )
        return Reply(page, total, following)

    def _for_the_queue(self, caller: Caller) -> None:
        needs_app(caller)
        self._only_admins(caller, "")

    def _only_admins(self, caller: Caller, text: str) -> None:
        if caller.user_id not in self.config.admins:
            raise RestError("ACCESS_DENIED", f"Access denied! {text}".strip(), 403)

    def _has(self, feature: str) -> bool:
        return self.config.selfhosted or self.config.features.get(feature, False)

    def _connector(self, params: Params) -> str:
        known = self._has("rest_auth_connector")
        return str(params.get("auth_connector") or "") if known else ""


def needs_app(caller: Caller) -> None:
    """Refuses whoever is no application.

    Raises:
        RestError: ``ACCESS_DENIED``.
    """
    if not caller.app:
        raise RestError("ACCESS_DENIED", "Access denied! Application context required", 403)


def _is_offline(params: Params) -> bool:
    return str(params.get("event_type", "online")).lower() == "offline"


def _required(params: Params, name: str) -> Any:
    if params.get(name) in (None, ""):
        raise missing_parameter(name)
    return params[name]


def _many(params: Params, name: str) -> list[Any]:
    value = params.get(name)
    return [] if value in (None, "") else as_list(value)
