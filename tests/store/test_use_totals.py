from __future__ import annotations

from datetime import datetime
from itertools import permutations

import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome
from dashboard import codec
from dashboard.models import Cluster, Poll, Reading
from dashboard.store import tick_totals, use_totals
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import GIB, NOON, agent, filesystem, host_metrics, later, summary, write_machines

pytestmark = pytest.mark.django_db

HOSTS = [f"10.0.0.{place}" for place in range(1, 13)]
PUBLIC = HOSTS[10:]
TICK = int(NOON.timestamp())


@pytest.fixture
def cluster() -> Cluster:
    """Twelve agents of 4 cores, every third in another zone, the last two of them public."""
    made = builders.cluster()
    zones = {host: f"eu-{'abc'[place % 3]}" for place, host in enumerate(HOSTS)}
    builders.write(made, summary(NOON, *(agent(host, zone=zones[host], public=host in PUBLIC) for host in HOSTS)))
    return made


def measured(cluster: Cluster, *hosts: str, at: datetime = NOON, silent: tuple[str, ...] = ()) -> None:
    write_machines(cluster, *(host_metrics(host, at) for host in hosts), silent=silent, now=at)


def total(cluster: Cluster, at: datetime = NOON) -> int:
    tick = int(at.timestamp()) // 60 * 60
    return use_totals.write(Writing(cluster=Cluster.objects.get(pk=cluster.pk), tick=tick, now=at))


def values(key: str = "cluster", tick_seconds: int = 0) -> dict[str, float]:
    row = Reading.objects.get(subject__kind="use", subject__key=key, tick=TICK + tick_seconds)
    found = codec.unpack([bytes(row.data)], width=len(use_totals.LAYOUT))[0].tolist()
    return dict(zip(use_totals.LAYOUT, found, strict=True))


def shards(cluster: Cluster, count: int) -> list[Poll]:
    return [
        Poll.objects.create(cluster=cluster, source="nodes", shard=shard, shards=count, due_at=NOON)
        for shard in range(count)
    ]


def close(cluster: Cluster, poll: Poll, *hosts: str, at: datetime = NOON) -> None:
    """A shard brings these machines at a moment and ends; what the worker does in one transaction."""
    measured(cluster, *hosts, at=at)
    Poll.objects.filter(pk=poll.pk).update(ended_at=at, outcome=Outcome.OK)
    fresh = Cluster.objects.get(pk=cluster.pk)
    tick_totals.poll_ended(Writing(cluster=fresh, tick=TICK, now=at, poll=poll), poll)


def test_the_cluster_each_zone_and_each_pool_have_a_total(cluster: Cluster) -> None:
    measured(cluster, *HOSTS)
    assert total(cluster) == 6
    whole = values()
    assert (whole["cpus_used"], whole["cpus_measured"]) == (12, 48)
    assert (whole["mem_used_bytes"], whole["mem_measured_bytes"]) == (24 * GIB, 96 * GIB)
    assert (whole["disk_used_bytes"], whole["disk_measured_bytes"]) == (360 * GIB, 1200 * GIB)
    assert (values("zone:eu-b")["cpus_used"], values("zone:eu-b")["agents_expected"]) == (4, 4)
    assert [values(f"pool:{pool}")["cpus_used"] for pool in ("public", "private")] == [2, 10]


def test_one_dead_agent_leaves_a_coverage_of_eleven_of_twelve_and_counts_as_nothing(cluster: Cluster) -> None:
    measured(cluster, *HOSTS)
    measured(cluster, *HOSTS[1:], at=later(60), silent=(HOSTS[0],))
    total(cluster, later(60))
    whole = values(tick_seconds=60)
    assert (whole["agents_measured"], whole["agents_expected"]) == (11, 12)
    assert (whole["cpus_used"], whole["cpus_measured"]) == (11, 44)


def test_where_nobody_was_measured_there_is_no_total_and_the_last_one_grows_old(cluster: Cluster) -> None:
    measured(cluster, *HOSTS)
    total(cluster)
    assert total(cluster, later(60)) == 0
    row = Cluster.objects.get()
    assert (row.cpus_used, row.use_taken_at) == (12, NOON)


def test_an_agent_that_says_the_same_again_still_counts_with_its_last_figures(cluster: Cluster) -> None:
    measured(cluster, *HOSTS)
    same = [host_metrics(HOSTS[0]), *(host_metrics(host, later(60)) for host in HOSTS[1:])]
    write_machines(cluster, *same, now=later(61))
    total(cluster, later(61))
    assert (values(tick_seconds=60)["agents_measured"], values(tick_seconds=60)["cpus_used"]) == (12, 12)


