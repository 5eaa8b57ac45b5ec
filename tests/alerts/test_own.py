from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collectors.records import Resources
from dashboard.alerts import in_words, own
from dashboard.alerts.definition import Measured
from dashboard.models import Cluster, Rule, Subject
from dashboard.queries import rule_choices
from tests import builders, marathon_says
from tests.alerts.rules.judging import facts
from tests.builders import (
    GIB,
    NOON,
    agent,
    agent_snapshot,
    filesystem,
    host_metrics,
    later,
    master,
    summary,
    write,
    write_agents,
    write_machines,
    write_masters,
)
from tests.marathon_says import Told

pytestmark = pytest.mark.django_db
Kind = Subject.Kind
ERRORS = "slave/container_launch_errors"


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def rule(kind: Kind, metric: str, **columns: Any) -> Rule:
    said = {"key": "own-1", "name": "mine", "own": True, "warning": 0.9, "warning_on": True, **columns}
    return Rule(subject_kind=kind, metric=metric, **said)


def told(of: Cluster, asked: Rule, seconds: float = 0, opened: frozenset[str] = frozenset()) -> dict[str, Measured]:
    judged = facts(of, later(seconds), **{asked.key: opened})
    return {one.subject: one for one in own.measure(judged, asked)}


def test_a_share_of_two_metrics_is_judged_of_every_zone_and_the_fuller_is_told(cluster: Cluster) -> None:
    full = Resources(cpus=3.8, mem_bytes=2 * GIB, disk_bytes=0)
    write(cluster, summary(NOON, agent("10.0.0.1", zone="a", allocated=full), agent("10.0.0.2", zone="b")))
    found = told(cluster, rule(Kind.ZONE, "cpus_allocated÷cpus_total"))
    assert {zone: one.value for zone, one in found.items()} == {"a": pytest.approx(0.95)}
    assert found["a"].says == "a: allocated share of CPU 95\u00a0%"


def test_one_subject_alone_is_judged_where_one_is_named(cluster: Cluster) -> None:
    write(cluster, summary(NOON, agent("10.0.0.1", zone="a"), agent("10.0.0.2", zone="b")))
    found = told(cluster, rule(Kind.ZONE, "tasks_running", subject_key="b", warning=1.0))
    assert {zone: one.value for zone, one in found.items()} == {"b": 3.0}


def test_a_value_that_is_older_than_three_ticks_is_unknown(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics("10.0.0.1"), host_metrics("10.0.0.2"))
    for minute in range(1, 10):
        write_machines(cluster, host_metrics("10.0.0.2", later(60 * minute)))
    found = told(cluster, rule(Kind.HOST, "load.1min", warning=1.0), 540)
    assert found["10.0.0.1"].value is None
    assert found["10.0.0.1"].why.replace("\u00a0", " ") == "no value of the past 4 min 40 s"
    assert (found["10.0.0.2"].value, found["10.0.0.2"].host) == (1.5, "10.0.0.2")


def test_what_is_kept_once_a_minute_is_known_all_the_minute(cluster: Cluster) -> None:
    write(cluster, summary(NOON, agent("10.0.0.1")))
    for seconds in range(10, 60, 10):
        write(cluster, summary(later(seconds), agent("10.0.0.1")))
    found = told(cluster, rule(Kind.NODE, "tasks_running", warning=1.0), 55)
    assert (found["10.0.0.1:5051"].value, found["10.0.0.1:5051"].host) == (3.0, "10.0.0.1")


def test_a_metric_nobody_tells_is_unknown_and_not_zero(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics("10.0.0.1"))
    found = told(cluster, rule(Kind.HOST, "swap.free", comparison="below", warning=1.0))
    assert found["10.0.0.1"].value is None


def test_a_rule_about_nobody_is_unknown_and_not_silent(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics("10.0.0.1"))
    found = told(cluster, rule(Kind.HOST, "load.1min", subject_key="10.9.9.9"))
    assert (found["10.9.9.9"].value, found["10.9.9.9"].why) == (None, "no such subject is measured")


