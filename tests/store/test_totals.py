from __future__ import annotations

import pytest

from collectors.records import Resources, TaskCounts
from dashboard import codec
from dashboard.models import Cluster, Layout, Reading, Subject
from dashboard.store import totals
from tests import builders
from tests.builders import GIB, NOON, agent, framework, later, summary


def reading(kind: str, key: str) -> dict[str, float]:
    row = Reading.objects.select_related("layout").get(subject__kind=kind, subject__key=key)
    names = Layout.objects.get(pk=row.layout_id).names
    return dict(zip(names, codec.unpack([bytes(row.data)], width=len(names))[0], strict=True))


def test_an_inactive_agent_gives_no_capacity() -> None:
    counted = totals.of_agents([agent("10.0.0.1"), agent("10.0.0.2", active=False)])
    named = dict(zip(totals.LAYOUT, counted, strict=True))
    assert (named["cpus_total"], named["agents_active"], named["agents_inactive"]) == (4, 1, 1)


def test_unreachable_tasks_are_counted_from_the_frameworks() -> None:
    said = summary(NOON, agent(), frameworks=(framework(tasks=TaskCounts(unreachable=5)),))
    named = dict(zip(totals.LAYOUT, totals.of_cluster(said), strict=True))
    assert named["tasks_unreachable"] == 5


@pytest.mark.django_db
def test_one_summary_writes_a_reading_for_cluster_zone_node_and_framework() -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(later(3), agent("10.0.0.1"), agent("10.0.0.2", zone="eu-b")))
    assert reading("cluster", "")["cpus_total"] == 8
    assert reading("zone", "eu-b")["mem_allocated_bytes"] == 2 * GIB
    assert reading("node", "10.0.0.1:5051")["tasks_running"] == 3
    assert reading("framework", "id-of-marathon")["cpus_allocated"] == 1
    assert {row.tick for row in Reading.objects.all()} == {int(NOON.timestamp())}


@pytest.mark.django_db
def test_a_framework_has_no_total_of_its_own() -> None:
    builders.write(builders.cluster(), summary())
    total = reading("framework", "id-of-marathon")["cpus_total"]
    assert total != total  # NaN: absent is not zero


@pytest.mark.django_db
def test_the_clusters_present_stands_in_its_row() -> None:
    cluster = builders.cluster()
    gpus = agent("10.0.0.2", total=Resources(cpus=8, gpus=2), allocated=Resources(gpus=1))
    builders.write(cluster, summary(NOON, agent("10.0.0.1"), gpus))
    row = Cluster.objects.get()
    assert (row.cpus_total, row.gpus_allocated, row.agents_active, row.summary_taken_at) == (12, 1, 2, NOON)


@pytest.mark.django_db
def test_a_repeated_poll_changes_nothing() -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON))
    before = list(Reading.objects.order_by("subject").values_list("tick", "subject", "data"))
    builders.write(cluster, summary(NOON))
    assert list(Reading.objects.order_by("subject").values_list("tick", "subject", "data")) == before
    assert Subject.objects.filter(kind="cluster").count() == 1
