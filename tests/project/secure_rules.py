"""Rules that no linter has, or has too coarse: what code that is shipped may not say."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping

from tests.project.tree import dotted

_PROOF = re.compile(r"(^|_)(signature|digest|mac|hmac|password|nonce|expected|presented)$")
_MAKES_PROOF = frozenset({"digest", "hexdigest"})
_UNPACKS = frozenset({"extractall", "extract", "unpack_archive"})
_RUNS_DATA = frozenset({"eval", "exec", "compile", "pickle", "marshal", "shelve", "dill"})
_UNVERIFIED = frozenset({"_create_unverified_context", "CERT_NONE", "check_hostname"})
_VERIFIES = frozenset({"verify_signature", "verify_aud", "verify_iss"})
"""Times may be left to our own clock, these may not."""

Rule = Callable[[ast.AST], bool]
"""Whether a node breaks it."""


def compares_a_proof(node: ast.AST) -> bool:
    """``==`` on a digest or what a caller presents: it ends at the first byte that differs, and the
    time tells how far a guess was right."""
    if not isinstance(node, ast.Compare):
        return False
    sides = [node.left, *node.comparators]
    equality = any(isinstance(sign, ast.Eq | ast.NotEq) for sign in node.ops)
    constant = any(isinstance(side, ast.Constant) for side in sides)
    return equality and not constant and any(_is_proof(side) for side in sides)


def _is_proof(side: ast.expr) -> bool:
    if isinstance(side, ast.Call):
        return isinstance(side.func, ast.Attribute) and side.func.attr in _MAKES_PROOF
    return bool(_PROOF.search(dotted(side).rpartition(".")[2]))


def unpacks_by_name(node: ast.AST) -> bool:
    """Writes files where an archive's own names lead."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        and _last(node.func) in _UNPACKS
    )


def trusts_an_unverified_token(node: ast.AST) -> bool:
    """``jwt.decode`` that does not name its algorithms, or is told not to verify."""
    if not isinstance(node, ast.Call) or not dotted(node.func).endswith("jwt.decode"):
        return False
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    positional = len(node.args) > 2
    off = any(
        isinstance(key, ast.Constant)
        and key.value in _VERIFIES
        and isinstance(value, ast.Constant)
        and value.value is False
        for inner in ast.walk(node)
        if isinstance(inner, ast.Dict)
        for key, value in zip(inner.keys, inner.values, strict=True)
    )
    return off or not (positional or "algorithms" in given)


def trusts_any_certificate(node: ast.AST) -> bool:
    """TLS without a look at who answers."""
    if isinstance(node, ast.keyword) and node.arg in ("verify", "cert_reqs"):
        return isinstance(node.value, ast.Constant) and not node.value.value
    if isinstance(node, ast.Assign):
        off = isinstance(node.value, ast.Constant) and node.value.value is False
        return off and any(_last(one) in ("verify", "check_hostname") for one in node.targets)
    return isinstance(node, ast.Attribute) and node.attr in _UNVERIFIED - {"check_hostname"}


def runs_what_was_sent(node: ast.AST) -> bool:
    """Makes code or objects of data."""
    if isinstance(node, ast.Call):
        name = dotted(node.func)
        return name.partition(".")[0] in _RUNS_DATA or (
            name == "yaml.load" and not any(k.arg == "Loader" for k in node.keywords)
        )
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] in _RUNS_DATA for alias in node.names)
    return isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in _RUNS_DATA


def starts_a_process(node: ast.AST) -> bool:
    """A function of ours starts no program."""
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] == "subprocess" for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.module == "subprocess"
    return isinstance(node, ast.Call) and dotted(node.func) in ("os.system", "os.popen")


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        compares_a_proof,
        unpacks_by_name,
        trusts_an_unverified_token,
        trusts_any_certificate,
        runs_what_was_sent,
        starts_a_process,
    )
}


def broken(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yields the line and the rule of everything that breaks one."""
    for node in ast.walk(tree):
        for name, rule in RULES.items():
            if rule(node):
                yield getattr(node, "lineno", 0), name
