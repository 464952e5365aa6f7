"""What every integration's folder promises before anything is called."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from mostik.http.endpoint import Endpoint, Replay
from mostik.http.paging import Page
from mostik.integration import secret_fields
from mostik.registry import discovered
from tests.integrations.subjects import EVERY_CALLED, EVERY_INTEGRATION, TEMPLATE, Subject
from tests.integrations.world import a_world, client_of, traffic

SECTIONS = ("What it does", "Set up", "Settings", "Rights", "Limits", "Messages")
"""The sections of an integration's README.md, in this order; the admin shows them."""

FORBIDDEN_MODULES = {
    "aiohttp",
    "boto3",
    "botocore",
    "http.client",
    "httpx",
    "socket",
    "subprocess",
    "urllib.request",
    "urllib3",
}
FORBIDDEN_NAMES = {
    "os.environ",
    "os.getenv",
    "requests.Session",
    "requests.session",
    "requests.delete",
    "requests.get",
    "requests.patch",
    "requests.post",
    "requests.put",
    "requests.request",
    "time.sleep",
}

_IMPORT_ALONE = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind"):
        raise AssertionError(f"{event} at import")
sys.addaudithook(refuse)
import os
assert not [name for name in os.environ if name not in ("LC_CTYPE",)], sorted(os.environ)
sys.path[:0] = sys.argv[2:]
import integrations
import importlib
integrations.__path__.append(sys.argv[1].rpartition("/")[0])
importlib.import_module("integrations." + sys.argv[1].rpartition("/")[2])
late = {"boto3", "botocore"} & set(sys.modules)
assert not late, late
"""

ROOT = Path(__file__).parents[2]


@EVERY_INTEGRATION
def test_its_import_needs_no_environment_and_no_network(subject: Subject) -> None:
    # GIVEN an interpreter that has no environment and may not open a connection
    command = [sys.executable, "-I", "-W", "error", "-c", _IMPORT_ALONE]
    code = ROOT / "layers" / "code"
    # WHEN it imports the integration
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own text
        [*command, subject.folder.as_posix(), str(code)],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    # THEN nothing is missing
    assert done.returncode == 0, done.stderr


@EVERY_INTEGRATION
def test_its_name_is_that_of_its_folder(subject: Subject) -> None:
    assert subject.integration.name == subject.folder.name == subject.package
    assert subject.integration.title.strip(), "people need a title"


def test_a_template_is_never_discovered() -> None:
    assert TEMPLATE not in discovered()


@EVERY_INTEGRATION
def test_a_secret_has_no_default_and_stands_where_it_is_split_off(subject: Subject) -> None:
    # GIVEN every secret of the settings, however deep
    secrets = {
        path
        for path, field in fields_of(subject.integration.settings)
        if SecretStr in (field.annotation, *get_args(field.annotation))
    }
    # THEN each must be entered, unless there is another way in, and none lies in a group, where it
    # would go to the state table
    entered = [
        name
        for name, field in fields_of(subject.integration.settings)
        if _required(field) or field.default is None
    ]
    assert secrets <= set(entered)
    assert secrets == secret_fields(subject.integration.settings)


@EVERY_INTEGRATION
def test_a_setting_that_does_not_exist_is_refused(subject: Subject) -> None:
    for model in models_of(subject.integration.settings):
        assert model.model_config.get("extra") == "forbid", f"{model.__name__} takes anything"
    with pytest.raises(ValidationError, match="no_such_setting"):
        subject.integration.settings.model_validate(
            {**subject.sample.settings, "no_such_setting": 1}
        )


@EVERY_INTEGRATION
def test_its_settings_are_a_form_that_hides_secrets(subject: Subject) -> None:
    # WHEN the admin asks for the form
    form = json.loads(json.dumps(subject.integration.settings.model_json_schema()))
    # THEN secrets are passwords in it, and they never come back
    for name in secret_fields(subject.integration.settings):
        assert form["properties"][name]["writeOnly"] is True
    assert not [
        value for value in subject.client_secrets.values() if value in repr(subject.settings)
    ]


@EVERY_INTEGRATION
def test_its_readme_has_its_sections(subject: Subject) -> None:
    headings = re.findall(r"^## (.+)$", subject.readme, re.MULTILINE)
    assert tuple(headings) == SECTIONS
    for heading in SECTIONS:
        assert section(subject.readme, heading), f"'{heading}' says nothing"


@EVERY_INTEGRATION
def test_its_readme_explains_every_setting_and_no_other(subject: Subject) -> None:
    explained = re.findall(r"^\| `([^`]+)` \|", section(subject.readme, "Settings"), re.MULTILINE)
    assert sorted(explained) == sorted(
        path for path, _field in fields_of(subject.integration.settings)
    )


@EVERY_INTEGRATION
def test_every_example_in_its_readme_is_accepted_by_its_settings(subject: Subject) -> None:
    examples = re.findall(r"```json\n(.+?)```", section(subject.readme, "Set up"), re.DOTALL)
    assert examples, "nothing to copy"
    for example in examples:
        content = json.loads(example)
        assert not set(content) & set(subject.client_secrets), "an example holds no secret"
        subject.integration.settings.model_validate({**content, **subject.client_secrets})


@EVERY_INTEGRATION
def test_its_readme_lists_every_message_that_it_gives_the_administrator(subject: Subject) -> None:
    # GIVEN the verdicts of its error table, and what its modules say when they give up
    said = [verdict.text for verdict in subject.integration.dialect.errors.values()]
    said += [text for path in subject.folder.rglob("*.py") for text in messages_in(path)]
    # THEN each is listed with what to do, whatever stands in for its variable parts
    listed = _words(section(subject.readme, "Messages"))
    assert not [text for text in said if _words(text) not in listed]


@EVERY_INTEGRATION
def test_it_builds_no_client_of_its_own_and_knows_no_aws(subject: Subject) -> None:
    found = [
        f"{path.name}: {name}"
        for path in sorted(subject.folder.rglob("*.py"))
        for name in names_in(path)
        if name in FORBIDDEN_NAMES or _is_or_is_in(name, FORBIDDEN_MODULES)
    ]
    assert not found


@EVERY_CALLED
def test_its_client_has_one_plain_method_for_each_endpoint(subject: Subject) -> None:
    with a_world(subject) as world:
        client = type(client_of(world))
    public = {name: value for name, value in vars(client).items() if not name.startswith("_")}
    assert public, "a client without methods"
    for name, method in public.items():
        assert inspect.isfunction(method), f"{name} is no plain method"
        assert not inspect.iscoroutinefunction(method), f"{name} is not to be awaited"
        assert not inspect.isgeneratorfunction(method), f"{name} hides how many calls it makes"
        assert inspect.getdoc(method), f"{name} does not say what it calls"
        assert _is_answer(get_type_hints(method)["return"]), f"{name} returns no model and no page"


@EVERY_CALLED
def test_every_endpoint_says_what_a_repeat_does(subject: Subject) -> None:
    # GIVEN every call that it makes when everything is tried once
    with a_world(subject) as world:
        world.record()
        made = [*world.made, *traffic(subject).writes]
    # THEN each is of an endpoint that says so, and a look is always safe
    assert made
    for call in made:
        assert isinstance(call.endpoint, Endpoint)
        assert isinstance(call.endpoint.replay, Replay)
        if call.endpoint.method in ("GET", "HEAD"):
            assert call.endpoint.replay is Replay.SAFE


@EVERY_CALLED
def test_a_resource_that_is_written_unsafely_is_declared_as_such(subject: Subject) -> None:
    # GIVEN what writing the sample's resource calls
    unsafe = [made for made in traffic(subject).writes if made.endpoint.replay is not Replay.SAFE]
    # THEN the worker is told, so that it looks a lost write up before it repeats it
    declared = subject.sample.resource in subject.integration.unsafe_resources
    assert declared is bool(unsafe)
    assert subject.integration.unsafe_resources <= set(subject.integration.resources)


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every field of a settings model by its dotted name, groups and what is in them."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}", field
        for group in _models_in(field.annotation):
            yield from fields_of(group, f"{prefix}{name}.")


def models_of(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A settings model and every group in it."""
    yield model
    for field in model.model_fields.values():
        for group in _models_in(field.annotation):
            yield from models_of(group)


