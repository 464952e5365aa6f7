"""What template.yaml allows its functions: no more than their own things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.project.cloudformation import template

FUNCTIONS = ("webhook", "exchange", "worker", "scheduler", "admin")

# Where a trailing wildcard is ours: the stack's own secrets, the stack's own bucket.
OWN_PREFIXES = (":secret:${AWS::StackName}/", "${BlobsBucket.Arn}/")


def policies(function: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = template().functions()[function].get("Policies", [])
    return found


def statements(function: str) -> Iterator[Mapping[str, Any]]:
    for policy in policies(function):
        yield from policy.get("Statement", [])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def secrets_of(function: str) -> set[str]:
    arns = [
        policy["AWSSecretsManagerGetSecretValuePolicy"]["SecretArn"]
        for policy in policies(function)
        if "AWSSecretsManagerGetSecretValuePolicy" in policy
    ]
    return {
        arn["Fn::Sub"].rpartition("${AWS::StackName}/")[2] if "Fn::Sub" in arn else arn["Ref"]
        for arn in arns
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_statement_allows_every_action_or_every_resource(function: str) -> None:
    for statement in statements(function):
        for action in listed(statement["Action"]):
            assert "*" not in action, f"{function}: name the actions"
        for resource in listed(statement["Resource"]):
            text = resource.get("Fn::Sub", "") if isinstance(resource, dict) else resource
            if "*" in text:
                assert text.endswith("/*"), f"{function}: {text}"
                assert text.count("*") == 1, f"{function}: {text}"
                assert any(prefix in text for prefix in OWN_PREFIXES), f"{function}: {text}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_has_a_managed_policy(function: str) -> None:
    assert all(isinstance(policy, dict) for policy in policies(function))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_policy_templates_stand_before_statements(function: str) -> None:
    own = ["Statement" in policy for policy in policies(function)]
    assert own == sorted(own)


def test_each_function_reads_only_the_secrets_of_its_stage() -> None:
    assert {function: secrets_of(function) for function in FUNCTIONS} == {
        "webhook": {"door/*"},
        "exchange": {"door/*"},
        "worker": {"client/*", "tokens/*", "deposits/*", "door/*"},
        "scheduler": set(),
        "admin": {"AdminPassword", "sign-in-*", "client/*", "door/*", "tokens/*"},
    }


def test_only_a_person_and_the_worker_write_secrets_and_the_door_leaves_deposits_unread() -> None:
    writing = {
        (function, action, resource["Fn::Sub"].rpartition(":secret:")[2])
        for function in FUNCTIONS
        for statement in statements(function)
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if action.startswith("secretsmanager:")
    }
    assert writing == {
        ("worker", "secretsmanager:CreateSecret", "${AWS::StackName}/tokens/*"),
        ("worker", "secretsmanager:PutSecretValue", "${AWS::StackName}/tokens/*"),
        ("worker", "secretsmanager:PutSecretValue", "${AWS::StackName}/deposits/*"),
        ("worker", "secretsmanager:PutSecretValue", "${AWS::StackName}/door/*"),
        ("webhook", "secretsmanager:CreateSecret", "${AWS::StackName}/deposits/*"),
        ("webhook", "secretsmanager:PutSecretValue", "${AWS::StackName}/deposits/*"),
        *(
            ("admin", action, f"${{AWS::StackName}}/{kind}/*")
            for action in ("secretsmanager:CreateSecret", "secretsmanager:PutSecretValue")
            for kind in ("client", "door", "tokens")
        ),
    }


def test_the_webhook_function_can_neither_read_rows_nor_receive_jobs() -> None:
    names = [next(iter(policy)) for policy in policies("webhook")]
    assert not {"DynamoDBCrudPolicy", "DynamoDBReadPolicy", "SQSPollerPolicy"} & set(names)


def test_whoever_reads_a_blob_is_told_when_it_is_gone() -> None:
    # S3 answers 403 instead of 404 to a reader who may not list: that reads as "S3 is busy".
    reading = {
        function
        for function in FUNCTIONS
        for statement in statements(function)
        if "s3:GetObject" in listed(statement["Action"])
    }
    listing = {
        function
        for function in FUNCTIONS
        for statement in statements(function)
        if "s3:ListBucket" in listed(statement["Action"])
    }
    assert reading == listing == {"exchange", "worker", "scheduler", "admin"}
