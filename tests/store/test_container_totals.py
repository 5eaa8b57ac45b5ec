from __future__ import annotations

from datetime import datetime

import msgspec
import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collectors.errors import Outcome
from collectors.records import ContainerReading
from collectors.records.containers import NOTHING_MEASURED
from dashboard import codec
from dashboard.models import Cluster, Poll, Reading
from dashboard.store import container_totals, tick_totals
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import (
    MIB,
    NOON,
    agent,
    agent_containers,
    container_reading,
    framework,
    later,
    summary,
    write_containers,
)

pytestmark = pytest.mark.django_db

HOSTS = [f"10.0.0.{place}" for place in range(1, 5)]
TICK = int(NOON.timestamp())


@pytest.fixture
def cluster() -> Cluster:
    """Four agents, the last one in a zone of its own, and two frameworks."""
    made = builders.cluster()
    agents = [agent(host, zone="eu-b" if host == HOSTS[-1] else "eu-a") for host in HOSTS]
    builders.write(made, summary(later(-60), *agents, frameworks=(framework("marathon"), framework("kafka"))))
    return made


def task(name: str, at: datetime, owner: str = "marathon", **said: object) -> ContainerReading:
    return container_reading(name, at, framework_id=f"id-of-{owner}", **said)


def answered(cluster: Cluster, *hosts: str, at: datetime = NOON, silent: tuple[str, ...] = ()) -> None:
    """On each host a task of Marathon and one of Kafka, each using half a core and 100 MiB."""
    said = [agent_containers(host, task(f"m-{host}", at), task(f"k-{host}", at, "kafka"), at=at) for host in hosts]
    write_containers(cluster, *said, silent=silent, now=at)


def total(cluster: Cluster, at: datetime = NOON) -> int:
    tick = int(at.timestamp()) // 60 * 60
    return container_totals.write(Writing(cluster=Cluster.objects.get(pk=cluster.pk), tick=tick, now=at))


def values(key: str = "cluster", tick_seconds: int = 0) -> dict[str, float]:
    row = Reading.objects.get(subject__kind="container_use", subject__key=key, tick=TICK + tick_seconds)
    found = codec.unpack([bytes(row.data)], width=len(container_totals.LAYOUT))[0].tolist()
    return dict(zip(container_totals.LAYOUT, found, strict=True))


def measured_twice(cluster: Cluster, *hosts: str) -> None:
    """So that there are rates."""
    answered(cluster, *hosts, at=later(-60))
    answered(cluster, *hosts)


def shards(cluster: Cluster, count: int) -> list[Poll]:
    return [
        Poll.objects.create(cluster=cluster, source="containers", shard=shard, shards=count, due_at=NOON)
        for shard in range(count)
    ]


def close(cluster: Cluster, poll: Poll, *hosts: str, at: datetime = NOON) -> None:
    """A shard brings these agents at a moment and ends; what the worker does in one transaction."""
    answered(cluster, *hosts, at=at)
    Poll.objects.filter(pk=poll.pk).update(ended_at=at, outcome=Outcome.OK)
    fresh = Cluster.objects.get(pk=cluster.pk)
    tick_totals.poll_ended(Writing(cluster=fresh, tick=TICK, now=at, poll=poll), poll)


def test_the_cluster_each_framework_and_each_zone_have_a_total(cluster: Cluster) -> None:
    measured_twice(cluster, *HOSTS)
    assert total(cluster) == 5
    whole, kafka, alone = values(), values("framework:id-of-kafka"), values("zone:eu-b")
    assert [one["cpus_used"] for one in (whole, kafka, alone)] == pytest.approx([4, 2, 1])
    assert [one["mem_used_bytes"] for one in (whole, kafka, alone)] == [800 * MIB, 400 * MIB, 200 * MIB]
    assert [one["disk_used_bytes"] for one in (whole, kafka, alone)] == [80 * MIB, 40 * MIB, 20 * MIB]
    assert [one["containers"] for one in (whole, kafka, alone)] == [8, 4, 2]
    assert [(one["agents_measured"], one["agents_expected"]) for one in (whole, kafka, alone)] == [
        (4, 4),
        (4, 4),
        (1, 1),
    ]


def test_a_silent_agent_counts_as_nothing_and_is_missing_from_the_coverage(cluster: Cluster) -> None:
    measured_twice(cluster, *HOSTS)
    answered(cluster, *HOSTS[:3], at=later(60), silent=(HOSTS[3],))
    total(cluster, later(60))
    whole = values(tick_seconds=60)
    assert (whole["containers"], whole["agents_measured"], whole["agents_expected"]) == (6, 3, 4)
    assert whole["cpus_used"] == pytest.approx(3)
    # Nobody in the zone answered, so nothing is known of it.
    assert not Reading.objects.filter(subject__key="zone:eu-b", subject__kind="container_use", tick=TICK + 60).exists()


def test_a_nested_container_is_not_counted_beside_its_root(cluster: Cluster) -> None:
    for seconds in (-60, 0):
        at = later(seconds)
        write_containers(cluster, agent_containers(HOSTS[0], task("c1", at), task("n1", at, parent_id="c1")))
    total(cluster)
    assert (values()["containers"], values()["mem_used_bytes"]) == (1, 100 * MIB)
    assert values()["cpus_used"] == pytest.approx(0.5)


