"""Settings from stage to stage: ids are translated, secrets stay where they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.admin.forms import FormField, Kind, Label
from mostik.admin.routing import PREFIX
from mostik.admin.translation import How, portable, translate
from mostik.discovery import Directory, Entry
from tests.support.adminrig import AdminRig, Browser
from tests.support.rig import HERE

STAGES = Directory("stages", "Stages", [
    Entry("C1:NEW", "New"),
    Entry("C1:WON", "Won", {"xmlId": "won"}),
    Entry("C1:GONE", "Nowhere else"),
])  # fmt: skip
FUNNELS = Directory("funnels", "Funnels", [Entry("1", "Shop"), Entry("7", "Service")])
THEIRS = (
    Directory("stages", "Stages", [Entry("C9:NEW", "new"), Entry("C9:X", "Victory",
                                                                  {"xmlId": "won"})]),
    Directory("funnels", "Funnels", [Entry("9", "Shop"), Entry("7", "Service")]),
)  # fmt: skip


def field(name: str, kind: Kind, directory: str | None = None) -> FormField:
    return FormField(
        name=name, kind=kind, title=Label(), hint=Label(), required=False, directory=directory
    )


FORM = [
    field("funnel", Kind.INTEGER, "funnels"),
    field("stages", Kind.TABLE, "stages"),
    field("more_stages", Kind.TABLE, "stages"),
    field("title", Kind.TEXT),
    field("guessed", Kind.TEXT),
    field("order_as", Kind.CHOICE),
    field("burst", Kind.INTEGER),
]


def moved(**settings: Any) -> tuple[dict[str, Any], list[tuple[str, str, How, bool]]]:
    fresh, done = translate(settings, FORM, [STAGES, FUNNELS], THEIRS)
    return fresh, [(one.setting, one.after, one.how, one.sure) for one in done]


@pytest.mark.parametrize(
    ("settings", "fresh", "how"),
    [
        ({"funnel": 1}, {"funnel": 9}, How.NAME),
        ({"funnel": 7}, {"funnel": 7}, How.SAME),
        ({"stages": {"paid": "C1:WON"}}, {"stages": {"paid": "C9:X"}}, How.XML_ID),
        ({"stages": {"new": "C1:NEW"}}, {"stages": {"new": "C9:NEW"}}, How.NAME),
        ({"stages": {"x": "C1:GONE"}}, {"stages": {"x": "C1:GONE"}}, How.NONE),
        ({"more_stages": {"C1:NEW": "new"}}, {"more_stages": {"C9:NEW": "new"}}, How.NAME),
    ],
)
def test_an_id_becomes_its_counterpart(
    settings: dict[str, Any], fresh: dict[str, Any], how: How
) -> None:
    found, done = moved(**settings)
    assert found == fresh
    assert [(one[2], one[3]) for one in done] == [(how, True)]


def test_without_a_directory_an_id_is_only_guessed_and_short_ones_are_left_alone() -> None:
    found, done = moved(guessed="C1:NEW", burst=1, title="7", order_as="C1:NEW")
    assert found == {"guessed": "C9:NEW", "burst": 1, "title": "7", "order_as": "C1:NEW"}
    assert done == [("guessed", "C9:NEW", How.NAME, False)]


@given(
    st.dictionaries(
        st.sampled_from([one.name for one in FORM]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=8), inner, max_size=3)
            ),
            max_leaves=8,
        ),
    )
)
def test_on_the_same_stage_nothing_changes(settings: dict[str, Any]) -> None:
    fresh, done = translate(settings, FORM, [STAGES, FUNNELS], [STAGES, FUNNELS])
    assert fresh == settings
    assert {one.how for one in done} <= {How.SAME, How.XML_ID}


def test_of_a_directory_only_keys_names_and_xml_ids_leave_the_stage() -> None:
    users = Directory("users", "Users", [Entry("1", "Ivanov", {"EMAIL": "i@x.example"})])
    assert portable(users)["entries"] == [{"key": "1", "name": "Ivanov", "more": {"xmlId": ""}}]
    assert portable(STAGES)["entries"][1]["more"] == {"xmlId": "won"}


@pytest.fixture
def anna() -> Browser:
    return AdminRig().browser("anna")


def test_an_export_comes_in_elsewhere_once_its_secrets_are_entered(anna: Browser) -> None:
    # GIVEN the export of one connection, and a stage that does not know it
    document = anna.call("GET", f"{PREFIX}/connections/{HERE}/export").json
    assert "key-of" not in str(document)
    other = AdminRig().browser("anna")
    # WHEN it is planned under another id
    body = {"document": document, "as_id": "fresh"}
    plan = other.call("POST", f"{PREFIX}/imports/plan", body).json
    # THEN what is missing is named, and without it nothing is saved
    assert (plan["version"], plan["missing_secrets"]) == (0, ["api_key"])
    refused = other.call("POST", f"{PREFIX}/imports", {**body, "version": 0})
    assert refused.json["errors"][0]["field"] == "secrets.api_key"
    # AND with it, it is there
    secrets = {"api_key": "of-this-stage"}
    saved = other.call("POST", f"{PREFIX}/imports", {**body, "version": 0, "secrets": secrets})
    assert saved.json["connection"]["settings"] == {"name": HERE}
    assert "of-this-stage" not in saved.text


def test_an_import_over_a_version_that_was_not_seen_is_refused(anna: Browser) -> None:
    document = anna.call("GET", f"{PREFIX}/connections/{HERE}/export").json
    document["connection"]["retention_days"] = 9
    plan = anna.call("POST", f"{PREFIX}/imports/plan", {"document": document}).json
    assert [one["field"] for one in plan["changes"]] == ["retention_days"]
    body = {"document": document, "version": plan["version"]}
    assert anna.call("POST", f"{PREFIX}/imports", body).status == 200
    assert anna.call("POST", f"{PREFIX}/imports", body).status == 409


def test_a_person_chooses_an_id_that_has_no_counterpart(anna: Browser) -> None:
    document = anna.call("GET", f"{PREFIX}/connections/{HERE}/export").json
    body = {"document": document, "version": 1, "choices": {"name": "chosen"}}
    saved = anna.call("POST", f"{PREFIX}/imports", body)
    assert saved.json["connection"]["settings"] == {"name": "chosen"}
    wrong = {**body, "version": 2, "choices": {"other": "x"}}
    assert anna.call("POST", f"{PREFIX}/imports", wrong).status == 422


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"mostik": 2},
        {"mostik": 1, "id": "a"},
        {"mostik": 1, "id": "A!", "connection": {"integration": "shelf"}},
        {"mostik": 1, "id": "a", "connection": {"integration": "nothing"}},
        {"mostik": 1, "id": "a", "connection": {"integration": "shelf"}, "directories": [1]},
    ],
)
def test_what_is_no_export_is_refused_in_words(anna: Browser, document: dict[str, Any]) -> None:
    refused = anna.call("POST", f"{PREFIX}/imports/plan", {"document": document})
    assert refused.status == 422
    assert refused.json["messages"]["ru"]
