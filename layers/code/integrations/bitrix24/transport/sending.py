"""Carries commands to a portal in batches, several at once, and repeats what may be repeated.

Each exchange passes the connection's gate, so that batches in flight share the portal's limit with
every other worker. When the limiter refuses one, fewer go at a time; when it refuses the first of
all, nothing has begun and the job is held.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from pydantic import BaseModel

from integrations.bitrix24.transport.batch import (
    BatchAnswer,
    Command,
    Done,
    Outcome,
    Pack,
    Refused,
    body_of,
    key_of,
    needs_of,
    packed,
)
from integrations.bitrix24.transport.ledger import Ledger, charged, highest
from integrations.bitrix24.transport.php import as_map, plain, resolved
from mostik.errors import (
    ONE_AT_A_TIME,
    ConfigurationError,
    MostikError,
    RateLimited,
    RetryLater,
    Unknown,
)
from mostik.http.client import ApiClient
from mostik.http.endpoint import Endpoint, Replay

IN_FLIGHT = 4
"""Batches on their way at once: a portal works on each for about a second, and takes two a second
(limits); what is more would only wait at the gate."""
ROUNDS = 3
"""The first run of a command and two repeats."""
_FIRST_WAIT = 0.3

SAFE_BATCH = Endpoint("POST", "batch", Replay.SAFE)
UNSAFE_BATCH = Endpoint("POST", "batch", Replay.UNSAFE)
_NO_WORD = {"error": "ERROR_UNEXPECTED_ANSWER"}
"""How a command is classified of which a batch's answer says nothing."""


class _Envelope(BaseModel):
    """What an answer must be to be one of a batch."""

    result: dict[str, Any]


