from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.models import AppVersion
from dashboard.queries import app_failures
from tests import builders
from tests.applications import make_app, make_failed_task, make_marathon, make_task
from tests.builders import NOON

pytestmark = pytest.mark.django_db


def test_a_failure_tells_its_life_its_reason_and_the_configuration_it_began_under() -> None:
    marathon = make_marathon(builders.cluster(), NOON)
    app = make_app(marathon, "/web", NOON)
    versions = [
        AppVersion.objects.create(app=app, version=name, seen_at=NOON)
        for name in ("2026-11-20T10:00:00.000Z", "2030-01-01T00:00:00.000Z", "not a time")
    ]
    make_failed_task(app.cluster, 1, NOON, app=app, lived=timedelta(minutes=3))
    (found,) = app_failures.latest(app, versions, range(9))
    assert found.lived == timedelta(minutes=3)
    assert found.why == "failed: its command failed"
    assert found.version == "2026-11-20T10:00:00.000Z"


def test_tasks_that_run_or_were_killed_are_no_failures() -> None:
    app = make_app(make_marathon(builders.cluster(), NOON), "/web", NOON)
    make_task(app.cluster, 1, NOON, app=app)
    make_failed_task(app.cluster, 2, NOON, app=app, state="TASK_KILLED")
    assert app_failures.latest(app, [], range(9)) == []
    assert app_failures.count(app) == 0


def test_a_life_whose_beginning_nobody_told_is_not_counted_as_none() -> None:
    app = make_app(make_marathon(builders.cluster(), NOON), "/web", NOON)
    make_failed_task(app.cluster, 1, NOON, app=app, running_at=None)
    make_failed_task(app.cluster, 2, NOON, app=app, lived=timedelta(seconds=20))
    assert app_failures.lives(app) == [20.0]
    assert sorted(one.lived is None for one in app_failures.latest(app, [], range(9))) == [False, True]
