"""The admin's own door: who signs in, who asks, and whether a foreign page speaks for them."""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from mostik.admin.problems import NOT_SIGNED_IN, Refused, Sent, Words
from mostik.admin.request import Request
from mostik.admin.roles import Caller, Role
from mostik.admin.signin.flow import HOME, Begun, RandomText, random_text
from mostik.admin.signin.idtoken import TokenRefused, verified_claims
from mostik.admin.signin.provider import Calls, Provider
from mostik.admin.signin.sessions import SESSION_SECONDS, Sessions
from mostik.admin.signin.settings import NAME, SignInSettings, read_sign_in
from mostik.ports import Clock, Secrets, Slots

SESSION_COOKIE = "__Host-mostik"
BEGUN_COOKIE = "__Host-mostik-login"
CSRF_HEADER = "x-csrf-token"
LOGIN, CALLBACK, LOGOUT = "/admin/login", "/admin/callback", "/admin/logout"
PASSWORD_LOGIN = "admin"  # noqa: S105 - a login's name
_PASSWORD = "admin"  # noqa: S105 - a secret's name
_BEGUN_SECONDS = 600
_SECONDS_A_TRY = 6.0
_TRIES_AT_ONCE = 10
"""One address may try ten times at once and then ten times a minute; an office shares one."""
_FOREIGN = Words(
    "This request does not come from the page; reload it.",
    "Запрос пришёл не со страницы Мостика; обновите её.",
)
_NO_ROLE = Words(
    "You have no role here. An administrator puts you into one of the groups viewer, operator or"
    " admin.",
    "У вас нет роли. Администратор добавляет вас в одну из групп: viewer, operator или admin.",
)
_BEGIN_AGAIN = Words(
    "The sign-in was begun elsewhere or long ago; begin again.",
    "Вход начат в другом месте или слишком давно; начните заново.",
)