class Sending:
    """Carries the commands of one call of ``Portal.batch``.

    Args:
        api: bound to a job.
        ledger: takes in what the portal says of working time.
        commands: to be run.
        always: parameters of every request.

    Raises:
        ValueError: see ``needs_of``.
    """

    def __init__(
        self,
        api: ApiClient,
        ledger: Ledger,
        commands: Sequence[Command],
        always: Mapping[str, Any] | None = None,
    ) -> None:
        self._api = api
        self._always = dict(always or {})
        self._ledger = ledger
        self._commands = commands
        self._needs = needs_of(commands)
        self._outcomes: dict[int, Outcome] = {}
        self._failures: dict[int, MostikError] = {}
        """Of commands that are run once more."""
        self._lock = Lock()
        self._queue: deque[Pack] = deque()
        self._active = 0
        self._most_active = IN_FLIGHT
        self._begun = False
        self._stopped: MostikError | None = None

    def run(self) -> Sequence[Outcome]:
        """Returns the outcome of each command, in their order.

        Raises:
            ValueError: see ``packed``.
            TypeError: see ``packed``.
        """
        for number in range(ROUNDS):
            todo = self._todo()
            if not todo:
                break
            if number and not self._api.pause(_FIRST_WAIT * 2**number):
                break
            self._fly(packed(todo, self._needs))
            if self._stopped is not None:
                break
        for number in range(len(self._commands)):
            if number not in self._outcomes:
                error = self._failures.get(number) or self._stopped
                assert error is not None  # noqa: S101 - for the type checker: it was tried
                self._outcomes[number] = Refused(error)
        return [self._outcomes[number] for number in range(len(self._commands))]

    def _todo(self) -> Mapping[int, Command]:
        """What is still to be run; what earlier rounds have brought stands in for references."""
        todo: dict[int, Command] = {}
        for number, command in enumerate(self._commands):
            if number in self._outcomes:
                continue
            ready = self._ready(number, command)
            if isinstance(ready, Refused):
                self._outcomes[number] = ready
            else:
                todo[number] = ready
        return todo

    def _ready(self, number: int, command: Command) -> Command | Refused:
        results: dict[str, Any] = {}
        for earlier in self._needs.get(number, ()):
            match self._outcomes.get(earlier):
                case Refused() as refused:
                    return refused
                case Done(value):
                    results[self._commands[earlier].name or ""] = value
        if not results:
            return command
        return Command(command.endpoint, resolved(command.params, results), command.name)

    # ── in flight ─────────────────────────────────────────────────────────────────────────────

    def _fly(self, packs: Sequence[Pack]) -> None:
        self._queue = deque(packs)
        self._active = min(self._most_active, len(packs))
        if self._active == 1:
            self._carry()
            return
        with ThreadPoolExecutor(self._active, "bitrix24-batch") as pool:
            for carrier in [pool.submit(self._carry) for _ in range(self._active)]:
                carrier.result()

    def _carry(self) -> None:
        while True:
            with self._lock:
                if self._stopped is not None or not self._queue:
                    self._active -= 1  # whoever still waits at the gate must not leave
                    return
                pack = self._queue.popleft()
            error = self._run(pack)
            if error is None:
                self._begun = True
                continue
            with self._lock:
                self._queue.appendleft(pack)
                if self._active > 1:
                    # The limit is what is short: one that waits for it is as good as four.
                    self._active -= 1
                    self._most_active = max(1, min(self._most_active, self._active))
                    return
            if not (self._begun and self._api.pause(error.retry_after or 1.0)):
                self._stopped = error

    def _run(self, pack: Pack) -> RateLimited | None:
        """Runs a pack. Returns the limiter's refusal, when that is all that has come of it."""
        if pack.texts is None:
            for number in pack.numbers:
                self._call(number)
            return None
        pack = self._without_parked(pack)
        if not pack.numbers:
            return None
        chosen = [self._commands[number] for number in pack.numbers]
        safe = all(command.repeats_safely for command in chosen)
        endpoint = SAFE_BATCH if safe else UNSAFE_BATCH
        try:
            content = self._api.request(
                endpoint, body={**self._always, **body_of(pack, self._commands)}
            ).content
            self._api.parse(_Envelope, endpoint, content)
        except RateLimited as error:
            if error.status is None and error.pace != ONE_AT_A_TIME:
                return error
            self._stop(pack, error)
        except (ConfigurationError, RetryLater) as error:
            self._stop(pack, error)
        except Unknown as error:
            for number in pack.numbers:
                self._lost(number, error)
        except MostikError as error:
            for number in pack.numbers:
                self._outcomes[number] = Refused(error)
        else:
            self._read(pack, BatchAnswer.of(content))
        return None

    def _stop(self, pack: Pack, error: MostikError) -> None:
        """Nothing more is sent: it would meet the same. This pack may be sent once more."""
        self._stopped = error
        for number in pack.numbers:
            self._outcomes[number] = Refused(error)

    def _without_parked(self, pack: Pack) -> Pack:
        found: dict[Endpoint, RateLimited | None] = {}
        kept: list[tuple[int, str]] = []
        for number, text in zip(pack.numbers, pack.texts or (), strict=True):
            endpoint = self._commands[number].endpoint
            if endpoint not in found:
                found[endpoint] = self._api.closed(endpoint)
            refused = found[endpoint] or self._refused_before(number)
            if refused is None:
                kept.append((number, text))
            else:
                self._outcomes[number] = Refused(refused)
        if len(kept) == len(pack.numbers):
            return pack
        return Pack(tuple(number for number, _ in kept), tuple(text for _, text in kept))

    def _refused_before(self, number: int) -> MostikError | None:
        """Why a command that this one refers to was not run, if one was not."""
        for earlier in self._needs.get(number, ()):
            match self._outcomes.get(earlier):
                case Refused(error):
                    return error
        return None

    def _call(self, number: int) -> None:
        """Makes one command's own call; it is repeated by the client, not here."""
        ready = self._ready(number, self._commands[number])
        if isinstance(ready, Refused):
            self._outcomes[number] = ready
            return
        try:
            answer = as_map(
                self._api.request(
                    ready.endpoint, body=plain({**self._always, **ready.params})
                ).content
            )
        except MostikError as error:
            self._outcomes[number] = Refused(error)
        else:
            self._outcomes[number] = Done(answer.get("result"), answer.get("total"))

    # ── what has come back ────────────────────────────────────────────────────────────────────

    def _read(self, pack: Pack, answer: BatchAnswer) -> None:
        self._learn(pack, answer)
        parked: dict[str, MostikError] = {}
        for number in pack.numbers:
            command = self._commands[number]
            key, path = key_of(command, number), command.endpoint.path
            cause = self._cause(number)
            if key in answer.results:
                if cause is None or not command.repeats_safely:
                    self._outcomes[number] = Done(answer.results[key], answer.totals.get(key))
                else:
                    self._refuse(number, cause)  # it has read with an empty reference
                continue
            error = parked.get(path)
            if error is None:
                said = answer.errors.get(key, _NO_WORD)
                error = self._api.nested(command.endpoint, 400, said)
                assert error is not None  # noqa: S101 - for the type checker: it has a code
                if isinstance(error, RateLimited):
                    parked[path] = error  # each of them would park the method once more
            self._refuse(number, error if cause is None or isinstance(error, Unknown) else cause)

    def _cause(self, number: int) -> MostikError | None:
        """The error of what a command refers to, if that has failed: it ran with empty text
        instead."""
        for earlier in self._needs.get(number, ()):
            match self._outcomes.get(earlier):
                case Done():
                    continue
                case Refused(error):
                    return error
            return self._failures.get(earlier)
        return None

    def _refuse(self, number: int, error: MostikError) -> None:
        """Decides on a command that has failed: it is run again where that can help. What failed
        for want of something that is itself run again has that one's error, and its fate."""
        if isinstance(error, RetryLater) and not _is_parked(error):
            self._failures[number] = error
        else:
            self._outcomes[number] = Refused(error)

    def _lost(self, number: int, error: Unknown) -> None:
        """The answer is lost: what may be repeated is, unless it needs what may not."""
        command = self._commands[number]
        refused = self._refused_before(number)
        if command.repeats_safely and refused is None:
            self._failures[number] = RetryLater(
                error.text, who=error.who, status=error.status, code=error.code, gate=error.gate
            )
        else:
            self._outcomes[number] = Refused(refused or error)

    def _learn(self, pack: Pack, answer: BatchAnswer) -> None:
        endpoints = {
            key_of(self._commands[number], number): self._commands[number].endpoint
            for number in pack.numbers
        }
        blocks = [
            (endpoints[key].path, time) for key, time in answer.times.items() if key in endpoints
        ]
        by_path = {endpoint.path: endpoint for endpoint in endpoints.values()}
        self._ledger.note("batch", answer.time)
        for path, time in charged(highest(blocks), answer.time).items():
            self._ledger.note(path, time)
            self._api.nested(by_path[path], 200, {"time": time})


def _is_parked(error: RetryLater) -> bool:
    return isinstance(error, RateLimited) and ":" in (error.gate or "")
