"""The checks of ``make secure``. Each yields sentences about what is wrong."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from local.security import accepted
from local.security.licences import licence_of
from local.security.lock import LOCK, REQUIREMENTS, lock_problems, names_in
from local.stack.errors import LocalStackError
from local.stack.places import ROOT

_TOOLS = ROOT / ".venv-security" / "bin"
_SHIPPED = ("layers/code", "functions")
_VENDOR_PATTERNS_ONLY = ("KeywordDetector", "Base64HighEntropyString", "HexHighEntropyString")
"""These take every made-up secret of a test for a real one."""

Check = Callable[[Path], Iterator[str]]


class Unavailable(Exception):
    """What the check asks cannot be reached from here."""


def template(translated: Path) -> Iterator[str]:
    """Checkov on what CloudFormation gets to see."""
    said = _run(
        "checkov", "--framework", "cloudformation", "--file", str(translated),
        "--skip-download", "--compact", "--quiet", "--output", "json",
    )  # fmt: skip
    failed: list[Mapping[str, Any]] = _json("checkov", said)["results"]["failed_checks"]
    found = Counter(str(one["check_id"]) for one in failed)
    for one in failed:
        if one["check_id"] not in accepted.TEMPLATE:
            yield f"{one['check_id']} {one['resource']}: {one['check_name']}"
    yield from _stale("TEMPLATE", accepted.TEMPLATE, found)


def code(_translated: Path) -> Iterator[str]:
    """Bandit on what is shipped."""
    said = _run("bandit", "--quiet", "--recursive", "-ll", "--format", "json", *_SHIPPED)
    found = Counter[str]()
    for one in _json("bandit", said)["results"]:
        key = f"{one['filename'].removeprefix('./')}:{one['test_id']}"
        found[key] += 1
        if key not in accepted.CODE:
            yield f"{key} (line {one['line_number']}): {one['issue_text']}"
    yield from _stale("CODE", accepted.CODE, found)


def secrets(_translated: Path) -> Iterator[str]:
    """detect-secrets on the whole tree, with the patterns of credentials that vendors give out."""
    off = [part for name in _VENDOR_PATTERNS_ONLY for part in ("--disable-plugin", name)]
    results = _json("detect-secrets", _run("detect-secrets", "scan", *off))["results"]
    for path, ones in results.items():
        if path not in accepted.SECRETS:
            yield from (f"{path}:{one['line_number']}: {one['type']}" for one in ones)
    yield from _stale("SECRETS", accepted.SECRETS, Counter(results))


def packages(_translated: Path) -> Iterator[str]:
    """pip-audit on every package of the layer, strict: one that is not known is a finding."""
    answer = _run(
        "pip-audit", "--strict", "--disable-pip", "--require-hashes", "--progress-spinner", "off",
        "--format", "json", "--requirement", str(LOCK),
    )  # fmt: skip
    if not answer.stdout.strip():
        raise Unavailable(_last_line(answer.stderr))
    for one in json.loads(answer.stdout)["dependencies"]:
        for problem in one["vulns"]:
            fixed = ", ".join(problem["fix_versions"]) or "no version"
            yield f"{one['name']} {one['version']}: {problem['id']}, fixed in {fixed}"


def pins(_translated: Path) -> Iterator[str]:
    """The layer's packages are pinned with hashes, and as requirements.txt says."""
    yield from lock_problems(REQUIREMENTS.read_text(), LOCK.read_text())


def licences(_translated: Path) -> Iterator[str]:
    """Every package of the layer has a licence that obliges nobody who only runs it."""
    for name in names_in(LOCK.read_text()):
        try:
            licence = licence_of(metadata(name))
        except PackageNotFoundError:
            yield f"{name}: it is not in this environment, so its licence is not known"
            continue
        if licence is None or not licence <= accepted.LICENCES:
            yield f"{name}: its licence is {' and '.join(sorted(licence or {'not said'}))}"


CHECKS: Mapping[str, Check] = {
    "template": template,
    "code": code,
    "secrets": secrets,
    "packages": packages,
    "pins": pins,
    "licences": licences,
}


def _stale(table: str, known: Mapping[str, str], found: Counter[str]) -> Iterator[str]:
    for name in known:
        if not found[name]:
            yield f"{name} is found no more: take it out of accepted.{table}"


def _run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(_TOOLS / tool), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def _json(tool: str, answer: subprocess.CompletedProcess[str]) -> Any:
    try:
        return json.loads(answer.stdout)
    except ValueError:
        raise LocalStackError(f"{tool} did not run: {_last_line(answer.stderr)}") from None


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
