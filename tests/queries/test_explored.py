from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.records import AppMetricsReading, Harvest, MetricSetReading
from dashboard.models import Cluster, Subject
from dashboard.queries import explored_in_words, labelled, metrics_of, window
from dashboard.queries.window import LONGER_RANGES
from dashboard.store import compaction, roll_up
from tests import builders, history
from tests.builders import NOON, agent_containers, container_reading, host_metrics, later
from tests.queries.exploring import A, B, asked, containers, machines, refused

pytestmark = pytest.mark.django_db


def test_each_subject_is_a_line_the_greatest_first() -> None:
    found = asked(machines(), "cpu.total{kind=host}")
    assert [(line.name, line.latest) for line in found.lines] == [(B, 75), (A, 25)]
    assert (found.unit, found.window.step_seconds, found.lines[0].taken_at) == ("percent", 60, NOON)


def test_a_kind_may_be_left_out_where_only_one_tells_the_metric() -> None:
    assert asked(machines(), "cpu.total").kind == Subject.Kind.HOST
    several = refused(machines_and_containers(), "mem_used_bytes")
    assert "told by several kinds" in several.why
    assert {"kind=host", "kind=container"} <= set(several.allowed)


def machines_and_containers() -> Cluster:
    cluster = Cluster.objects.create(name="both", kind="dcos", url="http://x.test", created_at=NOON)
    builders.write_machines(cluster, host_metrics(A, NOON))
    builders.write_containers(cluster, agent_containers(A, container_reading("c", NOON)))
    return cluster


def test_labels_choose_and_split() -> None:
    cluster = machines()
    assert [line.name for line in asked(cluster, "cpu.total{kind=host, zone=eu-b}").lines] == [B]
    assert [line.name for line in asked(cluster, "cpu.total{kind=host, host!=10.0.0.1*}").lines] == [B]
    by_zone = asked(cluster, "max by (zone) (cpu.total{kind=host})")
    assert [(line.name, line.labels, line.series) for line in by_zone.lines] == [
        ("eu-b", {"zone": "eu-b"}, 1),
        ("eu-a", {"zone": "eu-a"}, 1),
    ]


def test_a_silent_machine_leaves_a_sum_that_says_how_many_it_is_of() -> None:
    (line,) = asked(machines(silent=6), "sum(cpu.total{kind=host})").lines
    known = line.values[np.isfinite(line.values)]
    assert (known[0], known.min()) == (100, 25)
    assert line.partial > 0
    assert (line.told[line.values == 25].max(), line.expected[line.values == 25].min()) == (1, 2)
    said = explored_in_words.coverage(asked(machines_of(cluster_name="again"), "sum(cpu.total{kind=host})"))
    assert "some were missing in" in said and "1 of 2 were there" in said.replace("\u00a0", " ")


def machines_of(cluster_name: str) -> Cluster:
    cluster = builders.cluster(cluster_name)
    for minute in range(10, -1, -1):
        told = [host_metrics(host, later(-60 * minute)) for host in ((A,) if minute < 6 else (A, B))]
        builders.write_machines(cluster, *told, now=later(-60 * minute))
    return cluster


def test_the_last_step_is_not_told_before_all_have_answered() -> None:
    (line,) = asked(machines(silent=1), "sum(cpu.total{kind=host})").lines
    assert np.isnan(line.values[-1]) and line.values[-2] == 100
    assert line.partial == 0


def test_a_rate_is_per_second_and_its_framework_adds_up() -> None:
    found = asked(containers(), "sum by (framework) (rate(net_rx_bytes{kind=container}))")
    assert found.unit == "bytes/s"
    assert {line.name: line.latest for line in found.lines} == {"jobs": 20, "web": 20}
    assert {line.series for line in found.lines} == {2}


def test_a_counter_that_began_anew_is_a_gap_in_its_rate_and_no_dip() -> None:
    cluster = machines(0)
    subject = history.subject(cluster, "10.0.0.9|eth0", Subject.Kind.INTERFACE)
    values = {0: 100.0, 60: 700.0, 120: 1300.0, 180: 60.0, 240: 660.0}
    history.measured(
        subject, [43_200 - 240 + second for second in values], values=lambda at: [0, values[at - 43_200 + 240], 0]
    )
    Subject.objects.filter(pk=subject).update(last_seen=NOON)
    rate = asked(cluster, "rate(in_bytes{kind=interface, host=10.0.0.9})").lines[0]
    assert rate.values[-4:].tolist()[:2] == [10, 10]
    assert np.isnan(rate.values[-2]) and rate.values[-1] == 10
    rise = asked(cluster, "increase(in_bytes{kind=interface, host=10.0.0.9})").lines[0]
    assert rise.values[-4:].tolist() == [600, 600, 60, 600]


