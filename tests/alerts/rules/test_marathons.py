from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from collectors.records import MarathonSnapshot
from dashboard.alerts import backtest, catalogue
from dashboard.alerts.rules import BY_KEY
from dashboard.models import Cluster, Event, Marathon
from dashboard.store import marathons
from dashboard.store.writing import Writing
from tests import builders
from tests.alerts.rules.judging import told
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db
RATE = "http.responses.{}.rate.meter.m1_rate"


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def say(
    cluster: Cluster, seconds: float, metrics: Mapping[str, float] | None = None, leader: str = "10.0.0.2:8080"
) -> None:
    said = MarathonSnapshot(
        key="marathon",
        taken_at=later(seconds),
        name="marathon",
        framework_id="f-0",
        version="1.11.24",
        leader=leader,
        metrics=metrics or {},
    )
    writing = Writing(cluster=cluster, tick=int(later(seconds).timestamp()), now=later(seconds))
    marathons.write(writing, said)


def value(key: str, cluster: Cluster, seconds: float = 0) -> float | None:
    return told(key, cluster, later(seconds))["marathon"].value


@pytest.mark.parametrize(
    ("key", "metrics", "found"),
    [
        ("R52", {"deployments.active.gauge": 60.0}, 60),
        ("R53", {"instances.staged.gauge": 120.0}, 120),
        ("R54", {"http.requests.duration.timer.seconds.p95": 0.7}, 0.7),
        ("R55", {RATE.format("2xx"): 8.0, RATE.format("4xx"): 1.0, RATE.format("5xx"): 1.0}, 0.1),
        ("R55", {RATE.format("2xx"): 0.5, RATE.format("5xx"): 0.4}, 0),
        ("R56", {"jvm.memory.heap.used.gauge.bytes": 90.0, "jvm.memory.heap.max.gauge.bytes": 100.0}, 0.9),
        ("R56", {"jvm.memory.heap.used.gauge.bytes": 90.0}, None),
    ],
)
def test_marathons_own_figures(cluster: Cluster, key: str, metrics: dict[str, float], found: float | None) -> None:
    say(cluster, 0, metrics)
    assert value(key, cluster) == found


def test_time_for_garbage_is_a_share_of_the_time_between_answers(cluster: Cluster) -> None:
    gc, leads = "jvm.gc.collections.duration.gauge.seconds", "leadership.duration.gauge.seconds"
    say(cluster, 0, {gc: 100.0, leads: 1000.0})
    say(cluster, 60, {gc: 112.0, leads: 1060.0})
    assert value("R58", cluster, 60) == pytest.approx(0.2)
    say(cluster, 120, {gc: 6.0, leads: 50.0})
    assert value("R58", cluster, 120) == pytest.approx(18 / 120), "another leader counts from nothing"


def test_of_a_marathon_that_says_nothing_any_more_nothing_is_known(cluster: Cluster) -> None:
    say(cluster, 0, {"deployments.active.gauge": 60.0})
    for key in ("R52", "R57"):
        (found,) = told(key, cluster, later(600)).values()
        assert (found.value, found.why.replace("\u00a0", " ")) == (None, "Marathon marathon: nothing new for 10 min")


def test_a_marathon_without_a_leader_is_critical_and_so_is_one_whose_leader_changes(cluster: Cluster) -> None:
    say(cluster, 0, leader="a:1")
    assert value("R57", cluster) == 0
    say(cluster, 60, leader="")
    assert value("R57", cluster, 60) == 4
    for minute, leader in enumerate(("b:1", "a:1", "b:1"), start=2):
        say(cluster, 60 * minute, leader=leader)
    assert Event.objects.filter(kind=Event.Kind.MARATHON_LEADER).count() == 4
    assert value("R57", cluster, 240) == 3
    assert Marathon.objects.get().leader == "b:1"
    later_on = later(240) + timedelta(hours=2)
    say(cluster, (later_on - NOON).total_seconds(), leader="b:1")
    assert told("R57", cluster, later_on)["marathon"].value == 0


def test_a_rule_of_marathons_figures_is_tried_on_its_past(cluster: Cluster) -> None:
    for minute in range(60):
        say(cluster, 60 * minute, {"deployments.active.gauge": 60.0 if 20 <= minute < 40 else 5.0})
    found = backtest.backtest(cluster, catalogue.row(BY_KEY["R52"]), later(3600), days=1)
    assert (found.fired, found.subjects) == (1, 1)