def errors(cluster: Cluster, counts: list[float], uptimes: list[float]) -> None:
    for minute, (count, uptime) in enumerate(zip(counts, uptimes, strict=True)):
        snapshot = agent_snapshot(at=later(60 * minute), uptime_seconds=uptime, metrics={ERRORS: count})
        write_agents(cluster, snapshot)


def test_an_increase_is_the_sum_of_the_rises_and_never_less_than_nothing(cluster: Cluster) -> None:
    errors(cluster, [100.0, 104.0, 1.0, 3.0], [9000, 9060, 30, 90])
    increase = rule(Kind.AGENT, ERRORS, measure=Rule.Measure.INCREASE, window_seconds=600, warning=1.0)
    assert told(cluster, increase, 180)["10.0.0.1"].value == 7.0


def test_a_restart_is_seen_by_uptime_where_no_counter_fell(cluster: Cluster) -> None:
    errors(cluster, [2.0, 5.0], [9000, 30])
    increase = rule(Kind.AGENT, ERRORS, measure=Rule.Measure.INCREASE, window_seconds=600, warning=1.0)
    assert told(cluster, increase, 60)["10.0.0.1"].value == 5.0


def test_a_rate_is_per_second_of_the_samples_own_time(cluster: Cluster) -> None:
    errors(cluster, [0.0, 30.0, 60.0], [9000, 9060, 9120])
    rate = rule(Kind.AGENT, ERRORS, measure=Rule.Measure.RATE, window_seconds=600, warning=0.1)
    found = told(cluster, rate, 120)["10.0.0.1"]
    assert found.value == pytest.approx(0.5)
    assert found.says.endswith("0.5\u00a0containers/s")


def test_one_reading_alone_has_not_risen_by_nothing(cluster: Cluster) -> None:
    errors(cluster, [50.0], [9000])
    increase = rule(Kind.AGENT, ERRORS, measure=Rule.Measure.INCREASE, window_seconds=600, warning=1.0)
    assert told(cluster, increase, 0)["10.0.0.1"].value is None


def test_a_master_is_known_by_its_place_through_all_its_lives(cluster: Cluster) -> None:
    queue = "master/event_queue_messages"
    write_masters(cluster, master(metrics={queue: 7.0}), now=NOON)
    again = master(at=later(20), uptime_seconds=5.0, metrics={queue: 9.0, "master/uptime_secs": 5.0})
    write_masters(cluster, again, now=later(20))
    found = told(cluster, rule(Kind.MASTER, queue, subject_key="10.0.0.101:5050", warning=1.0), 20)
    assert {key: one.value for key, one in found.items()} == {"10.0.0.101:5050": 9.0}


def test_three_queries_however_many_subjects(cluster: Cluster) -> None:
    write_machines(cluster, *(host_metrics(f"10.0.1.{number}") for number in range(150)))
    judged, asked = facts(cluster), rule(Kind.HOST, "load.1min", warning=1.0)
    with CaptureQueriesContext(connection) as queries:
        found = list(own.measure(judged, asked))
    assert (len(found), len(queries)) == (150, 3)


