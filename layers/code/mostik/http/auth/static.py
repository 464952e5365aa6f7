"""Credentials that go into a request as they are."""

from __future__ import annotations

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth


class Bearer(AuthBase):
    """``Authorization: Bearer <token>`` (RFC 6750)."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Signs a request."""
        r.headers["Authorization"] = f"Bearer {self._token}"
        return r


class ApiKey(AuthBase):
    """A key in a header of the vendor's choice."""

    def __init__(self, header: str, key: str) -> None:
        self._header = header
        self._key = key

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Signs a request."""
        r.headers[self._header] = self._key
        return r


class QueryKey(AuthBase):
    """A key in a query parameter of the vendor's choice."""

    def __init__(self, name: str, key: str) -> None:
        self._name = name
        self._key = key

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Signs a request."""
        r.prepare_url(r.url, {self._name: self._key})
        return r


class Basic(AuthBase):
    """``Authorization: Basic`` in UTF-8 (RFC 7617); requests alone would encode Latin-1."""

    def __init__(self, login: str, password: str) -> None:
        self._basic = HTTPBasicAuth(login.encode(), password.encode())

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Signs a request."""
        signed: PreparedRequest = self._basic(r)
        return signed
