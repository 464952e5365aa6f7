"""An integration that puts its secrets into every place of a call, and errs with them aloud."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr
from requests import PreparedRequest
from requests.auth import AuthBase

from mostik.commerce.record import Canonical
from mostik.errors import ConfigurationError, GiveUp, MostikError, RetryLater, Skip, WhoActs
from mostik.http.client import ApiClient, Dialect
from mostik.http.content import VendorModel
from mostik.http.endpoint import Endpoint, Format, Replay
from mostik.integration import Check, CreateOnce, Integration

NAME, RESOURCE = "spy", "things"
_IN_PATH = Endpoint("GET", "things/{id}", Replay.SAFE)
_JSON = Endpoint("POST", "json", Replay.KEYED)
_FORM = Endpoint("POST", "form", Replay.SAFE)
_XML = Endpoint("POST", "xml", Replay.SAFE, answers=Format.XML)


class Settings(BaseModel):
    """A secret for each place of a call."""

    model_config = ConfigDict(extra="forbid")

    path: SecretStr
    query: SecretStr
    header: SecretStr
    json_body: SecretStr
    form: SecretStr
    xml: SecretStr
    segment: SecretStr


SECRETS: Mapping[str, str] = {
    "path": "path-secret-0000-aaaa",
    "query": 'query "secret"+/=&%<0000>',
    "header": "header-secret/+==0000",
    "json_body": 'json "secret" \\ü 0000 \n end',
    "form": "form secret&=+ж0000",
    "xml": "xml<secret>&'\"0000",
    "segment": "segment secret?#0000",
}


class _Auth(AuthBase):
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        r.headers["X-Innocent"] = self._settings.header.get_secret_value()
        r.prepare_url(r.url, {"q": self._settings.query.get_secret_value()})
        return r


class _Thing(VendorModel):
    id: str


class _Things:
    def __init__(self, api: ApiClient, settings: Settings, connection: str) -> None:
        del connection
        self._api = api
        self._settings = settings

    def read(self, key: str) -> Canonical | None:
        """Makes every call, whatever comes of it, or errs as ``key`` says."""
        secret = self._settings.json_body.get_secret_value()
        raised = _RAISED.get(key)
        if raised is not None:
            raise raised(f"something about {secret}")
        problem: MostikError | None = None
        for call in (self._in_path, self._json, self._form, self._xml):
            try:
                call()
            except MostikError as error:
                problem = error
        if problem is not None:
            raise problem
        return None

    def _in_path(self) -> None:
        secret = self._settings.segment.get_secret_value()
        self._api.fetch(_Thing, _IN_PATH, path={"id": secret}, query={"filter": secret})

    def _json(self) -> None:
        secret = self._settings.json_body.get_secret_value()
        body = {"note": secret, "inner": [{"text": f"before {secret} after"}], secret: 1}
        self._api.request(_JSON, body=body, headers={"X-Note": secret.encode("utf-8").hex()})

    def _form(self) -> None:
        secret = self._settings.form.get_secret_value()
        self._api.request(_FORM, form={"note": secret, "fields[a]": secret})

    def _xml(self) -> None:
        secret = html.escape(self._settings.xml.get_secret_value())
        body = f'<r a="{secret}"><note>{secret}</note></r>'.encode()
        self._api.request(_XML, body=body, headers={"Content-Type": "application/xml"})

    def find(self, system: str, key: str) -> Canonical | None:
        """Nothing carries a key here."""
        del system, key
        return None

    def create(self, record: Canonical, system: str, once: CreateOnce) -> Canonical:
        """It is never written."""
        raise NotImplementedError(record.key, system, once)

    def update(self, key: str, record: Canonical, system: str, once: CreateOnce) -> Canonical:
        """It is never written."""
        raise NotImplementedError(key, record.key, system, once)

    def from_state(self, content: Mapping[str, Any]) -> Canonical:
        """It sends no states."""
        raise NotImplementedError(content)


def _give_up(text: str) -> Exception:
    return GiveUp(text, who=WhoActs.ADMIN, code=text)


def _later(text: str) -> Exception:
    return RetryLater(text, who=WhoActs.SYSTEM)


def _caused(text: str) -> Exception:
    error = GiveUp("a plain text", who=WhoActs.ADMIN)
    error.__cause__ = ValueError(text)
    return error


_RAISED: Mapping[str, Callable[[str], Exception]] = {
    "give up": _give_up,
    "later": _later,
    "skip": Skip,
    "configuration": ConfigurationError,
    "value": ValueError,
    "key": KeyError,
    "caused": _caused,
}
ERRS = sorted(_RAISED)
"""Keys whose reading raises an error with a secret in its text."""


def _no_checks(_api: ApiClient, _settings: Settings) -> Iterable[Check]:
    return ()


def _words(content: Any) -> tuple[str | None, str | None]:
    if not isinstance(content, dict) or "error" not in content:
        return None, None
    return str(content["error"]), str(content.get("error_description"))


spy: Integration[Settings, ApiClient] = Integration(
    name=NAME,
    title="Spy",
    settings=Settings,
    base_url=lambda settings: f"https://api.example/{settings.path.get_secret_value()}/v1/",
    auth=_Auth,
    dialect=Dialect(errors={}, code_of=_words),
    client=lambda api, _settings: api,
    resources={RESOURCE: _Things},
    check=_no_checks,
)
