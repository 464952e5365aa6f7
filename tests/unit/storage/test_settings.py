"""Settings: an error that names every variable that is wrong, before anything was done."""

from __future__ import annotations

import pytest

from mostik.errors import ConfigurationError
from mostik.settings import (
    REQUIRED_VARIABLES,
    AdminSettings,
    ExchangeSettings,
    SchedulerSettings,
    WebhookSettings,
    WorkerSettings,
)

KINDS = {
    "webhook": WebhookSettings,
    "exchange": ExchangeSettings,
    "worker": WorkerSettings,
    "scheduler": SchedulerSettings,
    "admin": AdminSettings,
}
EVERYTHING = {"STAGE": "7"} | {name: "7" for names in REQUIRED_VARIABLES.values() for name in names}
NUMBERS = {"MAX_BODY_BYTES", "WORKER_TIMEOUT_SECONDS", "LOG_RETENTION_DAYS"}
EACH = pytest.mark.parametrize("function", KINDS)


def test_every_function_has_settings() -> None:
    assert set(REQUIRED_VARIABLES) == set(KINDS)


@EACH
def test_what_is_required_is_enough(function: str) -> None:
    # GIVEN
    environ = dict.fromkeys({*REQUIRED_VARIABLES[function], "STAGE"}, "7")
    # WHEN
    settings = KINDS[function](environ)
    # THEN
    for name in environ:
        expected: str | int = 7 if name in NUMBERS else "7"
        assert getattr(settings, name.lower()) == expected


@EACH
def test_a_setting_is_read_once_and_cannot_be_changed(function: str) -> None:
    # GIVEN
    settings = KINDS[function](EVERYTHING)
    # THEN
    with pytest.raises(AttributeError, match="stage is read from the environment once"):
        settings.stage = "prod"
    assert settings.stage == "7"


@EACH
def test_every_missing_variable_is_named_at_once(function: str) -> None:
    # WHEN
    with pytest.raises(ConfigurationError) as error:
        KINDS[function]({})
    # THEN
    for name in {*REQUIRED_VARIABLES[function], "STAGE"}:
        assert f"{name} is missing" in str(error.value)
    assert KINDS[function].__name__ in str(error.value)


@EACH
@pytest.mark.parametrize("nothing", ["", "  ", "\n"])
def test_an_empty_variable_is_missing(function: str, nothing: str) -> None:
    for name in REQUIRED_VARIABLES[function]:
        with pytest.raises(ConfigurationError, match=f"{name} is missing"):
            KINDS[function](EVERYTHING | {name: nothing})


@EACH
@pytest.mark.parametrize("text", ["ten", "1.5", "-1", "1e3", "0x10", "²"])
def test_a_variable_that_is_no_whole_number_is_named(function: str, text: str) -> None:
    for name in REQUIRED_VARIABLES[function] & NUMBERS:
        with pytest.raises(ConfigurationError, match=f"{name} must be a whole number"):
            KINDS[function](EVERYTHING | {name: text})


def test_a_missing_and_a_malformed_variable_are_named_together() -> None:
    # WHEN
    with pytest.raises(ConfigurationError) as error:
        WorkerSettings(EVERYTHING | {"LOG_RETENTION_DAYS": "soon", "STATE_TABLE": ""})
    # THEN
    assert "LOG_RETENTION_DAYS must be a whole number" in str(error.value)
    assert "STATE_TABLE is missing" in str(error.value)


def test_an_error_shows_no_value() -> None:
    # GIVEN
    with pytest.raises(ConfigurationError) as error:
        WorkerSettings(EVERYTHING | {"LOG_RETENTION_DAYS": "hunter2"})
    # THEN
    assert "hunter2" not in str(error.value)


def test_the_environment_is_read_when_asked_and_surplus_is_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # GIVEN
    for name, value in EVERYTHING.items():
        monkeypatch.setenv(name, value)
    # THEN
    assert vars(SchedulerSettings()) == vars(SchedulerSettings(EVERYTHING | {"OTHER": "x"}))
