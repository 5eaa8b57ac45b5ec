from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dashboard.models import App, LaunchWait
from dashboard.queries import app_in_words
from tests.builders import NOON


def app(**given: Any) -> App:
    counts = {"instances": 3, "running": 2, "staged": 0, "unhealthy": 0, "has_health_checks": True}
    fields: dict[str, Any] = {"state": App.State.RUNNING, "state_since": NOON - timedelta(hours=2), **counts}
    return App(**(fields | given))


def told(one: App, wait: LaunchWait | None = None, at_risk: int = 0, *, current: bool = True) -> tuple[str, str, str]:
    mark, say, why = app_in_words.verdict(one, wait, at_risk, NOON, current=current)
    return mark.word, say.replace("\u00a0", " "), why.replace("\u00a0", " ")


@pytest.mark.parametrize("state", App.State)
def test_every_state_has_a_word(state: App.State) -> None:
    assert app_in_words.state(app(state=state), current=True).word


def test_a_degraded_app_says_how_many_run_since_when_and_why() -> None:
    word, say, why = told(app(state=App.State.DEGRADED, unhealthy=1))
    assert (word, say) == ("Degraded", "2 of 3 instances run, 1 unhealthy, since 10:00:00, 2 h")
    assert why == "The health check of 1 instance fails."


@pytest.mark.parametrize("running", [0, 1])
def test_of_one_instance_the_verb_is_singular_whether_it_runs_or_not(running: int) -> None:
    assert told(app(instances=1, running=running))[1] == f"{running} of 1 instance runs, since 10:00:00, 2 h"


def test_a_running_app_on_a_lost_agent_is_at_risk() -> None:
    word, _, why = told(app(), at_risk=2)
    assert (word, why) == ("At risk", "2 instances on agents that are lost.")
    assert told(app(), at_risk=1)[2] == "1 instance on an agent that is lost."


def test_a_worse_state_is_not_softened_by_risk() -> None:
    assert told(app(state=App.State.UNHEALTHY), at_risk=1)[0] == "Unhealthy"


def test_a_failure_of_long_ago_is_no_reason() -> None:
    failed = {"failure_state": "TASK_FAILED", "failure_task_id": "web.1"}
    assert told(app(**failed, failure_at=NOON - timedelta(days=2)))[2] == ""
    assert told(app(**failed, failure_at=NOON - timedelta(hours=1)))[2] == (
        "Its last task failure was 1 h ago: it failed."
    )


def test_a_failure_is_told_in_the_words_of_who_failed() -> None:
    failed = {"failure_state": "TASK_FAILED", "failure_at": NOON - timedelta(hours=1)}
    assert told(app(**failed, failure_message="Command exited with status 78."))[2] == (
        "Its last task failure was 1 h ago: “Command exited with status 78”."
    )
    long = told(app(**failed, failure_message="x" * 500))[2]
    assert long.endswith(f": “{'x' * 119}…”.")


def test_figures_that_are_old_say_nothing_of_now() -> None:
    assert told(app(), current=False)[:2] == ("No data", "it was last listed as running")


def test_no_instance_wanted_is_no_failure() -> None:
    word, say, _ = told(app(state=App.State.SUSPENDED, instances=0, running=0))
    assert (word, say) == ("Suspended", "no instance is wanted, since 10:00:00, 2 h")
