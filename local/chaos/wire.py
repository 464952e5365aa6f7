"""The wire in every call of tier 2: counts calls, and gives one of them its fate.

It lies in botocore's hooks (``before-call``, ``after-call``) on AWS's side, and in the adapter of
``requests`` on that of the external APIs, where sandboxes in this process answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from enum import StrEnum
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import requests
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws
from requests.adapters import HTTPAdapter

from local.sandbox.faults import Fault, FaultKind
from local.sandbox.portal import PortalSandbox
from local.sandbox.server import Answer, Call, Sandbox
from local.stack.processes import EMULATED_ACCOUNT, REGION
from tests.support.api_router import answer, refuses_to_connect, times_out

_SERVICES = ("dynamodb", "sqs", "s3", "secretsmanager")
_THROTTLED = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "sqs": "RequestThrottled",
    "s3": "SlowDown",
    "secretsmanager": "ThrottlingException",
}


class Killed(BaseException):
    """The process ends here: no handler sees it."""


class Fate(StrEnum):
    """What happens at one boundary."""

    THROTTLED = "throttled"
    """Refused before it had an effect: by AWS, or by the API's own limit."""
    FAILED = "failed"
    """The API answers 503 and has done nothing. AWS never answers so: see ``THROTTLED``."""
    UNREACHED = "unreached"
    """The API's port is closed."""
    ANSWER_LOST = "answer lost"
    """The work is done and the answer never comes."""
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    """The work is done and the process ends."""


AWS_FATES = (Fate.THROTTLED, Fate.ANSWER_LOST, Fate.KILLED_BEFORE, Fate.KILLED_AFTER)
API_FATES = tuple(Fate)


@dataclass
class Wire:
    """Sees every call of the worker and the tick, and gives one of them its fate.

    Attributes:
        fate_of: number of a call → what happens to it.
        calls: what was called so far, ``aws:...`` or ``api:...``.
        dead: the process has ended; whatever it would still call ends too.
    """

    fate_of: Mapping[int, Fate] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    dead: bool = False
    _fate: Fate | None = None

    def before(self, name: str) -> Fate | None:
        """A call begins. Returns what else than its work happens to it."""
        if self.dead:
            raise Killed
        self._fate = self.fate_of.get(len(self.calls))
        self.calls.append(name)
        if self._fate is Fate.KILLED_BEFORE:
            self._die()
        return self._fate

    def after(self) -> Fate | None:
        """The work of the call is done. Returns whether its answer is lost."""
        if self.dead:
            raise Killed
        if self._fate is Fate.KILLED_AFTER:
            self._die()
        return self._fate

    def _die(self) -> None:
        self.dead = True
        raise Killed


class HookedClients:
    """botocore clients of moto: those of the functions with the wire in them, those of Lambda's
    side and of the harness without. Made once, used for one stack after the other."""

    def __init__(self) -> None:
        self.wire = Wire()
        session = botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "ca_bundle": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        )
        session.set_credentials(
            EMULATED_ACCOUNT["AWS_ACCESS_KEY_ID"], EMULATED_ACCOUNT["AWS_SECRET_ACCESS_KEY"]
        )
        with mock_aws():
            self.hooked = {name: self._hook(_client(session, name)) for name in _SERVICES}
            self.plain = {name: _client(session, name) for name in _SERVICES}

    def close(self) -> None:
        """Closes them."""
        for client in (*self.hooked.values(), *self.plain.values()):
            client.close()

    def _hook(self, client: Any) -> Any:
        service = client.meta.service_model.service_name

        def before(model: Any, **_: Any) -> Any:
            if self.wire.before(f"aws:{service}.{model.name}") is Fate.THROTTLED:
                error = {"Code": _THROTTLED[service], "Message": "too fast"}
                metadata = {"HTTPStatusCode": 400, "RetryAttempts": 2}
                return SimpleNamespace(status_code=400), {
                    "Error": error,
                    "ResponseMetadata": metadata,
                }
            return None

        def after(**_: Any) -> None:
            if self.wire.after() is Fate.ANSWER_LOST:
                raise ReadTimeoutError(endpoint_url=service)

        client.meta.events.register("before-call", before)
        client.meta.events.register("after-call", after)
        return client


def _client(session: Any, service: str) -> Any:
    return session.create_client(service, region_name=REGION)


class Lane(Executor):
    """One lane after the other in this thread; a killed process submits nothing more."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See ``Executor.submit``."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - a future keeps whatever its work raised
            future.set_exception(error)
        return future


class SandboxAdapter(HTTPAdapter):
    """A ``requests`` adapter that hands calls to a sandbox in this process.

    Args:
        sandbox: answers.
        wire: decides what happens to each call.
        seen: told about each call before it is answered.
    """

    def __init__(self, sandbox: Sandbox, wire: Wire, seen: Callable[[str], None]) -> None:
        super().__init__()
        self._sandbox = sandbox
        self._wire = wire
        self._seen = seen

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Answers one request."""
        parts = urlsplit(request.url or "")
        body = request.body or b""
        call = Call(
            verb=request.method or "",
            path=parts.path,
            query=parts.query,
            headers={name.lower(): str(value) for name, value in request.headers.items()},
            body=body.encode() if isinstance(body, str) else body,
            client="127.0.0.1",
        )
        target = self._sandbox.target_of(call)
        fate = self._wire.before(f"api:{call.verb} {target}")
        self._seen(target)
        if fate is Fate.UNREACHED:
            return refuses_to_connect(request)
        scripted = self._sandbox.faults.take(target, call.verb)
        if fate in (Fate.THROTTLED, Fate.FAILED):
            scripted = _refusal(target, fate, self._sandbox)
        response = self._answer(call, scripted)
        if self._wire.after() is Fate.ANSWER_LOST:
            return times_out(request)
        response.request, response.url = request, request.url or ""
        return response

    def _answer(self, call: Call, scripted: Fault | None) -> requests.Response:
        said: Answer
        if scripted is not None:
            said = self._sandbox.scripted_error(scripted)
        else:
            said = self._sandbox.answer(call)
        return answer(
            said.status, said.body, {"Content-Type": said.content_type, **dict(said.headers)}
        )


def _refusal(target: str, fate: Fate, sandbox: Sandbox) -> Fault:
    limited = fate is Fate.THROTTLED
    if isinstance(sandbox, PortalSandbox):
        error = "QUERY_LIMIT_EXCEEDED" if limited else "INTERNAL_SERVER_ERROR"
        return Fault(target, FaultKind.STATUS, status=503 if limited else 500, error=error)
    return Fault(target, FaultKind.STATUS, status=429 if limited else 503)
