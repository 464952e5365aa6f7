"""What the emulator's CloudFormation (ministack 1.5.33) leaves out or spoils, mended after deploys.

* SAM puts an HTTP API's routes into the OpenAPI body of ``AWS::ApiGatewayV2::Api``. The emulator
  ignores that property, so a deployed API has no routes: they are read from the processed template.
* A number that comes from a parameter stays text. In an event source mapping's ``ScalingConfig``
  that stops the poller altogether.
* ``Ref`` of a secret is its name, on AWS its ARN, so a policy for that secret allows nothing.

And one thing that it does rightly: it speaks no TLS, so a bucket that refuses all else refuses the
functions, too. That statement is taken out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from local.stack.description import emulator_client
from local.stack.emulator import Emulator
from local.stack.processes import ACCOUNT, REGION

_FUNCTION = re.compile(r"\$\{(\w+)\.Arn\}/invocations")
_TLS = "aws:SecureTransport"
_ANY = "x-amazon-apigateway-any-method"


def repair(emulator: Emulator, name: str) -> None:
    """Make a freshly deployed stack what its template says. Repeating it does no harm."""
    cloudformation = emulator_client("cloudformation", emulator.endpoint_url, REGION)
    found = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}
    text = cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
    template = json.loads(text) if isinstance(text, str) else text
    _create_routes(emulator_client("apigatewayv2", emulator.endpoint_url, REGION), template, ids)
    _mend_mappings(emulator_client("lambda", emulator.endpoint_url, REGION))
    let_plain_http_in(
        emulator_client("s3", emulator.endpoint_url, REGION),
        buckets=[ids[bucket] for bucket in _of_type(template, "AWS::S3::Bucket")],
    )
    kept = emulator_client("secretsmanager", emulator.endpoint_url, REGION)
    _mend_policies(
        emulator_client("iam", emulator.endpoint_url, REGION),
        roles=[ids[role] for role in _of_type(template, "AWS::IAM::Role")],
        arns={
            ids[secret]: kept.describe_secret(SecretId=ids[secret])["ARN"]
            for secret in _of_type(template, "AWS::SecretsManager::Secret")
        },
    )


def _create_routes(gateway: Any, template: Mapping[str, Any], ids: Mapping[str, str]) -> None:
    """Missing routes come, stale ones go."""
    api = ids["HttpApi"]
    for route in gateway.get_routes(ApiId=api)["Items"]:
        gateway.delete_route(ApiId=api, RouteId=route["RouteId"])
    for integration in gateway.get_integrations(ApiId=api)["Items"]:
        gateway.delete_integration(ApiId=api, IntegrationId=integration["IntegrationId"])
    integrations: dict[str, str] = {}
    for key, function in routes_of(template, "HttpApi"):
        if function not in integrations:
            integrations[function] = gateway.create_integration(
                ApiId=api,
                IntegrationType="AWS_PROXY",
                IntegrationUri=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{ids[function]}",
                PayloadFormatVersion="2.0",
            )["IntegrationId"]
        gateway.create_route(
            ApiId=api, RouteKey=key, Target=f"integrations/{integrations[function]}"
        )


def _mend_mappings(functions: Any) -> None:
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        scaling = mapping.get("ScalingConfig", {})
        if "MaximumConcurrency" in scaling:
            functions.update_event_source_mapping(
                UUID=mapping["UUID"],
                ScalingConfig={"MaximumConcurrency": int(scaling["MaximumConcurrency"])},
            )


def _mend_policies(iam: Any, *, roles: list[str], arns: Mapping[str, str]) -> None:
    for role in roles:
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            mended = json.dumps(document)
            for name, arn in arns.items():
                mended = mended.replace(json.dumps(name), json.dumps(arn))
            if mended != json.dumps(document):
                iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=mended)


def let_plain_http_in(storage: Any, *, buckets: list[str]) -> None:
    """Takes out what refuses calls without TLS, and leaves the rest of a bucket's policy."""
    for bucket in buckets:
        try:
            policy = json.loads(storage.get_bucket_policy(Bucket=bucket)["Policy"])
        except storage.exceptions.ClientError:
            continue  # it has none, or was mended already
        kept = [one for one in policy["Statement"] if _TLS not in json.dumps(one)]
        if not kept:
            storage.delete_bucket_policy(Bucket=bucket)
        elif len(kept) < len(policy["Statement"]):
            mended = json.dumps({**policy, "Statement": kept})
            storage.put_bucket_policy(Bucket=bucket, Policy=mended)


def _of_type(template: Mapping[str, Any], kind: str) -> list[str]:
    resources = template["Resources"].items()
    return [logical for logical, resource in resources if resource["Type"] == kind]


def routes_of(template: Mapping[str, Any], api: str) -> Iterator[tuple[str, str]]:
    """Each route of an API in a translated template: its key and its function's logical id."""
    for path, methods in template["Resources"][api]["Properties"]["Body"]["paths"].items():
        for method, operation in methods.items():
            uri = json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
            function = _FUNCTION.search(uri)
            if function is None:
                raise ValueError(f"{method} {path}: no function in {uri}")
            yield f"{'ANY' if method == _ANY else method.upper()} {path}", function.group(1)