def section(readme: str, heading: str) -> str:
    """The text below a heading of a README."""
    _, _, rest = readme.partition(f"\n## {heading}\n")
    return rest.partition("\n## ")[0].strip()


def names_in(path: Path) -> Iterator[str]:
    """What a module imports and the dotted names that it uses, under the modules' full names."""
    known: dict[str, str] = {}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            known |= {
                alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names
            }
    yield from known.values()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{known.get(node.value.id, node.value.id)}.{node.attr}"


def messages_in(path: Path) -> Iterator[str]:
    """The fixed parts of what a module says to an administrator when it raises."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id not in ("ConfigurationError", "GiveUp", "Skip") or not node.args:
            continue
        to = [ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg == "who"]
        if "WhoActs.DEVELOPER" in to:
            continue
        parts = node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else [node.args[0]]
        for part in parts:
            if isinstance(part, ast.Constant):
                yield str(part.value).strip(" ():")


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield part


def _required(field: Any) -> bool:
    required: bool = field.is_required()
    return required


def _is_answer(annotation: Any) -> bool:
    """A model, one page, or nothing."""
    if get_origin(annotation) in (Union, UnionType):
        return all(_is_answer(part) for part in get_args(annotation))
    if annotation is type(None) or get_origin(annotation) is Page:
        return True
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_or_is_in(name: str, modules: set[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _words(text: str) -> str:
    return " ".join(text.split())
