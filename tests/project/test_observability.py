"""Alarms lead to a runbook, the dashboard shows what is written, queries are deployed whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from local.stack.unknown import ROLLING, UNKNOWN, without_unknown
from mostik.jobs.again import LANDED_SECONDS
from mostik.jobs.release import RESEND_AFTER_SECONDS
from tests.project.cloudformation import ROOT, refers_to, template

DAY = 86_400
RUNBOOKS = ROOT / "docs" / "operations.md"
LOGICAL_ID = re.compile(r"\$\{(\w+)(?:\.\w+)?\}")


def alarms() -> Mapping[str, Mapping[str, Any]]:
    return template().of_type("AWS::CloudWatch::Alarm")


def dashboard() -> dict[str, Any]:
    text, _ = template().properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    found: dict[str, Any] = json.loads(text)
    return found


def sections(text: str) -> Mapping[str, str]:
    """What stands under each heading of the third level, by heading."""
    parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)
    return {
        heading: re.split(r"^## ", body, flags=re.MULTILINE)[0].strip()
        for heading, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def own_metrics(widget: Mapping[str, Any]) -> Iterator[str]:
    """Names of our own metrics in a widget, ``.`` resolved."""
    namespace = ""
    for line in widget["properties"].get("metrics", []):
        if isinstance(line[0], dict):
            yield line[0]["expression"].partition("} ")[2].partition("'")[0]
            continue
        namespace = line[0] if line[0] not in (".", "...") else namespace
        if namespace == "Mostik":
            yield line[1]


def test_every_alarm_tells_somebody_and_says_what_it_means() -> None:
    for name, alarm in alarms().items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert alarm["AlarmDescription"], name
        assert alarm["TreatMissingData"] in ("notBreaching", "breaching"), name


def test_an_alarm_on_our_own_metric_watches_what_the_code_writes() -> None:
    own = [alarm for alarm in alarms().values() if alarm["Namespace"] == "Mostik"]
    assert {alarm["MetricName"] for alarm in own} == {
        "FailedJobs",
        "OldestDueSeconds",
        "OldestHoldSeconds",
        "GatesForAPerson",
        "UnknownJobs",
        "Rescued",
        "OrdersNotTaken",
        "ExchangesSilent",
    }
    core = ROOT / "layers" / "code" / "mostik"
    writers = {"worker": core / "worker" / "worker.py", "scheduler": core / "jobs" / "figures.py"}
    for alarm in own:
        (dimension,) = alarm["Dimensions"]
        assert dimension["Name"] == "service"
        service = dimension["Value"]
        code = writers[service].read_text()
        assert f'"{alarm["MetricName"]}"' in code, f"{service} never writes {alarm['MetricName']}"


def test_silence_of_the_tick_is_itself_an_alarm() -> None:
    assert alarms()["OldestDueAlarm"]["TreatMissingData"] == "breaching"


def test_a_hold_of_two_months_is_an_alarm() -> None:
    alarm = alarms()["OldestHoldAlarm"]
    assert alarm["Threshold"] == 60 * DAY
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def test_an_unknown_write_alarms_only_when_look_ups_do_not_settle_it() -> None:
    alarm = alarms()["UnknownJobsAlarm"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] > 4 * LANDED_SECONDS
    assert alarm["Statistic"] == "Minimum"


def test_rescues_alarm_above_what_one_dead_worker_leaves() -> None:
    batch = template().functions()["worker"]["Events"]["Jobs"]["Properties"]["BatchSize"]
    alarm = alarms()["RescuedAlarm"]
    assert alarm["Threshold"] > 2 * batch
    assert alarm["Period"] == RESEND_AFTER_SECONDS


def test_every_alarm_has_a_runbook_and_every_runbook_an_alarm() -> None:
    runbooks = sections(RUNBOOKS.read_text(encoding="utf-8"))
    assert {name for name in runbooks if name.endswith("Alarm")} == set(alarms())


@pytest.mark.parametrize("name", alarms())
def test_a_runbook_says_what_it_means_what_to_look_at_and_what_to_do(name: str) -> None:
    text = sections(RUNBOOKS.read_text(encoding="utf-8"))[name]
    for part in ("**What it means.**", "**Look.**", "**Do.**"):
        assert part in text


@pytest.mark.parametrize("name", alarms())
def test_an_alarms_text_leads_to_its_own_section(name: str) -> None:
    text = alarms()[name]["AlarmDescription"]["Fn::Sub"]
    assert text.endswith(f" ${{Runbooks}}#{name.lower()}")


def test_the_dashboard_shows_every_alarm() -> None:
    shown = [widget for widget in dashboard()["widgets"] if widget["type"] == "alarm"]
    names = [LOGICAL_ID.fullmatch(arn) for arn in shown[0]["properties"]["alarms"]]
    assert {name[1] for name in names if name} == set(alarms())


def test_the_dashboard_names_only_what_there_is() -> None:
    text, given = template().properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    known = set(template().resources) | set(given) | {"AWS::Region"}
    assert set(LOGICAL_ID.findall(text)) <= known


def test_the_dashboards_own_metrics_are_written_by_the_code() -> None:
    core = ROOT / "layers" / "code" / "mostik"
    code = "".join(path.read_text(encoding="utf-8") for path in core.rglob("*.py"))
    shown = {name for widget in dashboard()["widgets"] for name in own_metrics(widget)}
    assert {"FailedJobsNow", "HeldJobs", "WebhooksRefused"} <= shown
    assert not {name for name in shown if f'"{name}"' not in code}


def test_no_two_widgets_lie_on_each_other() -> None:
    taken = set()
    for widget in dashboard()["widgets"]:
        for x in range(widget["x"], widget["x"] + widget["width"]):
            for y in range(widget["y"], widget["y"] + widget["height"]):
                assert (x, y) not in taken, widget["properties"]["title"]
                assert x < 24
                taken.add((x, y))


def test_queries_look_into_the_one_log_group() -> None:
    queries = template().of_type("AWS::Logs::QueryDefinition")
    assert queries
    for name, query in queries.items():
        assert refers_to(query["LogGroupNames"], "LogGroup"), name
        wanted = set(re.findall(r"\{\{(\w+)\}\}", query["QueryString"]))
        assert {one["Name"] for one in query.get("Parameters", [])} == wanted


def test_the_local_stack_leaves_out_what_the_emulator_refuses_and_nothing_else() -> None:
    # WHEN the template is made ready for the emulator
    kept = without_unknown(template().body)["Resources"]
    # THEN only the saved queries are missing, and nothing that stays speaks of them
    missing = set(template().resources) - set(kept)
    assert missing == {
        name for name, resource in template().resources.items() if resource["Type"] in UNKNOWN
    }
    assert not any(refers_to(resource, name) for resource in kept.values() for name in missing)
    # AND of a function only the way in which a release takes over
    for name in template().of_type("AWS::Serverless::Function"):
        left = set(template().properties(name)) - set(kept[name]["Properties"])
        assert left <= set(ROLLING)
