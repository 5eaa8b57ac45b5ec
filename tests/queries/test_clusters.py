from __future__ import annotations

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.models import Cluster
from dashboard.queries import clusters
from tests import builders
from tests.builders import NOON, agent, host_metrics, master, report, summary, write, write_masters

pytestmark = pytest.mark.django_db


def well(name: str) -> None:
    cluster = builders.cluster(name)
    write_masters(cluster, master())
    write(cluster, summary())
    write(cluster, report())
    write(cluster, host_metrics())


def test_the_cluster_that_needs_somebody_stands_first() -> None:
    well("alpha")
    builders.cluster("beta")
    sick = builders.cluster("gamma")
    write_masters(sick, master())
    write(sick, summary(NOON, agent(active=False)))
    found = [(one.cluster.name, one.verdict.word) for one in clusters.standings(NOON)]
    assert found == [("gamma", "Degraded"), ("beta", "Unknown"), ("alpha", "All well")]


def test_shares_are_of_active_agents_and_none_where_there_is_nothing_to_share() -> None:
    well("alpha")
    (one,) = clusters.standings(NOON)
    assert (one.ratios["cpu"], one.ratios["gpu"]) == (0.25, None)
    assert (one.agents, one.masters) == (1, 1)


def test_each_cluster_costs_fourteen_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for name in ("alpha", "beta", "gamma"):
        well(name)
    with django_assert_num_queries(1 + 3 * 14):
        clusters.standings(NOON)


def test_a_paused_cluster_stands_among_the_others_though_it_needs_nobody() -> None:
    well("alpha")
    well("beta")
    Cluster.objects.filter(name="beta").update(enabled=False)
    assert [(one.cluster.name, one.verdict.word) for one in clusters.standings(NOON)] == [
        ("beta", "Paused"),
        ("alpha", "All well"),
    ]
