"""What IAM really allows, read from the translated template: no more than a function's ports use.

SAM's policy templates and managed policies cannot be seen in template.yaml; here they are whole.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from local.stack.places import emulator_python
from tests.project.cloudformation import ROOT, template, walk
from tests.project.tree import imported

pytestmark = pytest.mark.emulator  # its environment holds SAM's translator

FUNCTIONS = ("webhook", "exchange", "worker", "scheduler", "admin")
CODE = ROOT / "layers" / "code"
ACTIONS: Mapping[str, Mapping[str, str]] = {
    "dynamodb": {
        "get_item": "GetItem", "put_item": "PutItem", "update_item": "UpdateItem",
        "delete_item": "DeleteItem", "query": "Query", "batch_get_item": "BatchGetItem",
        "batch_write_item": "BatchWriteItem",
    },
    "sqs": {
        "send_message": "SendMessage*", "receive_message": "ReceiveMessage",
        "delete_message": "DeleteMessage", "change_message_visibility": "ChangeMessageVisibility",
        "get_queue_attributes": "GetQueueAttributes",
    },
    "sns": {"publish": "Publish"},
    "s3": {"get_object": "GetObject", "put_object": "PutObject", "delete_object": "DeleteObject"},
    "secretsmanager": {
        "get_secret_value": "GetSecretValue", "create_secret": "CreateSecret",
        "put_secret_value": "PutSecretValue",
    },
}  # fmt: skip
ADAPTERS = {
    "mostik/dynamodb.py": "dynamodb",
    "mostik/http/dynamodb.py": "dynamodb",
    "mostik/jobs/sqs.py": "sqs",
    "mostik/jobs/deadletters/sqs.py": "sqs",
    "mostik/admin/sqs.py": "sqs",
    "mostik/s3.py": "s3",
    "mostik/secrets.py": "secretsmanager",
    "mostik/alerts/sns.py": "sns",
}
# What SAM's policy templates bring along and nobody calls, on the function's own table or queue.
_OF_CRUD = {"dynamodb:Scan", "dynamodb:DescribeTable", "dynamodb:ConditionCheckItem"}
_OF_POLLER = {"sqs:ChangeMessageVisibilityBatch", "sqs:DeleteMessageBatch"}
_UPDATE = {"dynamodb:UpdateItem"}
UNUSED = {
    "webhook": _UPDATE,
    "exchange": _OF_CRUD | _UPDATE,
    # Lambda itself receives, deletes and counts for the worker.
    "worker": _OF_CRUD
    | _OF_POLLER
    | {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "scheduler": _OF_CRUD | _OF_POLLER | _UPDATE | {"sqs:GetQueueAttributes"},
    "admin": _OF_CRUD,
}
WITHOUT_A_CALL = {"s3:ListBucket"}
"""No operation: it lets S3 say that an object is gone."""
MANAGED = {"AWSLambdaBasicExecutionRole", "AWSLambdaSQSQueueExecutionRole"}


@cache
def translated() -> Mapping[str, Any]:
    answer = subprocess.run(  # noqa: S603 - our own module
        [emulator_python(), "-m", "local.stack.translate", ROOT / "template.yaml"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: Mapping[str, Any] = json.loads(answer.stdout)["Resources"]
    return found


def role(function: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = translated()[f"{function.capitalize()}FunctionRole"]["Properties"]
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(function: str) -> Iterator[Mapping[str, Any]]:
    for policy in role(function)["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def allowed(function: str) -> set[str]:
    return {action for one in statements(function) for action in listed(one["Action"])}


def reached(function: str) -> set[Path]:
    """Every module of ours that a function may import, also late."""
    found: set[Path] = set()
    ahead = {f"mostik.bootstrap.{function}"}
    while ahead:
        name = ahead.pop()
        place = CODE / name.replace(".", "/")
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            relative = path.relative_to(ROOT)
            if path.is_file() and relative not in found:
                found.add(relative)
                ahead |= imported(relative)
    return found


def called(function: str) -> set[str]:
    """The actions that the adapters which a function reaches may ask for."""
    actions = set()
    for path in reached(function):
        service = ADAPTERS.get(path.relative_to("layers/code").as_posix())
        if service is None:
            continue
        text = (ROOT / path).read_text(encoding="utf-8")
        for operation, action in ACTIONS[service].items():
            if re.search(rf"\b{operation}\b", text):
                actions.add(f"{service}:{action}")
    return actions


def names_in(value: Any) -> set[str]:
    """Logical ids of what a value refers to."""
    found = set()
    for inner in walk(value):
        if isinstance(inner, Mapping):
            found |= {str(inner["Ref"])} if "Ref" in inner else set()
            found |= {str(inner["Fn::GetAtt"][0])} if "Fn::GetAtt" in inner else set()
            if isinstance(inner.get("Fn::Sub"), str):
                found |= set(re.findall(r"\$\{(\w+)(?:\.\w+)?\}", inner["Fn::Sub"]))
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_what_its_adapters_call_and_what_templates_bring_along(
    function: str,
) -> None:
    unused = allowed(function) - called(function) - WITHOUT_A_CALL
    # The tick's own dead letters are sent by Lambda.
    assert unused - {"sqs:SendMessage"} == UNUSED[function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_touch_only_what_its_variables_name(function: str) -> None:
    kept = {
        name
        for name, resource in template().resources.items()
        if resource["Type"].rpartition("::")[2] in ("Table", "Queue", "Bucket", "Topic")
    }
    given = names_in(template().variables(function)) & kept
    touched = {name for one in statements(function) for name in names_in(one["Resource"])} & kept
    assert touched - {"TickDeadLetterQueue"} == given


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_statement_is_for_everything(function: str) -> None:
    for statement in statements(function):
        assert statement["Effect"] == "Allow"
        assert "*" not in listed(statement["Resource"])
        for action in listed(statement["Action"]):
            assert action.partition(":")[2] not in ("*", ""), action
            assert action == "sqs:SendMessage*" or "*" not in action


@pytest.mark.parametrize("function", FUNCTIONS)
def test_managed_policies_are_those_that_every_function_of_its_kind_has(function: str) -> None:
    names = {arn.rpartition("/")[2] for arn in role(function)["ManagedPolicyArns"]}
    assert names <= MANAGED
    assert ("AWSLambdaSQSQueueExecutionRole" in names) == (function == "worker")


def test_only_scheduler_and_api_may_call_a_function() -> None:
    callers = {
        resource["Properties"]["Principal"]
        for resource in translated().values()
        if resource["Type"] == "AWS::Lambda::Permission"
    }
    assert callers == {"apigateway.amazonaws.com"}
    roles = [one for one in translated().values() if one["Type"] == "AWS::IAM::Role"]
    trusted = {
        service
        for one in roles
        for statement in one["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        for service in listed(statement["Principal"]["Service"])
    }
    assert trusted == {"lambda.amazonaws.com", "scheduler.amazonaws.com"}


def test_every_adapter_is_known_here() -> None:
    there = {
        path.relative_to(CODE).as_posix()
        for pattern in ("sqs.py", "sns.py", "dynamodb.py", "s3.py", "secrets.py")
        for path in (CODE / "mostik").rglob(pattern)
        if "botocore" in path.read_text(encoding="utf-8") or path.name in ("sqs.py", "sns.py")
    }
    assert there == set(ADAPTERS)
