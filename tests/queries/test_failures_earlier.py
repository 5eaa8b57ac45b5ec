from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Incident
from dashboard.queries import failures_earlier
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db

Kind, About = Incident.Kind, Incident.About


def lost(cluster: Cluster, days: float, **said: Any) -> Incident:
    """A host that was declared lost after 300 s, its tasks ran again 20 s later, and it was back 40 s after that."""
    began_at = NOON - timedelta(days=days)
    columns = {
        "about": About.AGENT,
        "kind": Kind.HOST,
        "subject": "10.0.0.1",
        "name": "10.0.0.1",
        "state": Incident.State.RECOVERED,
        "began_at": began_at,
        "detected_at": began_at,
        "declared_at": began_at + timedelta(seconds=300),
        "rescheduled_at": began_at + timedelta(seconds=320),
        "ended_at": began_at + timedelta(seconds=360),
        **said,
    }
    return Incident.objects.create(cluster=cluster, **columns)


def test_each_part_is_measured_from_the_end_of_the_one_before() -> None:
    cluster = builders.cluster()
    lost(cluster, 1)
    (one,) = failures_earlier.past(cluster, Kind.HOST, NOON).shown
    assert (one.to_declared, one.to_rescheduled, one.to_recovered) == tuple(
        timedelta(seconds=seconds) for seconds in (300, 20, 40)
    )
    assert one.came_back is False


def test_one_that_came_back_in_time_is_no_part_of_the_medians() -> None:
    cluster = builders.cluster()
    lost(cluster, 1)
    lost(cluster, 2)
    lost(cluster, 3, declared_at=None, rescheduled_at=None)
    found = failures_earlier.past(cluster, Kind.HOST, NOON)
    assert (found.count, found.recovered, found.to_recovered) == (3, 2, timedelta(seconds=40))
    assert [one.came_back for one in found.shown] == [False, False, True]


def test_of_one_alone_nothing_is_expected() -> None:
    cluster = builders.cluster()
    lost(cluster, 1)
    found = failures_earlier.past(cluster, Kind.HOST, NOON)
    assert (found.to_rescheduled, found.to_recovered) == (None, None)


def test_losses_of_agents_and_of_hosts_are_alike_to_mesos_and_others_are_not() -> None:
    cluster = builders.cluster()
    lost(cluster, 1, kind=Kind.AGENT_PROCESS)
    lost(cluster, 2, kind=Kind.MASTER, about=About.MASTER)
    assert failures_earlier.past(cluster, Kind.HOST, NOON).count == 1


def test_planned_ones_later_ones_and_very_old_ones_are_left_out() -> None:
    cluster = builders.cluster()
    lost(cluster, 1, planned=True)
    lost(cluster, -1)
    lost(cluster, 91)
    lost(builders.cluster("other"), 1)
    assert failures_earlier.past(cluster, Kind.HOST, NOON).count == 0


def test_many_cost_one_query_and_few_are_shown(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    for number in range(60):
        lost(cluster, 1 + number / 10)
    with django_assert_num_queries(1):
        found = failures_earlier.past(cluster, Kind.HOST, NOON)
    assert (len(found.shown), found.count) == (failures_earlier.SHOWN, failures_earlier.LOOKED_AT)


def test_what_is_configured_is_what_the_latest_one_found() -> None:
    cluster = builders.cluster()
    lost(cluster, 2, timeout_seconds=75.0, timeout_reason="old")
    lost(cluster, 1, timeout_seconds=300.0, timeout_reason="20 × 15secs")
    found = failures_earlier.configured(cluster)
    assert set(found) == {About.AGENT}
    assert (found[About.AGENT].timeout, found[About.AGENT].reason) == (timedelta(seconds=300), "20 × 15secs")
