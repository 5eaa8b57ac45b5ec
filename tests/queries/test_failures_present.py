from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.queries import failures_present
from tests import builders
from tests.builders import NOON, agent, framework, later, node_health, report, summary, unit, write

pytestmark = pytest.mark.django_db
QUERIES = 5


def test_how_many_are_well_of_how_many(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    schedulers = (framework("marathon"), framework("spark", connected=False, active=False))
    write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2", active=False), frameworks=schedulers))
    write(cluster, report(NOON, node_health("10.0.0.1", unit("a.service"), unit("b.service", 1))))
    with django_assert_num_queries(QUERIES):
        told = failures_present.present(cluster, later(5))
    assert (told.agents, told.schedulers, told.components, told.alerts) == (
        "1 of 2 active",
        "1 of 2 connected",
        "1 of 2 healthy",
        "none fires",
    )


def test_what_is_too_old_is_not_said_of_now() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON))
    write(cluster, report(NOON))
    told = failures_present.present(cluster, later(7200))
    assert (told.agents, told.schedulers, told.components) == ("", "", "")
