from __future__ import annotations

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.models import Cluster
from dashboard.queries import freshness, part_use
from dashboard.queries.part_use import PartUse
from dashboard.queries.use import Used
from tests import builders
from tests.builders import NOON, agent, contain, host_metrics, later, summary, write, write_use

pytestmark = pytest.mark.django_db


def of(cluster: Cluster, *keys: str, at: float = 0) -> dict[str, PartUse]:
    now = later(at)
    return part_use.of_machines(cluster, keys, now, freshness.of(cluster, now))


def measured(*zones: str) -> Cluster:
    cluster = builders.cluster()
    agents = [agent(f"10.0.0.{number}", zone=zone) for number, zone in enumerate(zones)]
    write(cluster, summary(NOON, *agents))
    write_use(cluster, *(host_metrics(one.host) for one in agents), now=NOON)
    return cluster


def test_a_zone_uses_what_its_machines_measure() -> None:
    found = of(measured("a", "a", "b"), "zone:a", "zone:b", "zone:c")
    assert set(found) == {"zone:a", "zone:b"}
    a = found["zone:a"]
    assert (a.used("cpu"), a.agents_measured, a.agents_expected) == (Used(2, 8), 2, 2)
    assert (a.taken_at, a.containers) == (NOON, None)


def test_use_that_is_too_old_is_not_the_present() -> None:
    cluster = measured("a")
    assert of(cluster, "zone:a", at=200)
    assert of(cluster, "zone:a", at=400) == {}


def test_the_latest_total_is_the_one_that_counts() -> None:
    cluster = measured("a")
    write_use(cluster, host_metrics("10.0.0.0", later(60), metrics={"cpu.total": 50.0}), now=later(60))
    found = of(cluster, "zone:a", at=70)["zone:a"]
    assert (found.used("cpu"), found.taken_at) == (Used(2, 4), later(60))


def test_an_amount_that_nobody_told_is_not_zero() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent("10.0.0.0", zone="a")))
    write_use(cluster, host_metrics("10.0.0.0", filesystems=()), now=NOON)
    found = of(cluster, "zone:a")["zone:a"]
    assert found.used("disk") == Used(None, None)
    assert found.used("cpu").used == 1


def test_a_framework_uses_what_its_containers_measure_and_says_of_how_many() -> None:
    cluster = builders.cluster()
    contain(cluster, "f", cpus=0.5)
    now = later(5)
    found = part_use.of_frameworks(cluster, now, freshness.of(cluster, now))
    assert set(found) == {"f"}
    assert (found["f"].used("cpu"), found["f"].containers, found["f"].containers_measured) == (Used(0.5, None), 3, 2)
    old = later(3600)
    assert part_use.of_frameworks(cluster, old, freshness.of(cluster, old)) == {}


def test_zones_together_are_all_their_agents_and_frameworks_share_theirs() -> None:
    def part(cpus: float | None, *, containers: int | None) -> PartUse:
        return PartUse(
            taken_at=NOON,
            amounts={"cpu": Used(cpus, None if containers else 8)},
            agents_measured=3,
            agents_expected=4,
            containers=containers,
        )

    zones = part_use.together([part(1, containers=None), part(2, containers=None)])
    assert (zones.used("cpu"), zones.agents_measured, zones.agents_expected) == (Used(3, 16), 6, 8)
    frameworks = part_use.together([part(1, containers=5), part(2, containers=2)])
    assert (frameworks.used("cpu").used, frameworks.agents_expected, frameworks.containers) == (3, 4, 7)
    assert part_use.together([part(1, containers=1), part(None, containers=1)]).used("cpu").used is None


@pytest.mark.parametrize("zones", [2, 40])
def test_all_parts_cost_three_queries(zones: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = measured(*(f"z{number}" for number in range(zones)))
    sources = freshness.of(cluster, NOON)
    with django_assert_num_queries(3):
        found = part_use.of_machines(cluster, [f"zone:z{number}" for number in range(zones)], NOON, sources)
    assert len(found) == zones
