"""A cluster whose app crash-loops while it is polled: one incident of the app, its rules, and nothing told twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from collectors.simulator import Settings, Simulator
from dashboard import polling
from dashboard.alerts import catalogue
from dashboard.alerts.facts import Facts
from dashboard.alerts.rules import BY_KEY
from dashboard.incidents.follow import follow
from dashboard.models import App, Cluster, Event, Incident, Task
from dashboard.queries import freshness
from dashboard.store import clusters

pytestmark = pytest.mark.django_db(transaction=True)
SOURCES = ("masters", "summary", "marathon", "apps", "tasks", "deployments", "queue")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(Settings()).running() as running:
        yield running


def look(cluster: Cluster) -> None:
    for source in SOURCES:
        polling.poll_now(cluster, source, clock=timezone.now)
    follow(cluster.pk, timezone.now())


def judged(cluster: Cluster, key: str) -> dict[str, float | None]:
    now, definition = timezone.now(), BY_KEY[key]
    facts = Facts(cluster=Cluster.objects.get(pk=cluster.pk), now=now, sources=freshness.of(cluster, now))
    return {one.subject: one.value for one in definition.measure(facts, catalogue.row(definition))}


def test_what_a_cluster_tells_of_its_apps_becomes_incidents_and_alerts(simulator: Simulator) -> None:
    wanted = Cluster(name="sim", kind="dcos", url=simulator.router_url)
    cluster = clusters.save(wanted, master_urls=(), token=None, now=timezone.now())
    look(cluster)
    assert App.objects.filter(app_id="/cron-proxy").exists() and Task.objects.filter(ended_at=None).exists()
    waits = judged(cluster, "R50")["marathon:/monthly-close"]
    assert waits is not None and waits > 300
    stuck = judged(cluster, "R49")["marathon:/accounts"]
    assert stuck is not None, "since its step was first seen"
    assert judged(cluster, "R48")["marathon:/sessions"] == 1
    assert judged(cluster, "R57") == {"marathon": 0}
    for key in ("R52", "R53", "R54", "R56"):
        assert judged(cluster, key)["marathon"] is not None
    failed = Task.objects.filter(state="TASK_FAILED", app__app_id="/cron-proxy").latest("ended_at")
    assert failed.reason and failed.ended_at and timezone.now() - failed.ended_at < timedelta(hours=1)


def test_a_task_that_fails_between_two_looks_is_one_incident_of_its_app(simulator: Simulator) -> None:
    wanted = Cluster(name="sim", kind="dcos", url=simulator.router_url)
    cluster = clusters.save(wanted, master_urls=(), token=None, now=timezone.now())
    look(cluster)
    crashes = Task.objects.filter(state="TASK_FAILED", app__app_id="/cron-proxy")
    has_lately = crashes.filter(ended_at__gt=timezone.now() - timedelta(minutes=4)).exists()
    Task.objects.filter(state="TASK_FAILED").delete()  # as if Day Two had looked before they failed
    look(cluster)
    told = Event.objects.filter(kind=Event.Kind.TASK_FAILED, name="/cron-proxy")
    incidents = Incident.objects.filter(about="tasks", ended_at=None)
    assert has_lately <= (told.count() == 1)
    assert told.count() == incidents.filter(subject="marathon:/cron-proxy").count()
    assert not incidents.filter(name="marathon").exists()
