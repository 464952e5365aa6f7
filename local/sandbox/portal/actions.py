"""``POST /_sandbox/{action}``: what a test or a demo makes the portal's people do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from local.sandbox.portal.catalog.actions import catalog_actions
from local.sandbox.portal.config import Subscription
from local.sandbox.portal.envelope import RestError

if TYPE_CHECKING:
    from local.sandbox.portal.portal import PortalSandbox

Action = Callable[[Any], Any]


def actions_of(portal: PortalSandbox) -> Mapping[str, Action]:
    """``edit``, ``delete``, ``seed``, ``currencies``, ``subscriptions``, and the application's
    life: ``install``, ``update_app``, ``uninstall``, ``expire_tokens``, ``rename``."""

    def delete(data: Any) -> Any:
        with portal.lock:
            store = portal.items.store(data["entityTypeId"])
            portal.items.delete(store, portal.items.item(store, data["id"]))
        return {"ok": True}

    def currencies(data: Any) -> Any:
        with portal.lock:
            kept = [one for one in portal.items.currencies if one not in data.get("remove", ())]
            added = [one for one in data.get("add", ()) if one not in kept]
            portal.items.currencies[:] = kept + added
            return {"currencies": list(portal.items.currencies)}

    def subscriptions(data: Any) -> Any:
        with portal.lock:
            if data.get("replace"):
                portal.events.unsubscribe_all()
            wanted = [Subscription(**one) for one in data["subscriptions"]]
            return {"event_handler_ids": [portal.events.subscribe(one) for one in wanted]}

    def update_app(data: Any) -> Any:
        with portal.lock:
            portal.platform.update(data["url"])
        return {"ok": True}

    def uninstall(data: Any) -> Any:
        with portal.lock:
            portal.platform.uninstall(data.get("url"))
        return {"ok": True}

    def expire_tokens(_: Any) -> Any:
        with portal.lock:
            portal.tokens.expire()
        return {"ok": True}

    def rename(data: Any) -> Any:
        portal.rename(data.get("host"))
        return {"ok": True}

    return {
        "install": lambda data: {"auth": portal.install_app(data.get("url"))},
        "update_app": update_app,
        "uninstall": uninstall,
        "expire_tokens": expire_tokens,
        "rename": rename,
        **catalog_actions(portal.catalog, portal.lock),
        "edit": _refusals_as_values(
            lambda data: {"item": portal.edit(data["entityTypeId"], data["id"], data["fields"])}
        ),
        "delete": _refusals_as_values(delete),
        "seed": _refusals_as_values(
            lambda data: {"ids": portal.seed(data["entityTypeId"], data["items"])}
        ),
        "currencies": currencies,
        "subscriptions": subscriptions,
    }


def _refusals_as_values(action: Action) -> Action:
    def run(data: Any) -> Any:
        try:
            return action(data)
        except RestError as error:
            raise ValueError(str(error)) from error

    return run