class AdminDoor:
    """Signs people in and out and says who asks.

    Args:
        secrets: hold the sign-in document and the command line's password.
        sessions: sessions.
        slots: count tries to sign in.
        calls: makes what asks the identity provider, from the networks that it may be in.
        clock: unix seconds.
        random: makes states, nonces and verifiers.
    """

    def __init__(
        self,
        *,
        secrets: Secrets,
        sessions: Sessions,
        slots: Slots,
        calls: Callable[[tuple[str, ...]], Calls],
        clock: Clock,
        random: RandomText = random_text,
    ) -> None:
        self._secrets = secrets
        self._sessions = sessions
        self._slots = slots
        self._calls = calls
        self._clock = clock
        self._random = random
        self._known: tuple[SignInSettings, Provider] | None = None

    # ── who asks ───────────────────────────────────────────────────────────────────────────────

    def caller(self, request: Request) -> Caller:
        """Returns who asks.

        Raises:
            Refused: nobody who has signed in, or a foreign page speaks in somebody's name.
        """
        header = request.headers.get("authorization", "")
        if header:
            caller = self._by_password(header, request)
        else:
            found = self._sessions.caller(request.cookies.get(SESSION_COOKIE, ""))
            if found is None:
                raise Refused(401, NOT_SIGNED_IN, more={"login": LOGIN})
            caller = found
        # A script puts the token into the header, a plain form among its fields.
        token = request.headers.get(CSRF_HEADER) or request.form().get("csrf", "")
        self._check_page(request, caller, token)
        return caller

    def _by_password(self, header: str, request: Request) -> Caller:
        """The generated password: for the command line, and for when nobody else gets in."""
        self._check_tries(request)
        password = self._secrets.read(_PASSWORD)
        try:
            presented = b64decode(header.removeprefix("Basic "), validate=True)
        except ValueError:
            presented = b""
        expected = f"{PASSWORD_LOGIN}:{password}".encode()
        if (
            not password
            or not header.startswith("Basic ")
            or not hmac.compare_digest(presented, expected)
        ):
            self._count_try(request)
            raise Refused(401, NOT_SIGNED_IN, more={"login": LOGIN})
        return Caller(PASSWORD_LOGIN, PASSWORD_LOGIN, Role.ADMIN)

    def _check_page(self, request: Request, caller: Caller, token: str) -> None:
        if request.is_safe:
            return
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site")
        own = origin == self._origin(request) if origin is not None else site == "same-origin"
        if caller.csrf is None:
            # A browser adds a password by itself too, but then it says where the page is from.
            if (origin is None and site is None) or own:
                return
            raise Refused(403, _FOREIGN)
        if not own or not hmac.compare_digest(
            token.encode("utf-8", "replace"), caller.csrf.encode()
        ):
            raise Refused(403, _FOREIGN)

    # ── in and out ─────────────────────────────────────────────────────────────────────────────

    def page(self, request: Request) -> Sent | None:
        """Returns the answer to a request for one of the sign-in pages; ``None``: it is for none.

        Raises:
            Refused: it cannot be done.
            ConfigurationError: nobody can sign in yet.
            Busy: the identity provider cannot be asked now.
        """
        match request.method, request.path:
            case "GET", path if path == LOGIN:
                return self._begin(request)
            case "GET", path if path == CALLBACK:
                return self._finish(request)
            case "POST", path if path == LOGOUT:
                return self._end(request)
            case _:
                return None

    def _begin(self, request: Request) -> Sent:
        self._count_try(request)
        begun = Begun.new(request.query.get("to", HOME), self._random)
        address = begun.address(self._provider(), self._callback(request))
        return _go(address, _cookie(BEGUN_COOKIE, begun.as_cookie(), _BEGUN_SECONDS))

    def _finish(self, request: Request) -> Sent:
        self._count_try(request)
        begun = Begun.from_cookie(request.cookies.get(BEGUN_COOKIE, ""))
        if begun is None:
            raise Refused(400, _BEGIN_AGAIN)
        provider = self._provider()
        code = begun.code_of(request.query)
        token = provider.exchange(code, begun.verifier, self._callback(request))
        if token is None:
            raise Refused(403, _BEGIN_AGAIN)
        try:
            claims = verified_claims(token, begun.nonce, provider, self._clock)
        except TokenRefused as error:
            raise Refused(403, _BEGIN_AGAIN) from error
        role = provider.settings.role_of(claims.get(provider.settings.roles_claim))
        if role is None:
            raise Refused(403, _NO_ROLE)
        session = self._sessions.begin(claims["sub"], _name_of(claims), role)
        return _go(
            f"{self._address(request)}{begun.place}",
            _cookie(SESSION_COOKIE, session, SESSION_SECONDS),
            _cookie(BEGUN_COOKIE, "", 0),
        )

    def _end(self, request: Request) -> Sent:
        session = request.cookies.get(SESSION_COOKIE, "")
        caller = self._sessions.caller(session)
        if caller is not None:
            token = request.headers.get(CSRF_HEADER) or request.form().get("csrf", "")
            self._check_page(request, caller, token)
            self._sessions.end(session)
        home = f"{self._address(request)}{HOME}"
        return _go(home, _cookie(SESSION_COOKIE, "", 0), status=303)

    def _count_try(self, request: Request) -> None:
        slot = self._slots.take(
            f"login#{request.sender}",
            now=self._clock(),
            increment=_SECONDS_A_TRY,
            ceiling=_SECONDS_A_TRY * _TRIES_AT_ONCE,
        )
        if not slot.granted:
            raise _too_many(slot.wait)

    def _check_tries(self, request: Request) -> None:
        """Refuses an address that has failed too often before its password is looked at."""
        level = self._slots.level(f"login#{request.sender}", now=self._clock())
        wait = level + _SECONDS_A_TRY * (1 - _TRIES_AT_ONCE)
        if wait > 0:
            raise _too_many(wait)

    def _provider(self) -> Provider:
        settings = read_sign_in(self._secrets.read(NAME))
        if self._known is None or self._known[0] != settings:
            provider = Provider(settings, self._calls(settings.networks), self._clock)
            self._known = (settings, provider)
        return self._known[1]

    def _address(self, request: Request) -> str:
        """Where the pages are: as the document says, else as the sender has called them."""
        document = self._secrets.read(NAME)
        public = read_sign_in(document).public_url if document is not None else None
        return public or f"https://{request.host}"

    def _callback(self, request: Request) -> str:
        return f"{self._address(request)}{CALLBACK}"

    def _origin(self, request: Request) -> str:
        parts = urlsplit(self._address(request))
        return f"{parts.scheme}://{parts.netloc}"


def _too_many(wait: float) -> Refused:
    return Refused(
        429,
        Words("Too many tries; wait a minute.", "Слишком много попыток; подождите минуту."),
        headers={"Retry-After": str(max(1, round(wait)))},
    )


def _name_of(claims: Mapping[str, Any]) -> str:
    for claim in ("email", "preferred_username", "cognito:username", "name"):
        if isinstance(claims.get(claim), str) and claims[claim]:
            return str(claims[claim])[:200]
    return str(claims["sub"])[:200]


def _cookie(name: str, value: str, seconds: int) -> str:
    # Lax: a link in an alert's e-mail opens the page; whatever changes something has a token.
    return f"{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"


def _go(place: str, *cookies: str, status: int = 302) -> Sent:
    return Sent(status, content_type="text/plain", headers={"Location": place}, cookies=cookies)
