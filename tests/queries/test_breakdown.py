from __future__ import annotations

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from collectors.records import Bounds, Resources
from dashboard.models import Cluster
from dashboard.queries import breakdown, freshness
from dashboard.queries.breakdown import Breakdown, Row
from tests import builders
from tests.builders import (
    GIB,
    NOON,
    agent,
    contain,
    framework,
    host_metrics,
    later,
    role,
    roles,
    summary,
    write,
    write_use,
)

pytestmark = pytest.mark.django_db

OF_CONTAINERS = (
    "cpus_used",
    "mem_used_bytes",
    "containers",
    "agents_measured",
    "agents_expected",
    "sample.age_seconds",
)


def by(name: str | None, at: float = 0) -> Breakdown:
    cluster, now = Cluster.objects.get(), later(at)
    return breakdown.of(cluster, name, now, freshness.of(cluster, now))


def rows(name: str) -> dict[str, Row]:
    return {row.part.name: row for row in by(name).rows}


def watched(*agents: object, frameworks: tuple[object, ...] = (), kind: str = "dcos") -> Cluster:
    cluster = builders.cluster(kind=kind)
    write(cluster, summary(NOON, *agents, frameworks=frameworks))  # type: ignore[arg-type]
    return cluster


def test_a_zone_has_the_sums_of_its_active_agents_and_what_their_machines_use() -> None:
    agents = [agent("10.0.0.1", zone="a"), agent("10.0.0.2", zone="a"), agent("10.0.0.3", zone="a", active=False)]
    cluster = watched(*agents, agent("10.0.0.4", zone="b"))
    write_use(cluster, host_metrics("10.0.0.1"), now=NOON)
    a = rows("zone")["a"]
    assert (a.part.agents, a.held("cpu").total, a.held("cpu").allocated) == (2, 8, 2)
    assert (a.allocated_ratio("cpu"), a.used_ratio("cpu")) == (0.25, 0.25)
    assert a.use is not None and (a.use.agents_measured, a.use.agents_expected) == (1, 2)
    assert (rows("zone")["b"].use, rows("zone")["b"].why) == (None, "not measured now")


def test_the_largest_part_comes_first_and_every_way_is_counted() -> None:
    watched(agent("10.0.0.1", zone="a"), agent("10.0.0.2", zone="b"), agent("10.0.0.3", zone="b", public=True))
    found = by(None)
    assert (found.by, [row.part.name for row in found.rows]) == ("zone", ["b", "a"])
    assert found.counts == {"role": 0, "zone": 2, "framework": 0, "pool": 2, "region": 1}


def test_without_zones_the_usual_way_is_by_role() -> None:
    watched(agent(zone="", region=""))
    assert (by(None).by, by(None).rows) == ("role", ())
    assert by("zone").rows == ()


def test_agents_in_no_zone_are_a_part_of_their_own_whose_use_nobody_sums() -> None:
    cluster = watched(agent("10.0.0.1", zone="a"), agent("10.0.0.2", zone=""))
    write_use(cluster, host_metrics("10.0.0.1"), host_metrics("10.0.0.2"), now=NOON)
    nowhere = rows("zone")[""]
    assert (nowhere.part.agents, nowhere.use) == (1, None)
    assert "say none" in nowhere.why


def test_a_region_uses_what_its_zones_use() -> None:
    cluster = watched(agent("10.0.0.1", zone="a", region="eu"), agent("10.0.0.2", zone="b", region="eu"))
    write_use(cluster, host_metrics("10.0.0.1"), host_metrics("10.0.0.2"), now=NOON)
    eu = rows("region")["eu"]
    assert (eu.used("cpu").used, eu.used("cpu").measured) == (2, 8)


def test_a_zone_in_two_regions_tells_neither_what_it_uses() -> None:
    cluster = watched(agent("10.0.0.1", zone="a", region="eu"), agent("10.0.0.2", zone="a", region="us"))
    write_use(cluster, host_metrics("10.0.0.1"), host_metrics("10.0.0.2"), now=NOON)
    assert (rows("region")["eu"].use, rows("region")["eu"].why) == (None, "zone a is in another region too")


def test_plain_mesos_says_why_zones_have_no_use() -> None:
    watched(agent(zone="a"), kind="mesos")
    assert rows("zone")["a"].why == "plain Mesos has no metrics of machines"