def test_how_many_told_each_amount_stands_beside_it(cluster: Cluster) -> None:
    answered(cluster, HOSTS[0], at=later(-60))
    started = task("new", NOON, metrics={"disk_used_bytes": None})
    said = [
        task(f"m-{HOSTS[0]}", NOON),
        started,
        msgspec.structs.replace(task("starting", NOON), values=NOTHING_MEASURED),
    ]
    write_containers(cluster, agent_containers(HOSTS[0], *said))
    total(cluster)
    whole = values()
    assert [whole[f"containers{what}"] for what in ("", "_with_cpus", "_with_mem", "_with_disk")] == [3, 1, 2, 1]
    assert (whole["mem_used_bytes"], whole["disk_used_bytes"]) == (200 * MIB, 10 * MIB)


def test_an_amount_that_nobody_told_is_not_known_and_no_containers_use_nothing(cluster: Cluster) -> None:
    answered(cluster, HOSTS[0])
    total(cluster)
    assert np.isnan(values()["cpus_used"])
    write_containers(cluster, agent_containers(HOSTS[0], at=later(60)))
    total(cluster, later(60))
    whole = values(tick_seconds=60)
    assert (whole["containers"], whole["cpus_used"], whole["mem_used_bytes"], whole["agents_measured"]) == (0, 0, 0, 1)


def test_where_no_agent_answered_there_is_no_total(cluster: Cluster) -> None:
    measured_twice(cluster, *HOSTS)
    assert total(cluster, later(60)) == 0


def test_one_that_says_the_same_again_still_counts_with_its_last_figures(cluster: Cluster) -> None:
    measured_twice(cluster, *HOSTS)
    again = [agent_containers(host, task(f"m-{host}", NOON), task(f"k-{host}", later(60), "kafka")) for host in HOSTS]
    write_containers(cluster, *again, now=later(61))
    total(cluster, later(61))
    assert (values(tick_seconds=60)["containers_with_cpus"], values(tick_seconds=60)["sample.age_seconds"]) == (8, 60)


def test_one_that_says_the_same_for_ever_does_not(cluster: Cluster) -> None:
    measured_twice(cluster, HOSTS[0])
    for minute in (1, 2, 3):
        stuck, moving = task(f"m-{HOSTS[0]}", NOON), task(f"k-{HOSTS[0]}", later(60 * minute), "kafka")
        write_containers(cluster, agent_containers(HOSTS[0], stuck, moving), now=later(60 * minute))
    total(cluster, later(180))
    assert (values(tick_seconds=180)["containers"], values(tick_seconds=180)["containers_with_mem"]) == (2, 1)


def test_a_sample_too_old_to_be_the_present_is_in_no_sum(cluster: Cluster) -> None:
    said = [task("old", later(-900)), task("new", NOON)]
    write_containers(cluster, agent_containers(HOSTS[0], *said), now=NOON)
    total(cluster)
    whole = values()
    assert (whole["containers"], whole["containers_with_mem"], whole["mem_used_bytes"]) == (2, 1, 100 * MIB)


def test_one_that_ended_is_in_no_later_total(cluster: Cluster) -> None:
    measured_twice(cluster, HOSTS[0])
    write_containers(cluster, agent_containers(HOSTS[0], task(f"m-{HOSTS[0]}", later(60))))
    total(cluster, later(60))
    assert values(tick_seconds=60)["containers"] == 1
    assert not Reading.objects.filter(subject__key="framework:id-of-kafka", tick=TICK + 60).exists()


def test_a_tick_does_not_wait_past_its_deadline_and_a_late_shard_rewrites_the_total(cluster: Cluster) -> None:
    answered(cluster, *HOSTS, at=later(-60))
    first, late = shards(cluster, 2)
    close(cluster, first, *HOSTS[:2])
    assert not Reading.objects.filter(subject__kind="container_use").exists()
    tick_totals.write_overdue(later(45))
    assert (values()["containers"], values()["agents_measured"]) == (4, 2)
    close(cluster, late, *HOSTS[2:], at=later(50))
    assert (values()["containers"], values()["agents_measured"]) == (8, 4)
    assert values()["cpus_used"] == pytest.approx(4)


def test_a_late_total_leaves_out_what_started_since(cluster: Cluster) -> None:
    measured_twice(cluster, HOSTS[0])
    at = later(60)
    write_containers(cluster, agent_containers(HOSTS[0], task(f"m-{HOSTS[0]}", at), task("newer", at)), now=later(62))
    total(cluster, NOON)
    assert values()["containers"] == 2


def test_the_total_is_the_same_however_often_it_is_written(cluster: Cluster) -> None:
    measured_twice(cluster, *HOSTS)
    total(cluster)
    before = list(
        Reading.objects.filter(subject__kind="container_use").order_by("subject").values_list("data", flat=True)
    )
    total(cluster)
    assert (
        list(Reading.objects.filter(subject__kind="container_use").order_by("subject").values_list("data", flat=True))
        == before
    )


def test_the_number_of_queries_does_not_grow_with_the_containers(cluster: Cluster) -> None:
    counted = []
    for count in (3, 300):
        at = later(60 * count)
        write_containers(cluster, agent_containers(HOSTS[0], *(task(f"c{count}-{one}", at) for one in range(count))))
        with CaptureQueriesContext(connection) as queries:
            total(cluster, at)
        counted.append(len(queries))
    assert counted[1] <= counted[0]  # the first time the layout and the subjects are written too


def test_totals_that_are_late_do_not_count_an_agent_that_only_answered_since(cluster: Cluster) -> None:
    answered(cluster, *HOSTS[:3], silent=(HOSTS[3],))
    total(cluster)
    before = values()
    answered(cluster, *HOSTS, at=later(62))
    total(cluster)
    assert values()["agents_measured"] == before["agents_measured"] == 3
    assert values()["containers"] == before["containers"] == 6
