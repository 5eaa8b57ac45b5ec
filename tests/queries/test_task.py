from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Event, Node, Task
from dashboard.queries import freshness, task
from dashboard.queries.task import Found
from tests import builders
from tests.applications import FRAMEWORK, listed_at, make_app, make_failed_task, make_marathon, make_task
from tests.builders import NOON, agent, agent_containers, container_reading, summary

pytestmark = pytest.mark.django_db
HOST = "10.0.0.21"


@pytest.fixture
def prod() -> Cluster:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, agent(HOST, agent_id="agent-S0")))
    listed_at(cluster, NOON)
    return cluster


def found(cluster: Cluster, one: Task) -> Found:
    known = task.one(cluster, one.framework_id, one.task_id, freshness.of(cluster, NOON), NOON)
    assert known is not None
    return known


def test_its_containers_use_stands_beside_what_it_was_allocated(prod: Cluster) -> None:
    for seconds in (61, 1):
        at = NOON - timedelta(seconds=seconds)
        reading = container_reading("container-1", at)
        builders.write_containers(prod, agent_containers(HOST, reading, at=at, agent_id="agent-S0"), now=at)
    known = found(prod, make_task(prod, 1, NOON))
    assert known.container is not None and known.container.use is not None
    assert known.container.use.cpus_used == pytest.approx(0.5)
    assert found(prod, make_task(prod, 2, NOON)).container is None


def test_one_on_a_lost_agent_is_at_risk(prod: Cluster) -> None:
    one = make_task(prod, 1, NOON)
    assert not found(prod, one).is_at_risk
    Node.objects.filter(host=HOST).update(state=Node.State.INACTIVE)
    assert found(prod, one).is_at_risk


def test_how_its_agent_was_when_it_ended_is_not_how_it_is(prod: Cluster) -> None:
    one = make_failed_task(prod, 1, NOON)
    for minutes, after in ((-60, "active"), (2, "inactive"), (9, "active")):
        at = NOON + timedelta(minutes=minutes)
        Event.objects.create(
            cluster=prod, kind="agent_state", subject=HOST, name=HOST, after=after, taken_at=at, seen_at=at
        )
    known = found(prod, one)
    assert known.then is not None and known.then.state.word == "Active"
    assert known.after is not None and known.after.state.word == "Silent"


def test_nothing_is_said_of_an_agent_of_which_nothing_is_kept(prod: Cluster) -> None:
    known = found(prod, make_failed_task(prod, 1, NOON, agent_id="agent-S9"))
    assert (known.agent, known.then, known.after) == (None, None, None)


def test_a_life_begins_when_it_ran_and_is_not_known_of_one_whose_beginning_nobody_told(prod: Cluster) -> None:
    assert found(prod, make_failed_task(prod, 1, NOON)).lived == timedelta(minutes=5)
    assert found(prod, make_failed_task(prod, 2, NOON, running_at=None)).lived is None
    assert found(prod, make_task(prod, 3, NOON)).lived is None


def test_other_tasks_of_its_app_stand_beside_it_those_that_run_first(prod: Cluster) -> None:
    marathon = make_marathon(prod, NOON)
    web, api = make_app(marathon, "/web", NOON), make_app(marathon, "/api", NOON)
    one, failed = make_task(prod, 1, NOON, app=web), make_failed_task(prod, 2, NOON, app=web)
    other = make_task(prod, 3, NOON, app=web)
    make_task(prod, 4, NOON, app=api)
    assert [row.task for row in found(prod, one).others] == [other, failed]


def test_a_task_nobody_knows_is_none(prod: Cluster) -> None:
    assert task.one(prod, FRAMEWORK, "nope", freshness.of(prod, NOON), NOON) is None


def test_the_price_is_bounded(prod: Cluster, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    app = make_app(make_marathon(prod, NOON), "/web", NOON)
    one = make_failed_task(prod, 1, NOON, app=app)
    for number in range(2, 30):
        make_task(prod, number, NOON, app=app)
    sources = freshness.of(prod, NOON)
    with django_assert_max_num_queries(12):
        task.one(prod, one.framework_id, one.task_id, sources, NOON)