@pytest.mark.parametrize("over", ["1h", "6h", "24h", "7d", "30d"])
@pytest.mark.parametrize("as_", ["raw", "rate", "increase"])
def test_a_line_is_what_the_readings_of_its_subject_are_whatever_they_are_read_from(over: str, as_: str) -> None:
    """Against the other way to the same numbers: one subject at a time."""
    cluster = builders.cluster()
    subject = history.subject(cluster, f"{A}|eth0", Subject.Kind.INTERFACE)
    day, noon = history.DAY, 12 * history.HOUR
    history.measured(subject, range(-day, noon + 60, 60), values=lambda at: [at % 11, 100.0 * (at % 7000), 0.5])
    Subject.objects.update(last_seen=NOON, first_seen=history.at(-day))
    compaction.compact([subject], history.MIDNIGHT - day, history.MIDNIGHT + 10 * history.HOUR)
    roll_up.roll([subject], history.MIDNIGHT - day)
    metric = "cpu.total" if as_ == "raw" else "in_bytes"
    text = f"{metric}{{kind=interface}}"
    found = asked(cluster, text if as_ == "raw" else f"{as_}({text})", over=over)
    other = metrics_of.told(
        list(Subject.objects.filter(pk=subject)),
        [metric],
        window.of(over, NOON, ranges=LONGER_RANGES),
        as_=as_,  # type: ignore[arg-type]
        keep="mean",
    )
    assert found.window.tier == other.window.tier
    np.testing.assert_allclose(found.lines[0].values, other.values[metric])


def test_a_share_is_of_each_series_and_does_not_add_up() -> None:
    cluster = machines()
    share = asked(cluster, "max(mem_used_bytes / memory.total {kind=host})")
    assert (share.unit, share.lines[0].latest) == ("ratio", 0.25)
    assert "do not add up" in refused(cluster, "sum(mem_used_bytes / memory.total {kind=host})").why


def test_what_an_application_said_is_drawn_with_its_tags_and_its_app() -> None:
    cluster = builders.cluster()
    executor = "web.0a1b2c3d-0000-4000-8000-0123456789ab"
    said = container_reading("c1", NOON, executor_id=executor, framework_name="marathon")
    builders.write_containers(cluster, agent_containers(A, said))
    sets = tuple(
        MetricSetReading(tags={"route": route}, taken_at=NOON, values={"hits": hits})
        for route, hits in (("/a", 3.0), ("/b", 4.0))
    )
    told = AppMetricsReading(host=A, agent_id=f"id-of-{A}", container_id="c1", taken_at=NOON, labels={}, sets=sets)
    builders.write_harvest(cluster, "app_metrics", Harvest(records=(told,)), now=NOON)
    assert [line.latest for line in asked(cluster, "hits{route=/b}").lines] == [4]
    total = asked(cluster, "sum by (app, framework) (hits{kind=app_metrics})")
    assert [(line.labels, line.latest) for line in total.lines] == [({"app": "/web", "framework": "marathon"}, 7)]


def test_a_container_that_ended_is_not_missing() -> None:
    cluster = containers()
    for minute in (1, 2, 3):
        at = later(60 * minute)
        stays = [container_reading("jobs0", at, framework_id="jobs", framework_name="jobs")]
        builders.write_containers(cluster, agent_containers(A, *stays, at=at), agent_containers(B, at=at), now=at)
    (line,) = asked(cluster, "count(cpus_used{kind=container})", now=later(180)).lines
    assert line.partial == 0
    assert line.values[-1] == 1


def test_the_lives_of_a_master_are_one_line() -> None:
    cluster = builders.cluster()
    for seconds, uptime in ((-120, 3600.0), (-60, 3660.0), (0, 5.0)):
        builders.write_masters(cluster, builders.master(at=later(seconds), uptime_seconds=uptime), now=later(seconds))
    assert [line.name for line in asked(cluster, "master/uptime_secs{kind=master}").lines] == ["10.0.0.101:5050"]


def test_more_containers_need_no_more_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = containers()
    with django_assert_num_queries(7):
        asked(cluster, "sum by (framework) (cpus_used{kind=container})")


def test_labels_known_of_a_kind_include_its_machine(db: None) -> None:
    found = labelled.found(machines(), Subject.Kind.HOST, (), NOON - timedelta(hours=1), NOON)
    assert found.known == {"kind", "key", "name", "host", "zone"}
