"""The rules behind the numbers of template.yaml."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from mostik.settings import REQUIRED_VARIABLES
from tests.project.cloudformation import ROOT, refers_to, template, walk

FUNCTIONS = ("webhook", "exchange", "worker", "scheduler", "admin")
DAY = 86_400
DEADLINE_DAYS = 7
"""A job fails after so long; everything that it needs must outlive it."""
HTTP_API_LIMIT_SECONDS = 30


def alarms() -> Mapping[str, Mapping[str, Any]]:
    return template().of_type("AWS::CloudWatch::Alarm")


def queues() -> Mapping[str, Mapping[str, Any]]:
    return template().of_type("AWS::SQS::Queue")


def dead_letter_queue_of(queue: str) -> str:
    target: str = queues()[queue]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    return target


def test_the_functions_are_the_five_folders() -> None:
    assert set(template().functions()) == set(FUNCTIONS)
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert folders == set(FUNCTIONS)


def test_a_delivery_stays_hidden_for_six_worker_timeouts_and_the_batch_window() -> None:
    worker = template().functions()["worker"]
    window = worker["Events"]["Jobs"]["Properties"]["MaximumBatchingWindowInSeconds"]
    assert template().properties("JobsQueue")["VisibilityTimeout"] == 6 * worker["Timeout"] + window


@pytest.mark.parametrize("function", ["worker", "scheduler"])
def test_leases_are_reckoned_from_the_true_worker_timeout(function: str) -> None:
    timeout = template().functions()["worker"]["Timeout"]
    assert int(template().variables(function)["WORKER_TIMEOUT_SECONDS"]) == timeout


@pytest.mark.parametrize("function", ["webhook", "exchange", "admin"])
def test_a_function_behind_the_api_ends_before_the_api_gives_up(function: str) -> None:
    assert template().functions()[function]["Timeout"] <= HTTP_API_LIMIT_SECONDS


def test_throttled_polls_do_not_send_healthy_jobs_to_the_dead_letter_queue() -> None:
    for properties in queues().values():
        if "RedrivePolicy" in properties:
            assert properties["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_one_bad_message_does_not_repeat_its_batch() -> None:
    for function in template().functions().values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_batch_over_ten_has_a_window() -> None:
    jobs = template().functions()["worker"]["Events"]["Jobs"]["Properties"]
    assert jobs["BatchSize"] > 10
    assert jobs["MaximumBatchingWindowInSeconds"] >= 1


def test_concurrency_is_limited_at_the_mapping_by_a_parameter() -> None:
    jobs = template().functions()["worker"]["Events"]["Jobs"]["Properties"]
    assert jobs["ScalingConfig"]["MaximumConcurrency"] == {"Ref": "MaximumConcurrency"}


def test_nothing_is_reserved_unless_a_parameter_says_so() -> None:
    for function in template().functions().values():
        reserved = function.get("ReservedConcurrentExecutions")
        if reserved is not None:
            condition, parameter, otherwise = reserved["Fn::If"]
            assert template().parameters[parameter["Ref"]]["Default"] == 0
            assert refers_to(template().body["Conditions"][condition], parameter["Ref"])
            assert otherwise == {"Ref": "AWS::NoValue"}


def test_every_queue_has_a_dead_letter_queue() -> None:
    dead_letter = {name for name in queues() if name.endswith("DeadLetterQueue")}
    for name in set(queues()) - dead_letter:
        assert dead_letter_queue_of(name) in dead_letter


def test_every_queue_has_an_alarm() -> None:
    for name in queues():
        assert any(refers_to(alarm["Dimensions"], name) for alarm in alarms().values()), name


def test_a_dead_letter_outlives_its_source() -> None:
    for name, properties in queues().items():
        if "RedrivePolicy" in properties:
            dead = queues()[dead_letter_queue_of(name)]
            assert dead["MessageRetentionPeriod"] > properties["MessageRetentionPeriod"]


def test_what_a_waiting_job_needs_outlives_its_deadline() -> None:
    parameters = template().parameters
    assert template().properties("JobsQueue")["MessageRetentionPeriod"] > DEADLINE_DAYS * DAY
    assert parameters["BodyRetentionDays"]["MinValue"] > DEADLINE_DAYS
    assert parameters["UploadRetentionDays"]["MinValue"] > DEADLINE_DAYS
    assert parameters["BodyRetentionDays"]["Default"] > parameters["RequestLogDays"]["Default"]


def test_every_asynchronous_call_of_a_function_has_a_dead_letter_queue() -> None:
    for function in template().functions().values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "ScheduleV2":
                assert refers_to(event["Properties"]["DeadLetterConfig"], "TickDeadLetterQueue")
                assert event["Properties"]["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 60
                on_failure = function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
                assert refers_to(on_failure, "TickDeadLetterQueue")


def test_the_tick_comes_every_minute() -> None:
    tick = template().functions()["scheduler"]["Events"]["Tick"]
    assert tick["Properties"]["ScheduleExpression"] == "rate(1 minute)"


def test_queues_and_tables_are_encrypted_and_tables_can_be_restored() -> None:
    for queue in queues().values():
        assert queue["SqsManagedSseEnabled"] is True
    for table in template().of_type("AWS::DynamoDB::Table").values():
        assert table["SSESpecification"]["SSEEnabled"] is True
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert table["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("kind", ["AWS::DynamoDB::Table", "AWS::S3::Bucket"])
def test_data_stays_when_the_stack_goes(kind: str) -> None:
    assert template().of_type(kind)
    for logical_id in template().of_type(kind):
        resource = template().resources[logical_id]
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_the_bucket_is_private_encrypted_and_speaks_tls_only() -> None:
    bucket = template().properties("BlobsBucket")
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    policy = template().properties("BlobsBucketPolicy")["PolicyDocument"]["Statement"]
    assert policy[0]["Effect"] == "Deny"
    assert policy[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_bodies_and_uploads_expire() -> None:
    rules = template().properties("BlobsBucket")["LifecycleConfiguration"]["Rules"]
    days = {
        rule["Prefix"]: template().resolved(rule["ExpirationInDays"])
        for rule in rules
        if "Prefix" in rule
    }
    assert days == {"bodies/": 40, "uploads/": 30, "imports/": 40}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_given_exactly_the_variables_that_its_settings_read(function: str) -> None:
    given = {
        name
        for name in template().variables(function)
        if name != "STAGE" and not name.startswith("POWERTOOLS_")
    }
    assert given == REQUIRED_VARIABLES[function]


def test_no_variable_holds_the_address_of_the_api_itself() -> None:
    for function in FUNCTIONS:
        assert not refers_to(template().variables(function), "HttpApi"), "a cycle that lint passes"


def test_access_logs_hold_neither_path_nor_query() -> None:
    settings = template().body["Globals"]["HttpApi"]["AccessLogSettings"]
    entry = json.loads(settings["Format"])
    assert set(entry.values()) == {
        "$context.requestId",
        "$context.requestTime",
        "$context.routeKey",
        "$context.status",
        "$context.responseLatency",
        "$context.integrationErrorMessage",
    }


def test_throttling_is_the_accounts_own_unless_parameters_say_otherwise() -> None:
    condition, limits, otherwise = template().body["Globals"]["HttpApi"]["DefaultRouteSettings"][
        "Fn::If"
    ]
    assert otherwise == {"Ref": "AWS::NoValue"}
    for limit in limits.values():
        assert template().parameters[limit["Ref"]]["Default"] == 0
    assert refers_to(template().body["Conditions"][condition], "ThrottlingRateLimit")


def test_every_function_logs_json_into_one_group_with_retention() -> None:
    groups = template().of_type("AWS::Logs::LogGroup")
    assert list(groups) == ["LogGroup"]
    assert template().resolved(groups["LogGroup"]["RetentionInDays"]) > 0
    logging = template().body["Globals"]["Function"]["LoggingConfig"]
    assert logging["LogGroup"] == {"Ref": "LogGroup"}
    assert logging["LogFormat"] == "JSON"
    assert all("LoggingConfig" not in function for function in template().functions().values())


def test_every_function_has_an_alarm_on_its_errors() -> None:
    watched = {
        alarm["Dimensions"][0]["Value"]["Ref"]
        for alarm in alarms().values()
        if alarm["Namespace"] == "AWS/Lambda" and alarm["MetricName"] == "Errors"
    }
    assert watched == set(template().of_type("AWS::Serverless::Function"))


def test_a_new_release_of_a_door_is_taken_back_when_its_own_alarm_goes_off() -> None:
    for function in FUNCTIONS:
        preference = template().functions()[function].get("DeploymentPreference")
        assert (preference is not None) == (function in ("webhook", "exchange")), function
        if preference is not None:
            (alarm,) = preference["Alarms"]
            (dimension,) = alarms()[alarm["Ref"]]["Dimensions"]
            assert dimension["Value"] == {"Ref": f"{function.capitalize()}Function"}
            assert preference["Enabled"] == {"Ref": "CanaryDeployment"}
    assert template().parameters["CanaryDeployment"]["Default"] == "false"


def test_nothing_has_a_physical_name_but_two_secrets() -> None:
    naming = {
        "AWS::SQS::Queue": "QueueName",
        "AWS::DynamoDB::Table": "TableName",
        "AWS::S3::Bucket": "BucketName",
        "AWS::Logs::LogGroup": "LogGroupName",
        "AWS::SNS::Topic": "TopicName",
        "AWS::CloudWatch::Alarm": "AlarmName",
        "AWS::Serverless::Function": "FunctionName",
        "AWS::Serverless::LayerVersion": "LayerName",
        "AWS::Serverless::HttpApi": "Name",
    }
    for kind, name in naming.items():
        for logical_id, properties in template().of_type(kind).items():
            assert name not in properties, f"{logical_id}: two stages could not share an account"
    schedule = template().functions()["scheduler"]["Events"]["Tick"]["Properties"]
    assert schedule["OmitName"] is True
    for secret, name in (("AdminPassword", "admin"), ("SignIn", "sign-in")):
        assert template().properties(secret)["Name"] == {"Fn::Sub": f"${{AWS::StackName}}/{name}"}


def test_the_admin_password_is_made_by_aws() -> None:
    secret = template().properties("AdminPassword")
    assert "SecretString" not in secret
    assert secret["GenerateSecretString"]["PasswordLength"] >= 32


def test_runtime_and_architecture_are_parameters() -> None:
    common = template().body["Globals"]["Function"]
    assert common["Runtime"] == {"Ref": "PythonRuntime"}
    assert common["Architectures"] == [{"Ref": "Architecture"}]
    assert template().parameters["PythonRuntime"]["Default"] == "python3.13"
    assert template().parameters["Architecture"]["Default"] == "arm64"


@pytest.mark.parametrize(
    ("variable", "parameter", "makefiles"),
    [
        (
            "MOSTIK_RUNTIME",
            "PythonRuntime",
            ("layers/dependencies/Makefile", "layers/code/Makefile", "functions/Makefile"),
        ),
        ("MOSTIK_ARCHITECTURE", "Architecture", ("layers/dependencies/Makefile",)),
        ("RUNTIME", "PythonRuntime", ("Makefile",)),
        ("ARCH", "Architecture", ("Makefile",)),
    ],
)
def test_makefiles_build_for_the_templates_defaults(
    variable: str, parameter: str, makefiles: tuple[str, ...]
) -> None:
    default = template().parameters[parameter]["Default"]
    for makefile in makefiles:
        assert f"\n{variable} ?= {default}\n" in (ROOT / makefile).read_text(), makefile


def test_everything_with_code_is_built_by_a_makefile() -> None:
    kinds = ("AWS::Serverless::Function", "AWS::Serverless::LayerVersion")
    for logical_id, resource in template().resources.items():
        if resource["Type"] in kinds:
            assert resource["Metadata"] == {"BuildMethod": "makefile"}, logical_id


def test_the_api_has_the_documented_routes() -> None:
    routes = {
        folder: {
            (event["Properties"]["Method"], event["Properties"]["Path"])
            for event in function.get("Events", {}).values()
            if event["Type"] == "HttpApi"
        }
        for folder, function in template().functions().items()
    }
    assert routes == {
        "webhook": {
            (method, path)
            for method in ("GET", "POST")
            for path in ("/webhooks/{connection}", "/webhooks/{connection}/{token}")
        },
        "exchange": {(method, "/exchange/{connection}") for method in ("GET", "POST")},
        "admin": {("ANY", "/admin"), ("ANY", "/admin/{proxy+}")},
        "worker": set(),
        "scheduler": set(),
    }


def test_the_head_comment_is_the_table_of_contents() -> None:
    listed = re.findall(r"^#   (\d)  (.+?)(?:  +.*)?$", template().text, re.MULTILINE)
    marked = re.findall(r"^  # ── (\d)  (.+?) ─+$", template().text, re.MULTILINE)
    assert listed == marked
    assert [number for number, _ in listed] == [str(n) for n in range(1, len(listed) + 1)]


def test_every_number_has_its_rule_beside_it() -> None:
    needing = r"^ +(VisibilityTimeout|MessageRetentionPeriod|maxReceiveCount|Timeout): \d+(.*)$"
    found = re.findall(needing, template().text, re.MULTILINE)
    assert found
    for name, rest in found:
        assert rest.strip().startswith("#"), name


def test_every_parameter_is_used() -> None:
    used = {
        inner["Ref"]
        for inner in walk(template().body)
        if isinstance(inner, dict) and "Ref" in inner
    }
    used |= {
        name
        for inner in walk(template().body)
        if isinstance(inner, dict) and isinstance(inner.get("Fn::Sub"), str)
        for name in re.findall(r"\$\{(\w+)\}", inner["Fn::Sub"])
    }
    assert set(template().parameters) <= used
