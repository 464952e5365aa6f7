"""The local stack without an emulator: interpreters, descriptions, routes, errors that help."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from local.interpreters import InterpreterMissingError, find_interpreter, this_runtime
from local.stack.build import inputs_digest
from local.stack.description import LocalStack
from local.stack.errors import LocalStackError
from local.stack.places import ARCHITECTURES, Target
from local.stack.processes import aws_tool_environment, emulator_environment, run_tool
from local.stack.repairs import let_plain_http_in, routes_of

STACK = LocalStack(
    name="mostik-test",
    pid=1,
    port=4566,
    endpoint_url="http://127.0.0.1:4566",
    api_url="http://127.0.0.1:4566/_aws/execute-api/abc/$default",
    region="us-east-1",
    secrets_prefix="mostik-test",
    jobs_queue_url="http://127.0.0.1:4566/000000000000/jobs",
    jobs_dead_letter_queue_url="http://127.0.0.1:4566/000000000000/dead",
    state_table="state",
    request_log_table="log",
    blobs_bucket="blobs",
    log_group="logs",
    functions={"webhook": "mostik-test-WebhookFunction"},
    state_dir="here",
)


def test_the_interpreter_of_this_runtime_is_a_real_one_of_this_version() -> None:
    # WHEN
    found = find_interpreter(this_runtime())
    # THEN
    answer = subprocess.run(  # noqa: S603  # the interpreter that was found
        [
            found,
            "-c",
            "import sys; print(sys.version_info[:2] == " + str(sys.version_info[:2]) + ")",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "True"


def test_a_missing_interpreter_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(InterpreterMissingError, match=r"Install Python 3\.1 .* RUNTIME=python3"):
        find_interpreter("python3.1")


def test_a_runtime_that_is_no_python_is_refused() -> None:
    with pytest.raises(ValueError, match=r"not a Python runtime such as python3\.13"):
        find_interpreter("nodejs22.x")


def test_the_target_of_this_machine_is_one_that_the_template_allows() -> None:
    target = Target.this_machine()
    assert target.architecture in ARCHITECTURES
    assert target.runtime == this_runtime()


def test_a_build_for_another_target_is_another_build() -> None:
    assert inputs_digest(Target("python3.13", "arm64")) != inputs_digest(
        Target("python3.13", "x86_64")
    )
    assert inputs_digest(Target("python3.13", "arm64")) == inputs_digest(
        Target("python3.13", "arm64")
    )


def test_a_description_is_read_as_it_was_written(tmp_path: Path) -> None:
    # WHEN
    STACK.save(tmp_path)
    # THEN
    assert LocalStack.load(tmp_path) == STACK


def test_a_stack_that_never_ran_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match="make run"):
        LocalStack.load(tmp_path)


@pytest.mark.parametrize("text", ["{", "{}", '{"name": "x", "unknown": 1}', "[]"])
def test_a_description_of_another_version_says_how_to_start_afresh(
    tmp_path: Path, text: str
) -> None:
    # GIVEN
    (tmp_path / "stack.json").write_text(text)
    # THEN
    with pytest.raises(LocalStackError, match="make clean run"):
        LocalStack.load(tmp_path)


def test_a_client_of_the_emulator_is_untouched_by_the_callers_own_account(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # GIVEN a caller who works with a real account
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "absent.pem"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://example.org")
    # WHEN
    client = STACK.client("sqs")
    # THEN
    assert client.meta.endpoint_url == STACK.endpoint_url
    assert client.meta.region_name == "us-east-1"


def test_no_program_is_started_with_the_callers_own_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # GIVEN
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org:3128")
    monkeypatch.setenv("SOME_PASSWORD", "secret")
    # WHEN
    tool = aws_tool_environment("http://127.0.0.1:4566")
    emulator = emulator_environment({})
    # THEN
    for environment in (tool, emulator):
        assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY"} & set(environment)
        assert environment["AWS_ACCESS_KEY_ID"] == "000000000000"
    assert "SOME_PASSWORD" not in emulator, "functions inherit the emulator's variables"


def test_a_tool_that_fails_shows_the_end_of_its_output(tmp_path: Path) -> None:
    script = "print('first'); raise SystemExit('the true cause')"
    with pytest.raises(
        LocalStackError, match=r"(?s)sam build failed \(1\).*the true cause"
    ) as caught:
        run_tool(
            "sam build",
            [sys.executable, "-c", script],
            environment={},
            cwd=tmp_path,
            log=tmp_path / "tool.log",
        )
    assert "tool.log" in str(caught.value)


def test_routes_are_read_from_the_translated_template() -> None:
    # GIVEN what SAM makes of an HTTP API
    def operation(function: str) -> dict[str, object]:
        uri = f"arn:aws:apigateway:here:lambda:path/functions/${{{function}.Arn}}/invocations"
        return {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": uri}}}

    paths = {
        "/webhooks/{connection}": {"post": operation("Webhook"), "get": operation("Webhook")},
        "/admin/{proxy+}": {"x-amazon-apigateway-any-method": operation("Admin")},
    }
    template = {"Resources": {"Api": {"Properties": {"Body": {"paths": paths}}}}}
    # THEN
    assert set(routes_of(template, "Api")) == {
        ("POST /webhooks/{connection}", "Webhook"),
        ("GET /webhooks/{connection}", "Webhook"),
        ("ANY /admin/{proxy+}", "Admin"),
    }


@mock_aws
def test_a_bucket_that_demands_tls_lets_the_emulators_functions_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # GIVEN buckets whose policies demand TLS, alone and beside something else, and one without
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    storage = botocore.session.get_session().create_client("s3", region_name="us-east-1")
    everything = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    tls = {**everything, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    other = {**everything, "Action": "s3:DeleteBucket"}
    for name, statements in (("alone", [tls]), ("beside", [tls, other]), ("without", [])):
        storage.create_bucket(Bucket=name)
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
            storage.put_bucket_policy(Bucket=name, Policy=policy)
    # WHEN they are mended, twice
    for _ in range(2):
        let_plain_http_in(storage, buckets=["alone", "beside", "without"])
    # THEN nothing else was taken out
    kept = json.loads(storage.get_bucket_policy(Bucket="beside")["Policy"])["Statement"]
    assert kept == [other]
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        storage.get_bucket_policy(Bucket="alone")
