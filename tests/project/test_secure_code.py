"""The code that is shipped breaks none of our own rules, and each rule finds what it is for."""

from __future__ import annotations

import ast

import pytest

from tests.project.secure_rules import RULES, broken
from tests.project.tree import modules, parsed

SHIPPED = ("layers/code/", "functions/")

BAD = {
    "compares_a_proof": [
        "hmac.new(k, b, 'sha256').hexdigest() == given",
        "if signature != wanted: pass",
        "request.presented == secret.value",
    ],
    "unpacks_by_name": ["archive.extractall(folder)", "shutil.unpack_archive(a)"],
    "trusts_an_unverified_token": [
        "jwt.decode(token, key)",
        "jwt.decode(token, key, algorithms=['RS256'], options={'verify_signature': False})",
    ],
    "trusts_any_certificate": [
        "requests.get(url, verify=False, timeout=1)",
        "session.verify = False",
        "context.verify_mode = ssl.CERT_NONE",
    ],
    "runs_what_was_sent": ["import pickle", "eval(text)", "yaml.load(text)"],
    "starts_a_process": ["import subprocess", "os.system(text)"],
}
GOOD = [
    "hmac.compare_digest(presented, expected)",
    "status == 200",
    "digest == ''",
    "jwt.decode(token, key, algorithms=['RS256'])",
    "session.get(url, verify=True)",
    "re.compile('a')",
    "yaml.load(text, Loader=Strict)",
]


def test_what_is_shipped_breaks_no_rule() -> None:
    assert not [
        f"{path}:{line}: {rule}"
        for path in modules(*SHIPPED)
        for line, rule in broken(parsed(path))
    ]


@pytest.mark.parametrize(("rule", "text"), [(r, t) for r, texts in BAD.items() for t in texts])
def test_a_rule_finds_what_it_is_for(rule: str, text: str) -> None:
    assert rule in {name for _, name in broken(ast.parse(text))}


@pytest.mark.parametrize("text", GOOD)
def test_what_is_right_breaks_no_rule(text: str) -> None:
    assert list(broken(ast.parse(text))) == []


def test_every_rule_is_tried() -> None:
    assert set(BAD) == set(RULES)
