"""Start and stop the local stack."""

from __future__ import annotations

import fcntl
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.stack import emulator as emulators
from local.stack.build import build
from local.stack.deploy import deploy, describe
from local.stack.description import LocalStack
from local.stack.errors import LocalStackError
from local.stack.places import Target, state_folder

Report = Callable[[str], None]


def up(
    *,
    name: str = "mostik-local",
    state_dir: Path | None = None,
    port: int | None = None,
    fresh: bool = False,
    report: Report | None = None,
) -> LocalStack:
    """Bring the stack of the present code up, and leave it running.

    State of an earlier run is kept over a clean stop. What has not changed is neither built nor
    deployed again; a stack that is running already is brought up to date.

    Args:
        name: of the stack; two names never share anything but the build.
        state_dir: where it keeps its state; None is ``.local/<name>``.
        port: of the emulator; None takes the earlier one, or a free one.
        fresh: forget all earlier state first.
        report: told about each step; None writes to stderr.

    Raises:
        LocalStackError: with a text that says what to do.
    """
    folder = (state_dir or state_folder(name)).resolve()
    say = report or _to_stderr
    folder.mkdir(parents=True, exist_ok=True)
    with _one_start_at_a_time(folder):
        if fresh:
            _forget(folder)
        target = Target.this_machine()
        with _step(say, f"built for {target}") as note:
            built = build(target)
            note("" if built.fresh else "unchanged")
        with _step(say, "emulator of AWS started") as note:
            already = emulators.running(folder) is not None
            emulator = emulators.start(folder, port)
            note("was running" if already else f"port {emulator.port}")
        with _step(say, f"stack {name} deployed") as note:
            note("" if deploy(emulator, name, built, folder) else "unchanged")
        stack = describe(emulator, name, folder)
        stack.save(folder)
    return stack


def down(state_dir: Path | None = None, *, name: str = "mostik-local") -> bool:
    """Stop the stack and keep its state. Returns False when it was not running.

    Raises:
        LocalStackError: it does not stop.
    """
    return emulators.stop((state_dir or state_folder(name)).resolve())


def _forget(folder: Path) -> None:
    emulators.stop(folder)
    for name in ("aws", "s3", "tmp"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("emulator.pid", "stack.json"):
        (folder / name).unlink(missing_ok=True)


@contextmanager
def _one_start_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / "start.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalStackError(f"another start works on {folder}: wait for it") from None
        yield


@contextmanager
def _step(say: Report, done: str) -> Iterator[Report]:
    started = time.monotonic()
    notes: list[str] = []
    yield notes.append
    note = "".join(f", {note}" for note in notes if note)
    say(f"{done}{note} ({time.monotonic() - started:.1f} s)")


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
