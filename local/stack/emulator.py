"""The emulator's process: one for each state folder, on loopback, its state kept over a clean stop.

Whether it lives is told by a lock that the process holds, not by its number: numbers come again.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from local.interpreters import this_runtime
from local.stack.errors import LocalStackError
from local.stack.places import emulator_python
from local.stack.processes import REGION, emulator_environment, tail

HOST = "127.0.0.1"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0

# Children of this process by state folder: a parent must wait for its children's ends.
_children: dict[Path, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator."""

    pid: int
    port: int

    @property
    def endpoint_url(self) -> str:
        """Where every AWS service answers."""
        return f"http://{HOST}:{self.port}"


def running(state_dir: Path) -> Emulator | None:
    """The emulator that works on a state folder, if one does."""
    try:
        pid, port = (int(part) for part in _record(state_dir).read_text().split())
    except (FileNotFoundError, ValueError):
        return None
    return Emulator(pid, port) if _lock_is_held(state_dir) else None


def start(state_dir: Path, port: int | None = None) -> Emulator:
    """Start an emulator on a state folder, or return the one that works on it already.

    Args:
        state_dir: its own folder; state from an earlier clean stop is taken up.
        port: None takes the port of the earlier state, which is part of its queues' addresses, or a
            free one.

    Raises:
        LocalStackError: the port is taken, the environment does not fit, or it did not come up.
    """
    alive = running(state_dir)
    if alive is not None:
        if port not in (None, alive.port):
            raise LocalStackError(
                f"the stack in {state_dir} runs on port {alive.port}: "
                f"stop it before it moves to {port}"
            )
        return alive
    python = emulator_python()
    _require_same_minor(python)
    port = _choose_port(state_dir, port)
    # Each worker process of the emulator unpacks the layers into a folder of its own and leaves it.
    shutil.rmtree(state_dir / "tmp", ignore_errors=True)
    for folder in ("aws", "s3", "tmp"):
        (state_dir / folder).mkdir(parents=True, exist_ok=True)
    log = state_dir / "emulator.log"
    lock = os.open(_lock(state_dir), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with log.open("w") as output:
            process = subprocess.Popen(
                [str(python), "-m", "ministack"],
                env=emulator_environment(_settings(state_dir, port)),
                cwd=state_dir,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(lock,),
                start_new_session=True,  # Ctrl-C in the terminal must not cut its clean stop short
            )
    except BlockingIOError:
        raise LocalStackError(f"another start works on {state_dir}: wait for it") from None
    finally:
        os.close(lock)  # the child holds its own handle of the same lock
    _children[state_dir] = process
    _record(state_dir).write_text(f"{process.pid} {port}\n")
    emulator = Emulator(process.pid, port)
    _wait_until_ready(emulator, process, log)
    return emulator


def stop(state_dir: Path) -> bool:
    """Stop the emulator and keep its state. Returns False when none was running.

    Raises:
        LocalStackError: it does not stop.
    """
    emulator = running(state_dir)
    if emulator is None:
        return False
    os.kill(emulator.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _lock_is_held(state_dir):
        if time.monotonic() > deadline:
            raise LocalStackError(
                f"the emulator (process {emulator.pid}) did not stop in {_STOP_SECONDS:.0f} s; "
                f"see {state_dir / 'emulator.log'}"
            )
        time.sleep(0.05)
    child = _children.pop(state_dir, None)
    if child is not None:
        child.wait()
    return True


def _settings(state_dir: Path, port: int) -> dict[str, str]:
    return {
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state_dir / "aws"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state_dir / "s3"),
        "TMPDIR": str(state_dir / "tmp"),
        "LAMBDA_EXECUTOR": "local",
        # Roles are enforced as on AWS: what the template does not allow fails here too.
        "AUTH": "true",
        "LOG_LEVEL": "INFO",
        # Listeners of services that we do not use; the second would bind every interface.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }


def _record(state_dir: Path) -> Path:
    return state_dir / "emulator.pid"


def _lock(state_dir: Path) -> Path:
    return state_dir / "emulator.lock"


def _lock_is_held(state_dir: Path) -> bool:
    try:
        handle = os.open(_lock(state_dir), os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _require_same_minor(python: Path) -> None:
    """The emulator runs Python functions in its own interpreter, whatever their Runtime says."""
    answer = subprocess.run(
        [str(python), "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.stdout.strip() != this_runtime():
        raise LocalStackError(
            f"the emulator's environment runs {answer.stdout.strip() or 'nothing'} and .venv runs "
            f"{this_runtime()}: make both anew with 'make distclean environments'"
        )


def _choose_port(state_dir: Path, port: int | None) -> int:
    earlier = None
    if _record(state_dir).exists():
        earlier = int(_record(state_dir).read_text().split()[1])
    if port is not None and earlier is not None and port != earlier:
        raise LocalStackError(
            f"the state in {state_dir} belongs to port {earlier}, which is part of its queues' "
            f"addresses: use that port, or start afresh"
        )
    wanted = port or earlier
    with socket.socket() as probe:
        # As the emulator binds: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted or 0))
        except OSError as error:
            kept = f", which the state in {state_dir} belongs to," if wanted == earlier else ""
            raise LocalStackError(
                f"port {wanted}{kept} is taken by another program: "
                f"stop that program, or start afresh on a free port"
            ) from error
        return int(probe.getsockname()[1])


def _wait_until_ready(emulator: Emulator, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    # No proxy may stand between: this is loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LocalStackError(f"the emulator ended at once; the end of {log}:\n{tail(log)}")
        try:
            with opener.open(f"{emulator.endpoint_url}/_ministack/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    process.kill()
    process.wait()
    raise LocalStackError(
        f"the emulator did not answer in {_START_SECONDS:.0f} s; the end of {log}:\n{tail(log)}"
    )
