"""The suite ``cml``: a catalogue read into validated records, beside bare lxml and the peers.

Every reading is a process of its own, readers in turn; files are generated and kept nowhere. The
peers need Django: they are installed into folders of their own on the first run, and left out with
a line on stderr where that fails. They know no namespace, so they get a file without one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.rows import Row, absolute, paired
from local.sandbox.onec.catalogue import Catalogue, import_file
from local.sandbox.onec.paper import Style

SUITE = "cml"
_ROOT = Path(__file__).resolve().parents[1]
_PROCESS = _ROOT / "bench" / "cml_process.py"
_PEERS = {"django-cml": "django-cml==0.4.0", "django-cml2": "django-cml2==1.0.0.4"}
_TIME = 1.33
_MEMORY = 60.0


class _Readings:
    """Processes and their figures."""

    def __init__(self) -> None:
        self._paths = {"ours": "layers/code", "bare": "", "elementtree": ""}

    def add_peer(self, name: str) -> bool:
        folder = _ROOT / ".local" / "peers" / name
        if not (folder / "cml").is_dir():
            install = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
            asked = [*install, "--quiet", "--target", str(folder), _PEERS[name]]
            if subprocess.run(asked, check=False, stdout=sys.stderr).returncode:
                print(f"  {name} does not install here: left out", file=sys.stderr)
                return False
        self._paths[name] = str(folder)
        return True

    def read(self, reader: str, file: Path, goods: int) -> Mapping[str, float]:
        answer = subprocess.run(
            [sys.executable, "-P", str(_PROCESS), reader, str(file)],
            cwd=_ROOT,
            env={"PYTHONPATH": self._paths[reader], "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        figures: Mapping[str, float] = json.loads(answer.stdout.splitlines()[-1])
        assert figures["found"] == goods, f"{reader} found {figures['found']} of {goods} goods"
        return figures


def measure(short: bool) -> Sequence[Row]:
    """Returns the rows of the suite."""
    goods, large, times = (10_000, 20_000, 5) if short else (100_000, 200_000, 5)
    readings = _Readings()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        file = _written(Path(folder), goods, Style())
        name = f"{goods // 1_000}k goods"
        rows += _beside_lxml(readings, file, goods, name, times)
        rows += _memory(readings, Path(folder), (10_000, large))
        plain = _written(Path(folder), goods // 10, Style("2.05", mark=False))
        for peer in ("elementtree", *_PEERS):
            if peer in _PEERS and not readings.add_peer(peer):
                continue
            try:
                rows.append(_beside_peer(readings, plain, goods // 10, peer))
            except AssertionError as error:
                reason = str(error).strip().splitlines()[-1]
                print(f"  {peer} does not read the file: {reason}", file=sys.stderr)
    return rows


def _beside_lxml(
    readings: _Readings, file: Path, goods: int, name: str, times: int
) -> Sequence[Row]:
    ours, bare = [], []
    for run in range(times):
        ours.append(readings.read("ours", file, goods)["seconds"])
        bare.append(readings.read("bare", file, goods)["seconds"])
        print(f"  run {run + 1}: {ours[-1]:.2f} s, bare {bare[-1]:.2f} s", file=sys.stderr)
    return [
        paired(
            SUITE, f"validated records, {name}", "s",
            ours=ours, reference=bare, reference_name="bare lxml.iterparse", target=_TIME,
        )
    ]  # fmt: skip


def _memory(readings: _Readings, folder: Path, sizes: Sequence[int]) -> Sequence[Row]:
    rows = []
    for goods in sizes:
        file = _written(folder, goods, Style())
        peaks = [readings.read("ours", file, goods)["mb"] for _ in range(3)]
        rows.append(
            absolute(
                SUITE, f"peak RSS less RSS after imports, {goods // 1_000}k goods", "MB",
                ours=round(max(peaks), 1), target=_MEMORY, n=len(peaks),
            )
        )  # fmt: skip
    return rows


def _beside_peer(readings: _Readings, file: Path, goods: int, peer: str) -> Row:
    ours = readings.read("ours", file, goods)["seconds"]
    theirs = readings.read(peer, file, goods)
    return Row(
        SUITE, f"{goods // 1_000}k goods without a namespace (it took {theirs['mb']:.0f} MB)", "s",
        "lower", round(ours, 4), round(theirs["seconds"], 4), peer,
        round(ours / theirs["seconds"], 4), None, True, 1,
    )  # fmt: skip


def _written(folder: Path, goods: int, style: Style) -> Path:
    file = folder / f"import-{goods}-{style.version}.xml"
    if not file.exists():
        print(f"  writing {goods} goods", file=sys.stderr)
        with file.open("wb") as out:
            out.writelines(import_file(Catalogue(goods, properties=9), style))
    return file
