from __future__ import annotations

import pytest

from mostik.errors import (
    ConfigurationError,
    Family,
    GiveUp,
    RateLimited,
    RetryLater,
    Skip,
    Unknown,
    WhoActs,
)
from mostik.jobs.outcome import (
    CONFIGURATION_SECONDS,
    RATE_LIMIT_SECONDS,
    Held,
    Outcome,
    Refused,
    StillAbsent,
    Transient,
    Uncertain,
    Unchanged,
    outcome_of,
)
from mostik.jobs.row import Failure

NOW = 1_000.0
WHO = WhoActs.SYSTEM


def failure(family: Family, who: WhoActs = WHO, code: str | None = None) -> Failure:
    return Failure(family, "Words.", who, NOW, code)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Skip("Words."), Unchanged("Words.")),
        (RetryLater("Words.", who=WHO), Transient(failure(Family.RETRY_LATER))),
        (
            RetryLater("Words.", who=WHO, code="E7", retry_after=9.0),
            Transient(failure(Family.RETRY_LATER, code="E7"), 9.0),
        ),
        (
            RateLimited("Words.", who=WHO, retry_after=9.0),
            Held("shop", failure(Family.RATE_LIMITED), NOW + 9),
        ),
        (
            RateLimited("Words.", who=WHO, gate="portal"),
            Held("portal", failure(Family.RATE_LIMITED), NOW + RATE_LIMIT_SECONDS),
        ),
        (
            ConfigurationError("Words.", gate="portal"),
            Held(
                "portal",
                failure(Family.CONFIGURATION, WhoActs.ADMIN),
                NOW + CONFIGURATION_SECONDS,
            ),
        ),
        (Unknown("Words.", who=WHO), Uncertain(failure(Family.UNKNOWN))),
        (GiveUp("Words.", who=WHO), Refused(failure(Family.GIVE_UP))),
    ],
)
def test_every_error_has_its_outcome(error: Exception, outcome: Outcome) -> None:
    # WHEN an attempt ends with an error
    # THEN the outcome keeps its words, who must act, the vendor's code and when to come back
    assert outcome_of(error, gate="shop", now=NOW) == outcome


def test_a_look_up_that_found_nothing_is_told_apart_from_a_lost_write() -> None:
    # WHEN a write is still absent
    outcome = outcome_of(StillAbsent(), gate="shop", now=NOW)
    # THEN the job stays unknown and counts the look-up
    assert isinstance(outcome, Uncertain)
    assert outcome.looked_up


def test_a_defect_fails_the_job_without_its_text() -> None:
    # GIVEN an exception of somebody's code whose text holds data
    outcome = outcome_of(KeyError("+7 900 000-00-00"), gate="shop", now=NOW)
    # THEN the developer is named, and only the kind of the exception is kept
    assert isinstance(outcome, Refused)
    assert outcome.failure.who is WhoActs.DEVELOPER
    assert "KeyError" in outcome.failure.text
    assert "900" not in outcome.failure.text
