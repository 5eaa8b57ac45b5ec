"""Numbers and words that a cluster may send and no column, date or sentence holds: they cost nothing else."""

from __future__ import annotations

import pytest

from collectors.records import ClusterRegistry, TaskCounts
from dashboard.incidents.follow import follow
from dashboard.models import Cluster, Event, Incident, Watch
from dashboard.queries import incident_rows
from tests import builders
from tests.builders import NOON, agent, later, summary

pytestmark = pytest.mark.django_db

HOST, MOST = "10.0.0.2", 2**31 - 1


def fleet(**flags: str) -> Cluster:
    cluster = builders.cluster()
    builders.write(cluster, builders.flags("10.0.0.101", agent_id="", flags=flags))
    builders.write(cluster, summary(NOON, agent("10.0.0.1"), agent(HOST)))
    follow(cluster.pk, NOON)
    return cluster


def silent(cluster: Cluster, at: float = 10, **said: TaskCounts) -> None:
    builders.write(cluster, summary(later(at), agent("10.0.0.1"), agent(HOST, active=False, **said)))


def failed(cluster: Cluster, at: float, before: int, after: int) -> None:
    words = {"before": f"failed {before}", "after": f"failed {after}"}
    moment = later(at)
    Event.objects.create(
        cluster=cluster, kind="tasks_failed", subject="marathon", taken_at=moment, seen_at=moment, **words
    )


def test_more_failed_tasks_than_a_column_holds_are_as_many_as_it_holds() -> None:
    cluster = fleet()
    for at in range(10, 30):
        failed(cluster, at, 0, 10**18 - 1)
    silent(cluster)
    follow(cluster.pk, later(32))
    found = {one.about: one for one in Incident.objects.all()}
    assert set(found) == {"agent", "tasks"}
    assert found["tasks"].tasks_failed == MOST
    assert Watch.objects.get().followed_event_id == Event.objects.order_by("-pk").values_list("pk", flat=True)[0]


def test_more_running_tasks_than_a_column_holds_are_as_many_as_it_holds() -> None:
    cluster = builders.cluster()
    many = TaskCounts(running=MOST)
    builders.write(cluster, summary(NOON, agent("10.0.0.1", tasks=many), agent(HOST, tasks=many)))
    follow(cluster.pk, NOON)
    builders.write(cluster, summary(later(10), agent("10.0.0.1", tasks=many), agent(HOST, active=False, tasks=many)))
    follow(cluster.pk, later(12))
    incident = Incident.objects.get()
    assert (incident.tasks_at_risk, incident.tasks_running_before) == (MOST, MOST)


@pytest.mark.parametrize("pings", ["5", "9" * 240, "999999"])
@pytest.mark.parametrize("every", ["999999999999weeks", "99999weeks", " " * 200 + "15secs"])
def test_a_timeout_that_no_date_holds_is_not_known(every: str, pings: str) -> None:
    cluster = fleet(agent_ping_timeout=every, max_agent_ping_timeouts=pings)
    silent(cluster)
    follow(cluster.pk, later(12))
    incident = Incident.objects.get()
    row = incident_rows.row(incident, later(13))
    assert len(incident.timeout_reason) <= 255
    assert row.countdown is None or incident.timeout_seconds == 15 * int(pings)


def test_an_agent_was_not_lost_before_it_was_last_seen_well() -> None:
    cluster = fleet()
    builders.write(cluster, registry(1), source="registry")
    builders.write(cluster, summary(later(60), agent("10.0.0.1"), agent(HOST)))
    builders.write(cluster, registry(70, unreachable={f"id-of-{HOST}": NOON.replace(year=1970)}), source="registry")
    follow(cluster.pk, later(72))
    incident = Incident.objects.get()
    assert (incident.began_at, incident.last_good_at, incident.declared_at) == (later(60), later(60), later(60))


def registry(at: float, **said: object) -> ClusterRegistry:
    return ClusterRegistry(
        **{"taken_at": later(at), "admitted": (), "unreachable": {}, "gone": {}, "machines": (), **said}  # type: ignore[arg-type]
    )