def test_an_agent_that_says_the_same_for_ever_does_not(cluster: Cluster) -> None:
    measured(cluster, *HOSTS)
    for minute in (1, 2, 3):
        stuck = [host_metrics(HOSTS[0]), *(host_metrics(host, later(60 * minute)) for host in HOSTS[1:])]
        write_machines(cluster, *stuck, now=later(60 * minute))
    total(cluster, later(180))
    assert values(tick_seconds=180)["agents_measured"] == 11


def test_figures_too_old_to_be_the_present_are_in_no_total(cluster: Cluster) -> None:
    write_machines(cluster, *(host_metrics(host) for host in HOSTS[1:]), host_metrics(HOSTS[0], later(-900)), now=NOON)
    total(cluster)
    assert values()["agents_measured"] == 11


def test_a_master_gives_no_capacity(cluster: Cluster) -> None:
    measured(cluster, *HOSTS)
    write_machines(cluster, host_metrics("10.0.0.101", role="master", agent_id=""))
    total(cluster)
    assert values()["cpus_measured"] == 48


def test_an_amount_a_machine_does_not_tell_is_left_out_on_both_sides(cluster: Cluster) -> None:
    mute = host_metrics(HOSTS[0], metrics={"memory.cached": None}, filesystems=(filesystem(total_bytes=None),))
    write_machines(cluster, mute, *(host_metrics(host) for host in HOSTS[1:]))
    total(cluster)
    whole = values()
    assert (whole["mem_used_bytes"], whole["mem_measured_bytes"]) == (22 * GIB, 88 * GIB)
    assert (whole["disk_measured_bytes"], whole["cpus_measured"]) == (1100 * GIB, 48)


def test_the_present_stands_in_the_clusters_row(cluster: Cluster) -> None:
    measured(cluster, *HOSTS[:11], at=later(-10))
    total(cluster, NOON)
    assert Cluster.objects.get().cpus_used is None  # measured in the slot before, and not in this one
    measured(cluster, *HOSTS[:11], at=later(5))
    total(cluster, later(5))
    row = Cluster.objects.get()
    assert (row.cpus_used, row.cpus_measured, row.mem_used_bytes, row.disk_used_bytes) == (11, 44, 22 * GIB, 330 * GIB)
    assert (row.agents_measured, row.agents_expected, row.use_taken_at) == (11, 12, later(5))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_shards_closing_in_any_order_give_one_total(cluster: Cluster, order: tuple[int, ...]) -> None:
    polls = shards(cluster, 3)
    for place, shard in enumerate(order):
        assert not Reading.objects.filter(subject__kind="use").exists()
        close(cluster, polls[shard], *HOSTS[shard::3], at=later(place))
    assert Reading.objects.filter(subject__kind="use", subject__key="cluster").count() == 1
    assert (values()["agents_measured"], values()["cpus_used"]) == (12, 12)


def test_a_tick_does_not_wait_for_a_shard_past_its_deadline_and_a_late_one_completes_it(cluster: Cluster) -> None:
    first, late = shards(cluster, 2)
    close(cluster, first, *HOSTS[:6])
    tick_totals.write_overdue(later(44))
    assert not Reading.objects.filter(subject__kind="use").exists()
    tick_totals.write_overdue(later(45))
    assert (values()["agents_measured"], values()["agents_expected"]) == (6, 12)
    close(cluster, late, *HOSTS[6:], at=later(50))
    assert (values()["agents_measured"], Cluster.objects.get().agents_measured) == (12, 12)


def test_a_total_that_stands_is_not_written_again(
    cluster: Cluster, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first, _ = shards(cluster, 2)
    close(cluster, first, *HOSTS[:6])
    tick_totals.write_overdue(later(45))
    with django_assert_num_queries(2):
        tick_totals.write_overdue(later(47))


def test_a_late_shard_does_not_turn_the_present_back(cluster: Cluster) -> None:
    measured(cluster, *HOSTS)
    measured(cluster, *HOSTS[:6], at=later(60))
    total(cluster, later(60))
    total(cluster, NOON)
    assert (values()["agents_measured"], Cluster.objects.get().agents_measured) == (12, 6)


def test_the_total_is_the_same_however_often_it_is_written(cluster: Cluster) -> None:
    measured(cluster, *HOSTS)
    total(cluster)
    before = bytes(Reading.objects.get(subject__kind="use", subject__key="cluster").data)
    total(cluster)
    assert bytes(Reading.objects.get(subject__kind="use", subject__key="cluster").data) == before


def test_totals_that_are_late_do_not_count_a_machine_that_only_answered_since(cluster: Cluster) -> None:
    measured(cluster, *HOSTS, at=later(-60))
    measured(cluster, *HOSTS[1:], silent=(HOSTS[0],))
    measured(cluster, *HOSTS, at=later(62))
    total(cluster)
    assert (values()["agents_measured"], values()["agents_expected"]) == (11, 12)
