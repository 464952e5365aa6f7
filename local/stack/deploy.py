"""Deploy the built template into the emulator with SAM, as one would deploy it to AWS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.stack.build import Build
from local.stack.description import LocalStack, emulator_client
from local.stack.emulator import HOST, Emulator
from local.stack.places import ROOT, sam_python
from local.stack.processes import REGION, aws_tool_environment, run_tool
from local.stack.repairs import repair
from local.stack.unknown import known_template

_FOLDERS = ("webhook", "exchange", "worker", "scheduler", "admin")


def deploy(emulator: Emulator, name: str, build: Build, state_dir: Path) -> bool:
    """Deploy a build unless the stack holds exactly this one. Returns whether SAM ran.

    Raises:
        LocalStackError: SAM failed.
    """
    # Kept inside the emulator: a crash loses this mark together with what was deployed.
    marks = emulator_client("ssm", emulator.endpoint_url, REGION)
    if _marked_digest(marks, name) == build.digest:
        return False
    bucket = f"{name}-artifacts"
    s3 = emulator_client("s3", emulator.endpoint_url, REGION)
    if bucket not in [found["Name"] for found in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=bucket)
    run_tool(
        "sam deploy",
        [
            *(sam_python(), "-m", "samcli", "deploy", "--config-env", "none"),
            *("--template-file", known_template(build.template), "--stack-name", name),
            *("--region", REGION, "--s3-bucket", bucket, "--capabilities", "CAPABILITY_IAM"),
            *("--no-progressbar", "--no-confirm-changeset", "--no-fail-on-empty-changeset"),
            *("--parameter-overrides", f"PythonRuntime={build.target.runtime}"),
            *(f"Architecture={build.target.architecture}", "Stage=local"),
        ],
        environment=aws_tool_environment(emulator.endpoint_url),
        cwd=ROOT,
        log=state_dir / "deploy.log",
    )
    repair(emulator, name)
    marks.put_parameter(Name=_mark(name), Value=build.digest, Type="String", Overwrite=True)
    return True


def describe(emulator: Emulator, name: str, state_dir: Path) -> LocalStack:
    """What a deployed stack is made of."""
    cloudformation = emulator_client("cloudformation", emulator.endpoint_url, REGION)
    ids = physical_ids(cloudformation, name)
    return LocalStack(
        name=name,
        pid=emulator.pid,
        port=emulator.port,
        endpoint_url=emulator.endpoint_url,
        api_url=f"http://{HOST}:{emulator.port}/_aws/execute-api/{ids['HttpApi']}/$default",
        region=REGION,
        secrets_prefix=name,
        jobs_queue_url=ids["JobsQueue"],
        jobs_dead_letter_queue_url=ids["JobsDeadLetterQueue"],
        state_table=ids["StateTable"],
        request_log_table=ids["RequestLogTable"],
        blobs_bucket=ids["BlobsBucket"],
        log_group=ids["LogGroup"],
        functions={folder: ids[f"{folder.capitalize()}Function"] for folder in _FOLDERS},
        state_dir=str(state_dir),
    )


def physical_ids(cloudformation: Any, name: str) -> Mapping[str, str]:
    """Physical ids of a stack's resources, keyed by logical id."""
    found = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}


def _mark(name: str) -> str:
    return f"/local/{name}/deployed"


def _marked_digest(marks: Any, name: str) -> str | None:
    try:
        return str(marks.get_parameter(Name=_mark(name))["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise
