from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Incident
from dashboard.queries import failures_named, incident_rows
from dashboard.queries.failures_named import Behind
from tests import builders
from tests.applications import FRAMEWORK, make_app, make_failed_task, make_marathon
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db


def behind(cluster: Cluster, subject: str, **said: object) -> Behind:
    columns = {"about": "tasks", "kind": "task", "name": subject, "tasks_failed": 4, **said}
    incident = Incident.objects.create(cluster=cluster, subject=subject, began_at=NOON, detected_at=NOON, **columns)
    found = failures_named.behind(cluster, incident_rows.row(incident, later(600)), later(600))
    assert found is not None
    return found


def test_an_incident_of_a_framework_names_the_tasks_of_each_app_behind_it(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    cluster = builders.cluster()
    marathon = make_marathon(cluster, NOON)
    web, api = make_app(marathon, "/web", NOON), make_app(marathon, "/api", NOON)
    for number in range(2):
        make_failed_task(cluster, number, later(60 * number), app=web, lived=timedelta(seconds=20))
    make_failed_task(cluster, 5, later(200), app=api, message="<b>out</b>", host="10.0.0.9")
    make_failed_task(cluster, 6, later(100), app=web, framework_id="f-other")
    make_failed_task(cluster, 7, later(-200), app=web)
    make_failed_task(cluster, 8, later(100), app=web, state="TASK_KILLED")
    with django_assert_num_queries(3):
        found = behind(cluster, FRAMEWORK)
    assert failures_named.says(found) == "4 failed, 3 of them named: /web 2, /api 1"
    first = found.tasks[0]
    assert (first.app, first.host, first.message) == ("/api", "10.0.0.9", "<b>out</b>")
    assert (first.why, first.app_link) == ("failed: its command failed", ("app", "marathon", "api"))
    assert first.task_link == ("task", FRAMEWORK, first.task_id)
    assert found.tasks[1].lived == timedelta(seconds=20)


def test_an_incident_of_an_app_names_its_own_tasks_only() -> None:
    cluster = builders.cluster()
    for key, framework in (("marathon", FRAMEWORK), ("team/marathon", "f-2")):
        app = make_app(make_marathon(cluster, NOON, key=key, framework_id=framework), "/web", NOON)
        make_failed_task(cluster, 1, later(60), app=app, framework_id=framework)
    found = behind(cluster, "team/marathon:/web", tasks_failed=1)
    assert failures_named.says(found) == "1 failed, all named"
    assert found.tasks[0].app_link == ("app", "team/marathon", "web")


def test_where_no_task_was_listed_that_is_said() -> None:
    found = behind(builders.cluster(), FRAMEWORK)
    assert failures_named.says(found) == "4 failed, none of them named: tasks were not listed then"


def test_other_incidents_have_no_tasks_of_their_own() -> None:
    cluster = builders.cluster()
    incident = Incident.objects.create(
        **{"cluster": cluster, "about": "agent", "kind": "host", "subject": "10.0.0.1", "name": "10.0.0.1"},
        began_at=NOON,
        detected_at=NOON,
    )
    assert failures_named.behind(cluster, incident_rows.row(incident, NOON), NOON) is None
