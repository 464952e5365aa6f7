"""The ``requests`` session under the client, and what it would not say by itself."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from ssl import SSLCertVerificationError

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError

_CHUNK = 65_536


class _Session(requests.Session):
    """Never looks where a redirect points: requests would read the redirect's whole body for it."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """There is none."""
        del resp


def open_session(pool_size: int) -> requests.Session:
    """Returns a session that ignores proxies and .netrc of the machine, keeps no cookies and
    follows no redirect."""
    session = _Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=pool_size, max_retries=0)
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