def test_the_editor_offers_shares_and_metrics_with_unit_and_meaning(cluster: Cluster) -> None:
    write(cluster, summary(NOON, agent("10.0.0.1", zone="a")))
    write_machines(cluster, host_metrics("10.0.0.1"))
    offered = rule_choices.of(cluster, NOON)
    by_kind = {choice.kind: choice for choice in offered}
    assert by_kind[Kind.ZONE].subjects == (("a", "a"),)
    first = by_kind[Kind.FILESYSTEM].metrics[0]
    assert (first.name, first.words, first.unit) == (
        "used_bytes÷used_bytes+free_bytes",
        "used share of the room",
        "ratio",
    )
    known = next(one for one in by_kind[Kind.HOST].metrics if one.name == "memory.free")
    assert (known.unit, known.words, known.counter) == ("bytes", "memory nobody uses, caches not counted", False)
    assert rule_choices.named(cluster, Kind.HOST, "10.0", NOON) == [("10.0.0.1", "10.0.0.1")]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            rule(Kind.ZONE, "mem_allocated_bytes÷mem_total_bytes", for_seconds=600),
            "when allocated share of memory is above 90 % for 10 min in any zone",
        ),
        (
            rule(Kind.FILESYSTEM, "free_bytes", comparison="below", warning=None, critical=5 * GIB, subject_key="h|/"),
            "when room free for everybody: what is reserved for root is in neither is below 5 GiB in filesystem h|/",
        ),
        (
            rule(Kind.CLUSTER, "mem_allocated_bytes", warning=GIB, critical=2 * GIB),
            "when allocated memory is above 1 GiB (warning), or above 2 GiB (critical) in the cluster",
        ),
        (
            rule(Kind.INTERFACE, "in_bytes", measure=Rule.Measure.RATE, warning=2.0**20, window_seconds=300),
            "when rate of traffic received over 5 min is above 1 MiB/s in any network interface",
        ),
        (
            Rule(key="R11", comparison="above", warning=2.0, critical=4.0),
            "when restarts of an agent process: the most within 10 minutes, for critical within 20; over when none in "
            "30 minutes is at least 2 (warning), or at least 4 (critical)",
        ),
    ],
)
def test_a_rule_is_a_sentence(asked: Rule, sentence: str) -> None:
    assert in_words.sentence(asked).replace("\u00a0", " ") == sentence


def test_one_whose_machine_is_silent_is_unknown_and_one_that_is_gone_is_left_out(cluster: Cluster) -> None:
    write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    disks = (filesystem("/", 95, 5), filesystem("/old", 95, 5))
    write_machines(cluster, *(host_metrics(host, filesystems=disks) for host in ("10.0.0.1", "10.0.0.2")))
    last = host_metrics("10.0.0.2", later(7200), filesystems=disks[:1])
    write_machines(cluster, last, silent=("10.0.0.1",))
    asked = rule(Kind.FILESYSTEM, "used_bytes÷used_bytes+free_bytes")
    opened = frozenset({"10.0.0.1|/", "10.0.0.1|/old", "10.0.0.2|/old"})
    found = told(cluster, asked, 7200, opened)
    assert {key: one.value for key, one in found.items()} == {
        "10.0.0.2|/": pytest.approx(0.95),
        "10.0.0.1|/": None,
        "10.0.0.1|/old": None,
    }
    assert found["10.0.0.1|/"].host == "10.0.0.1"
    assert "refused" in found["10.0.0.1|/"].why


def test_rises_whose_sum_is_past_a_floats_range_are_unknown_and_break_the_rule_for_nobody(cluster: Cluster) -> None:
    write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    for minute, uptime in enumerate((1.0, 1.7e308, 1.0, 1.7e308)):
        at = later(60 * minute)
        hostile = agent_snapshot("10.0.0.1", at, metrics={"slave/uptime_secs": uptime})
        write_agents(
            cluster, hostile, agent_snapshot("10.0.0.2", at, metrics={"slave/uptime_secs": 600.0 + 60 * minute})
        )
    asked = rule(Kind.AGENT, "slave/uptime_secs", measure=Rule.Measure.INCREASE, warning=100.0)
    found = told(cluster, asked, 180)
    assert found["10.0.0.1"].value is None
    assert found["10.0.0.2"].value == 180.0


def test_a_rule_about_apps_tells_the_one_below_its_limit_and_no_app_that_was_removed(cluster: Cluster) -> None:
    said = Told(cluster)
    listed = [marathon_says.summary("/web"), marathon_says.summary("/api", running=1, instances=4)]
    said.apps(*listed, marathon_says.summary("/old", running=0))
    for _ in range(10):
        said.apps(*listed)
    below = rule(Kind.APP, "running÷instances", comparison="below", warning=0.5)
    found = told(cluster, below, 300)
    assert {key: one.value for key, one in found.items()} == {"marathon:/api": 0.25}
    assert found["marathon:/api"].says == "/api: running share of the instances wanted 25\u00a0%"
