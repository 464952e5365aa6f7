"""Forms and messages: every integration's settings, and every error that pydantic knows."""

from __future__ import annotations

from typing import Annotated, get_args

import pytest
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import core_schema

from integrations.bitrix24 import integration as bitrix24
from integrations.bitrix24.discover import SOURCES
from mostik.admin import complaints
from mostik.admin.forms import FormField, Kind, form_of
from mostik.integration import secret_fields
from mostik.registry import discovered


def all_fields(fields: list[FormField]) -> list[FormField]:
    return [one for field in fields for one in [field, *all_fields(field.fields)]]


def test_every_setting_is_in_the_form_and_has_a_title() -> None:
    for name, integration in discovered().items():
        form = form_of(integration)
        assert [field.name for field in form] == list(integration.settings.model_fields), name
        secrets = {field.name for field in form if field.kind is Kind.SECRET}
        assert secrets == secret_fields(integration.settings)
        for field in all_fields(form):
            assert field.title.en, f"{name}: {field.name}"
            assert field.title.ru, f"{name}: {field.name}"


def test_a_field_says_all_that_its_model_says() -> None:
    class Model(BaseModel):
        rate: Annotated[
            int | None,
            Field(
                ge=1,
                le=9,
                title="Rate",
                description="How often.",
                examples=[3],
                json_schema_extra={
                    "ru": {"title": "Частота", "description": "Как часто."},
                    "unit": "1/s",
                    "directory": "rates",
                },
            ),
        ] = None
        pairs: dict[str, int] = Field(default={})

    class Subject:
        settings = Model

    [rate, pairs] = form_of(Subject())  # type: ignore[arg-type]  # only its settings are asked for
    assert (rate.kind, rate.nullable, rate.required) == (Kind.INTEGER, True, False)
    assert (rate.minimum, rate.maximum, rate.example) == (1, 9, "3")
    assert (rate.title.ru, rate.hint.ru) == ("Частота", "Как часто.")
    assert (rate.unit, rate.directory) == ("1/s", "rates")
    assert pairs.kind is Kind.TABLE
    assert pairs.item is not None
    assert pairs.item.kind is Kind.INTEGER


def test_every_error_has_a_sentence_in_both_languages() -> None:
    kinds = get_args(core_schema.ErrorType)
    assert len(kinds) > 80
    for kind in kinds:
        said = complaints.words(kind, {})
        assert said.en
        assert said.ru
        assert said.en != said.ru


def test_a_sentence_never_holds_the_value() -> None:
    class Model(BaseModel):
        number: int
        short: str = Field(max_length=3)
        choice: Annotated[str, Field(pattern="^a$")]

    with pytest.raises(ValidationError) as error:
        Model.model_validate({"number": "s3cr3t", "short": "s3cr3t", "choice": "s3cr3t"})
    found = complaints.field_problems(error.value, "settings")
    assert [one.field for one in found] == ["settings.number", "settings.short", "settings.choice"]
    assert "s3cr3t" not in str(found)


def test_every_directory_that_a_form_names_is_one_that_discovery_lists() -> None:
    form = all_fields(form_of(bitrix24))
    named = {field.directory for field in form if field.directory is not None}
    assert named
    assert named <= {source.name for source in SOURCES}
    assert bitrix24.discover is not None
