"""How an agent was over time, put together from what changed."""

from __future__ import annotations

from datetime import datetime

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from collectors.errors import Outcome
from collectors.records import ClusterRegistry
from dashboard.charts import agent_strip
from dashboard.models import Cluster, Event
from dashboard.queries import agent_states, agents, freshness, window
from dashboard.queries.agent_states import Stretch
from tests import builders
from tests.builders import NOON, agent, later, summary, write

pytestmark = pytest.mark.django_db
HOST = "10.0.0.1"


def seen(cluster: Cluster, at: float, **said: object) -> None:
    write(cluster, summary(later(at), agent(HOST, **said), agent("10.0.0.2")))


def stretches(cluster: Cluster, at: float) -> tuple[Stretch, ...]:
    now = later(at)
    (one,) = agents.at(cluster, HOST)
    source = freshness.of(cluster, now)["summary"]
    return agent_states.stretches(cluster, one, source, window.of("1h", now))


def told(found: tuple[Stretch, ...]) -> list[tuple[str, float, float]]:
    def seconds(moment: datetime) -> float:
        return (moment - NOON).total_seconds()

    return [(one.state.word, seconds(one.begins_at), seconds(one.ends_at)) for one in found]


def fail(cluster: Cluster, at: float, before: str, after: str) -> None:
    """As the collector tells of a summary that did not come, or came again."""
    moment = later(at)
    Event.objects.create(
        cluster=cluster,
        kind="collection",
        subject="summary",
        before=before,
        after=after,
        taken_at=moment,
        seen_at=moment,
    )


def test_before_it_was_first_seen_nothing_is_known() -> None:
    cluster = builders.cluster()
    seen(cluster, 0)
    assert told(stretches(cluster, 10)) == [("Active", 0, 10)]


def test_each_change_ends_one_stretch_and_begins_another() -> None:
    cluster = builders.cluster()
    for at, active in ((0, True), (60, False), (90, True)):
        seen(cluster, at, active=active)
    found = stretches(cluster, 100)
    assert told(found) == [("Active", 0, 60), ("Silent", 60, 90), ("Active", 90, 100)]
    assert agent_states.active_ratio(found) == 0.7
    assert agent_strip.title(found).replace("\u00a0", " ") == "active for 70 % of the time that is known; 2 changes"
    assert agent_strip.told(found, later(100)) == "Active from 12:00:00, Silent from 12:01:00, Active from 12:01:30"


def test_a_time_in_which_nobody_looked_is_in_no_stretch() -> None:
    cluster = builders.cluster()
    seen(cluster, 0)
    fail(cluster, 20, Outcome.OK, Outcome.REFUSED)
    fail(cluster, 50, Outcome.REFUSED, Outcome.OK)
    seen(cluster, 60)
    found = stretches(cluster, 65)
    assert told(found) == [("Active", 0, 20), ("Active", 50, 65)]
    blocks = agent_strip.blocks(found, window.of("1h", later(65)))
    assert [block.state for block in blocks] == ["unk", "good", "unk", "good"]


def test_a_failure_that_lasts_leaves_the_end_open() -> None:
    cluster = builders.cluster()
    seen(cluster, 0)
    fail(cluster, 20, Outcome.OK, Outcome.REFUSED)
    assert told(stretches(cluster, 30)) == [("Active", 0, 20)]


def test_what_is_too_old_is_known_up_to_the_last_answer() -> None:
    cluster = builders.cluster()
    seen(cluster, 0)
    seen(cluster, 60)
    assert told(stretches(cluster, 900)) == [("Active", 0, 60)]


def test_nothing_known_is_told_so() -> None:
    assert agent_states.active_ratio(()) is None
    assert agent_strip.title(()) == "not known in this time" and agent_strip.told((), NOON) == "not known"


def test_the_price(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    seen(cluster, 0)
    (one,) = agents.at(cluster, HOST)
    source = freshness.of(cluster, NOON)["summary"]
    with django_assert_num_queries(1):
        agent_states.stretches(cluster, one, source, window.of("24h", NOON))


def test_who_was_declared_unreachable_is_so_from_the_moment_that_mesos_says_though_it_was_told_later() -> None:
    cluster = builders.cluster()
    seen(cluster, 0)
    write(cluster, registry(1), source="registry")
    seen(cluster, 10, active=False)
    write(cluster, summary(later(90), agent("10.0.0.2")))
    write(cluster, registry(100, {f"id-of-{HOST}": later(85)}), source="registry")
    assert told(stretches(cluster, 110)) == [("Active", 0, 10), ("Silent", 10, 85), ("Unreachable", 85, 110)]


def registry(at: float, unreachable: dict[str, datetime | None] | None = None) -> ClusterRegistry:
    left = unreachable or {}
    return ClusterRegistry(taken_at=later(at), admitted=(), unreachable=left, gone={}, machines=())
