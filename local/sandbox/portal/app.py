"""Methods of the platform itself: rights, features, the application and its life.

Sources: b24restdocs ``api-reference/common/system/*.md``, ``api-reference/common/users/*.md``,
``api-reference/common/events/on-app-*.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from local.sandbox.portal.bindings import needs_app
from local.sandbox.portal.config import PortalConfig
from local.sandbox.portal.envelope import Reply, RestError, Stamp
from local.sandbox.portal.events import EventBus
from local.sandbox.portal.methods import Caller, Method
from local.sandbox.portal.oauth import TokenServer
from local.sandbox.portal.phpform import as_list

Params = Mapping[str, Any]


class Platform:
    """The application's life on the portal, and the methods of the platform.

    Args:
        config: the portal's settings.
        stamp: the portal's clock and zone.
        tokens: the authorization server.
        bus: tells subscribers.
        names: the names of all methods of the portal.
    """

    def __init__(
        self,
        config: PortalConfig,
        stamp: Stamp,
        tokens: TokenServer,
        bus: EventBus,
        names: Callable[[], list[str]],
    ) -> None:
        self.config = config
        self._stamp = stamp
        self._tokens = tokens
        self._bus = bus
        self._names = names
        self._installs = 0
        self.is_there = False
        self.version = 1

    # ── what a person does ────────────────────────────────────────────────────────────────────

    def install(self, url: str | None = None, *, version: int = 1) -> dict[str, Any]:
        """Installs the application and tells ``url`` (``ONAPPINSTALL``). Returns ``auth``."""
        app = self._app()
        self.is_there, self.version = True, version
        self._new_bindings(app.installed)
        auth = {**self._tokens.pair(app.user_id), **self._bus.identity()}
        data = {
            "VERSION": version,
            "ACTIVE": "Y",
            "INSTALLED": "Y" if app.installed else "N",
            "LANGUAGE_ID": "ru",
        }
        if url is not None:
            self._bus.tell(url, "ONAPPINSTALL", data, auth)
        return auth

    def update(self, url: str) -> None:
        """Installs the next version: bindings go, the application token is another one."""
        app = self._app()
        before, self.version = self.version, self.version + 1
        self._new_bindings(app.installed)
        auth = {**self._tokens.pair(app.user_id), **self._bus.identity()}
        data = {"VERSION": self.version, "PREVIOUS_VERSION": before, "LANGUAGE_ID": "ru"}
        self._bus.tell(url, "ONAPPUPDATE", data, auth)

    def uninstall(self, url: str | None = None) -> None:
        """Removes the application: its tokens and bindings go."""
        auth = self._bus.identity()
        self.is_there = self._bus.app_listens = False
        self._tokens.forget()
        self._bus.bindings.clear()
        if url is not None:
            self._bus.tell(url, "ONAPPUNINSTALL", {"LANGUAGE_ID": "ru", "CLEAN": 1}, auth)

    def _new_bindings(self, installed: bool) -> None:
        self._installs += 1
        self._bus.bindings.clear()
        said = f"application/{self._installs}/{self.config.member_id}"
        self._bus.application_token = hashlib.sha256(said.encode()).hexdigest()[:32]
        self._bus.app_listens = installed

    def _app(self) -> Any:
        if self.config.app is None:
            raise ValueError("this portal has no application")
        return self.config.app

    # ── methods ───────────────────────────────────────────────────────────────────────────────

    def methods(self) -> dict[str, Method]:
        """The methods of this module by name."""
        return {
            "scope": self._scope,
            "methods": lambda _params, _caller: Reply(self._names()),
            "method.get": self._method_get,
            "feature.get": self._feature_get,
            "app.info": self._app_info,
            "crm.settings.mode.get": lambda _params, _caller: Reply(2),
            "server.time": lambda _params, _caller: Reply(self._stamp.now()),
            "profile": self._profile,
            "user.admin": lambda _params, caller: Reply(self._is_admin(caller)),
            "user.current": self._user_current,
            "user.get": self._users,
        }

    def _is_admin(self, caller: Caller) -> bool:
        return caller.user_id in self.config.admins

    def _scope(self, params: Params, caller: Caller) -> Reply:
        if str(params.get("full", "")).lower() in ("1", "true"):
            return Reply(sorted(self.config.scopes))
        return Reply(sorted(caller.scopes if caller.scopes is not None else self.config.scopes))

    def _method_get(self, params: Params, caller: Caller) -> Reply:
        name = str(params.get("name", "")).lower()
        there = name in self._names()
        given = caller.scopes is None or needed_scope(name) in (None, *caller.scopes)
        return Reply({"isExisting": there, "isAvailable": there and given})

    def _feature_get(self, params: Params, _: Caller) -> Reply:
        code = str(params.get("CODE") or "")
        if code in ("", "0"):
            raise RestError("CODE_EMPTY", "CODE can't be empty")
        if self.config.selfhosted:
            return Reply({"value": "ru_selfhosted"})
        return Reply({"value": "Y" if self.config.features.get(code, True) else "N"})

    def _app_info(self, _params: Params, caller: Caller) -> Reply:
        needs_app(caller)
        app = self._app()
        return Reply(
            {
                "ID": 5,
                "CODE": app.client_id,
                "VERSION": self.version,
                "STATUS": app.status,
                "INSTALLED": app.installed,
                "PAYMENT_EXPIRED": "Y" if app.unpaid else "N",
                "DAYS": None,
                "LANGUAGE_ID": "ru",
                "LICENSE": self.config.license,
                "LICENSE_TYPE": self.config.license.partition("_")[2],
                "LICENSE_FAMILY": self.config.license.partition("_")[2].rstrip("0123456789"),
            }
        )

    def _profile(self, _params: Params, caller: Caller) -> Reply:
        return Reply(
            {
                "ID": str(caller.user_id),
                "ADMIN": self._is_admin(caller),
                "NAME": "Имя",
                "LAST_NAME": "Фамилия",
                "TIME_ZONE": "",
            }
        )

    def _user_current(self, _params: Params, caller: Caller) -> Reply:
        return Reply(self._person(caller.user_id))

    def _users(self, params: Params, _: Caller) -> Reply:
        people = sorted({self.config.user_id, self.config.person_id, *self.config.admins})
        wanted = params.get("ID") or params.get("id")
        if wanted not in (None, ""):
            people = [one for one in people if str(one) in map(str, as_list(wanted))]
        return Reply([self._person(one) for one in people], len(people))

    def _person(self, user_id: int) -> dict[str, Any]:
        return {
            "ID": str(user_id),
            "ACTIVE": True,
            "EMAIL": f"user{user_id}@example.com",
            "NAME": f"Сотрудник {user_id}",
            "LAST_NAME": "Примеров",
            "USER_TYPE": "employee",
        }


_SCOPED = ("crm", "catalog", "sale", "userfieldconfig", "user")


def needed_scope(method: str) -> str | None:
    """The scope that a method needs; ``None`` for those of the platform (``basic``)."""
    first = method.lower().partition(".")[0]
    if method.lower() in ("user.admin",):
        return None
    return first if first in _SCOPED else None
