"""The ``requests`` session under the client, and what it would not say by itself."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from ssl import SSLCertVerificationError
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError

from mostik.http.dial import Resolve, Watch, WatchedPools, resolved
from mostik.http.guard import Reach

_CHUNK = 65_536
_HOSTS = 4
"""Hosts whose connections are kept: the API, its token service, and what a renamed one is now."""


class GuardedSession(requests.Session):
    """Opens sockets only where a connection may call, and never looks where a redirect points:
    requests would read the redirect's whole body for it.

    Attributes:
        reach: where it may call.
    """

    def __init__(self, reach: Reach) -> None:
        super().__init__()
        self.reach = reach

    def get_redirect_target(self, resp: requests.Response) -> None:
        """There is none."""
        del resp

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepares and signs a request. The session has nothing but headers to add: no cookies,
        no login, no parameters; merging all of it would take as long as the rest."""
        prepared = requests.PreparedRequest()
        prepared.prepare(
            method=request.method,
            url=request.url,
            headers={**self.headers, **request.headers},
            data=request.data,
            params=request.params,
            auth=request.auth,
        )
        return prepared


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, watch: Watch, pool_size: int) -> None:
        self._watch = watch
        super().__init__(pool_connections=_HOSTS, pool_maxsize=pool_size, max_retries=0)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        self.poolmanager = WatchedPools(
            self._watch, num_pools=connections, maxsize=maxsize, block=block, **pool_kwargs
        )

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        del proxy, proxy_kwargs
        raise ValueError("a proxy would choose the address itself")


def open_session(
    pool_size: int, reach: Reach | None = None, resolve: Resolve = resolved
) -> GuardedSession:
    """Returns a session that ignores proxies and .netrc of the machine, keeps no cookies and
    follows no redirect.

    Args:
        pool_size: connections kept per host.
        reach: where it may call; port 443 of public addresses when it is not said.
        resolve: finds the addresses of a name.
    """
    session = GuardedSession(reach or Reach())
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _GuardedAdapter(Watch(session.reach, resolve), pool_size)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def pieces(response: requests.Response) -> Iterator[bytes]:
    """Yields the body as it arrives; ``iter_content`` would wait for a whole chunk of a server that
    sends a byte now and then, and no total timeout would end it."""
    raw = response.raw
    if not isinstance(raw, HTTPResponse):
        yield from response.iter_content(_CHUNK)
        return
    try:
        while piece := raw.read1(_CHUNK, decode_content=True):
            yield piece
    except HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError("the answer was cut or is broken") from error


def never_connected(error: requests.exceptions.ConnectionError) -> bool:
    """Whether the connection was refused before a byte of the request was sent.

    Of TLS errors only a refused certificate is certainly that early: a peer that hangs up after it
    has read the request is an SSLError too.
    """
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, SSLError):
        return any(isinstance(cause, SSLCertVerificationError) for cause in reason.args)
    return isinstance(reason, NewConnectionError)
