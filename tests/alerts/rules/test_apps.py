from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Marathon
from tests import builders
from tests.alerts.rules.judging import told
from tests.applications import make_app, make_failed_task, make_marathon, make_task
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db
MEMORY = "REASON_CONTAINER_LIMITATION_MEMORY"
WEB = "marathon:/web"


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


@pytest.fixture
def marathon(cluster: Cluster) -> Marathon:
    return make_marathon(cluster, NOON)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_missing_and_unhealthy_instances_are_counted_and_none_healthy_is_critical(marathon: Marathon) -> None:
    make_app(marathon, "/fine", NOON)
    make_app(marathon, "/one", NOON, instances=1, running=0, healthy=0)
    make_app(marathon, "/web", NOON, instances=4, running=3, healthy=2, unhealthy=1)
    make_app(marathon, "/ill", NOON, running=2, healthy=0, unhealthy=2)
    make_app(marathon, "/off", NOON, instances=0, running=0, healthy=0)
    make_app(marathon, "/unchecked", NOON, has_health_checks=False, healthy=0)
    found = told("R48", marathon.cluster)
    assert {key: (one.value, one.critical_value) for key, one in found.items()} == {
        "marathon:/one": (1, 1),
        "marathon:/web": (2, 0),
        "marathon:/ill": (2, 1),
    }
    assert plain(found[WEB].says) == "/web: 3 of 4 instances run, 1 unhealthy"
    assert plain(found["marathon:/one"].says) == "/one: 0 of 1 instance runs"


def test_while_an_app_is_deployed_nothing_begins_and_what_fires_goes_on(marathon: Marathon) -> None:
    make_app(marathon, "/web", NOON, running=0, healthy=0, is_deploying=True)
    assert [one.value for one in told("R48", marathon.cluster).values()] == [0.0]
    found = told("R48", marathon.cluster, opened=frozenset({WEB}))
    assert (found[WEB].value, found[WEB].why) == (None, "it is being deployed")


def test_an_alert_ends_when_all_instances_run(marathon: Marathon) -> None:
    make_app(marathon, "/web", NOON)
    assert told("R48", marathon.cluster, opened=frozenset({WEB}))[WEB].value == 0


def test_of_the_apps_of_a_marathon_that_is_silent_nothing_is_known(marathon: Marathon) -> None:
    make_app(marathon, "/web", NOON, running=0)
    other = make_marathon(marathon.cluster, later(600), key="team/marathon", framework_id="f-2")
    make_app(other, "/api", later(600), running=1)
    found = told("R48", marathon.cluster, later(600), opened=frozenset({WEB}))
    assert found["team/marathon:/api"].value == 2 - 1
    assert plain(found[WEB].why) == "Marathon marathon: nothing new for 10 min"
    assert {key for key, one in found.items() if one.value is None} == {WEB, "marathon"}


def test_tasks_killed_for_memory_are_counted_by_app_and_by_name(cluster: Cluster, marathon: Marathon) -> None:
    web = make_app(marathon, "/web", NOON)
    for number in range(3):
        make_failed_task(cluster, number, NOON - timedelta(minutes=9 * number), app=web, reason=MEMORY)
    make_failed_task(cluster, 7, NOON - timedelta(minutes=31), app=web, reason=MEMORY)
    make_failed_task(cluster, 8, NOON, app=web)
    make_failed_task(cluster, 9, NOON, framework_id="f-spark", name="driver", reason=MEMORY)
    found = told("R46b", cluster)
    assert {key: one.value for key, one in found.items()} == {WEB: 3, "f-spark driver": 1}
    assert plain(found[WEB].says) == "/web: 3 tasks killed at the memory limit in 30 min, the last on 10.0.0.21"


def test_when_no_task_was_killed_for_memory_any_more_its_alert_ends(cluster: Cluster) -> None:
    found = told("R46b", cluster, opened=frozenset({WEB}))
    assert {key: one.value for key, one in found.items()} == {WEB: 0, "": 0}


def test_an_app_whose_tasks_fail_and_begin_anew_is_in_a_crash_loop(
    cluster: Cluster, marathon: Marathon, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    web = make_app(marathon, "/web", NOON)
    for number in range(5):
        at = NOON - timedelta(minutes=2 * number)
        make_failed_task(
            cluster, number, at, app=web, lived=timedelta(seconds=20), first_status_at=at - timedelta(seconds=21)
        )
    with django_assert_num_queries(4):
        found = told("R51", cluster)
    assert found[WEB].value == 5
    assert plain(found[WEB].says) == (
        "/web: 5 tasks begun anew in 15 min, they lived 20 s (median); the last failed: its command failed"
    )


def test_scaling_and_deploying_are_no_crash_loop(cluster: Cluster, marathon: Marathon) -> None:
    web, api = make_app(marathon, "/web", NOON), make_app(marathon, "/api", NOON)
    for number in range(6):
        make_task(cluster, number, NOON, app=web, first_status_at=NOON, first_seen=NOON)
        make_task(cluster, 10 + number, NOON, app=api, first_status_at=NOON, first_seen=NOON)
        make_failed_task(cluster, 20 + number, NOON, app=api, state="TASK_KILLED", reason="")
    assert {key: one.value for key, one in told("R51", cluster).items()} == {"": 0}


def test_many_that_fail_at_once_after_a_long_life_are_no_crash_loop(cluster: Cluster, marathon: Marathon) -> None:
    web = make_app(marathon, "/web", NOON)
    for number in range(6):
        make_failed_task(
            cluster, number, NOON, app=web, lived=timedelta(hours=5), first_status_at=NOON - timedelta(hours=5)
        )
    assert told("R51", cluster)[WEB].value == 0