def test_a_framework_holds_a_share_of_the_whole_cluster_and_uses_what_its_containers_do() -> None:
    held = framework("kafka", allocated=Resources(cpus=2, mem_bytes=GIB))
    cluster = watched(agent(), agent("10.0.0.2"), frameworks=(held, framework("idle", allocated=Resources())))
    contain(cluster, "id-of-kafka", cpus=1.0)
    kafka, idle = rows("framework")["kafka"], rows("framework")["idle"]
    assert (kafka.held("cpu").total, kafka.allocated_ratio("cpu"), kafka.used_ratio("cpu")) == (None, 0.25, 0.125)
    assert kafka.use is not None and (kafka.use.agents_measured, kafka.use.agents_expected) == (3, 4)
    assert (idle.use, idle.why) == (None, "nothing of it runs")


def test_completed_frameworks_hold_nothing() -> None:
    cluster = watched(agent(), frameworks=(framework("one"), framework("two")))
    write(cluster, summary(later(100), agent(), frameworks=(framework("one"),)))
    assert [row.part.name for row in by("framework", 100).rows] == ["one"]


def holding(cpus: float) -> Resources:
    return Resources(cpus=cpus, mem_bytes=GIB)


def test_a_role_uses_what_its_frameworks_use_together() -> None:
    one = framework("one", allocated=holding(1))
    cluster = watched(agent(), frameworks=(one, framework("two", allocated=holding(1))))
    write(cluster, roles(NOON, role("dev", frameworks=("id-of-one", "id-of-two"), limit=Bounds(cpus=3.0))))
    contain(cluster, "id-of-one", cpus=0.5)
    contain(cluster, "id-of-two", cpus=0.25)
    dev = rows("role")["dev"]
    assert (dev.used("cpu").used, dev.held("cpu").limit, dev.held("cpu").guarantee) == (0.75, 3.0, None)
    assert dev.allocated_ratio("cpu") == 0.25


def test_a_framework_with_two_roles_makes_the_use_of_both_unknown_and_says_so() -> None:
    cluster = watched(agent(), frameworks=(framework("both", allocated=holding(1)),))
    write(cluster, roles(NOON, role("a", frameworks=("id-of-both",)), role("b", frameworks=("id-of-both",))))
    contain(cluster, "id-of-both", cpus=0.5)
    assert {row.why for row in by("role").rows} == {"both has 2 roles, and use is not told by role"}
    assert all(row.use is None for row in by("role").rows)


def test_a_second_role_that_holds_nothing_takes_nothing_away() -> None:
    cluster = watched(agent(), frameworks=(framework("both", allocated=holding(1)),))
    empty = role("b", allocated=Resources(), limit=Bounds(cpus=1.0), frameworks=("id-of-both",))
    write(cluster, roles(NOON, role("a", frameworks=("id-of-both",)), empty))
    contain(cluster, "id-of-both", cpus=0.5)
    assert rows("role")["a"].used("cpu").used == 0.5


def test_one_framework_whose_use_is_not_known_makes_the_roles_use_unknown() -> None:
    listed = (framework("one", allocated=holding(1)), framework("two", allocated=holding(1)))
    cluster = watched(agent(), frameworks=listed)
    write(cluster, roles(NOON, role("dev", frameworks=("id-of-one", "id-of-two"))))
    contain(cluster, "id-of-one", cpus=0.5)
    assert (rows("role")["dev"].use, rows("role")["dev"].why) == (None, "two: not measured now")


def test_roles_without_allocation_and_quota_are_not_shown() -> None:
    cluster = watched(agent())
    empty, limited = role("empty", allocated=Resources()), role("no-gpus", allocated=None, limit=Bounds(gpus=0.0))
    write(cluster, roles(NOON, empty, limited, role("reserved", allocated=Resources(), guarantee=Bounds(cpus=0.0))))
    assert set(rows("role")) == {"no-gpus"}
    assert rows("role")["no-gpus"].why == "no framework is subscribed to it"


def test_what_roles_hold_is_as_old_as_their_own_source() -> None:
    cluster = watched(agent())
    write(cluster, roles(NOON))
    write(cluster, summary(later(600)))
    found = by("role", 600).source
    assert found is not None and found.source.name == "roles" and not found.freshness.current


@pytest.mark.parametrize("name", ["role", "zone", "framework", "pool", "region"])
@pytest.mark.parametrize("many", [2, 30])
def test_a_breakdown_costs_seven_queries_at_most(
    name: str, many: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    agents = [agent(f"10.0.0.{number}", zone=f"z{number}", region=f"r{number}") for number in range(many)]
    cluster = watched(*agents, frameworks=tuple(framework(f"f{number}") for number in range(many)))
    write(cluster, roles(NOON, *(role(f"r{number}", frameworks=(f"id-of-f{number}",)) for number in range(many))))
    cluster = Cluster.objects.get()
    sources = freshness.of(cluster, NOON)
    with django_assert_max_num_queries(7):
        breakdown.of(cluster, name, NOON, sources)
