"""What applications tell of themselves, polled from a simulated cluster on loopback into the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from collectors.simulator import Settings, Simulator
from dashboard import polling
from dashboard.models import AppMetrics, Cluster, Collection, Container, MetricSet, Poll, Reading
from dashboard.store import clusters

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["dcos-metrics", "telegraf"])
def simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    with Simulator(Settings(agents=4, generation=request.param)).running() as running:
        yield running


@pytest.fixture
def cluster(simulator: Simulator) -> Cluster:
    """Its containers are known since five minutes."""
    saved = clusters.save(
        Cluster(name="prod", kind="dcos", url=simulator.router_url), master_urls=(), now=timezone.now()
    )
    for source in ("masters", "summary", "marathon", "apps", "containers"):
        polling.poll_now(saved, source, clock=timezone.now)
    Container.objects.update(first_seen=timezone.now() - timedelta(minutes=5))
    return saved


def polled(cluster: Cluster, at: datetime | None = None) -> Poll:
    return polling.poll_now(cluster, "app_metrics", clock=timezone.now if at is None else lambda: at)


def test_who_tells_has_readings_and_who_does_not_is_left_in_peace(cluster: Cluster) -> None:
    first = polled(cluster)
    asked = AppMetrics.objects.count()
    assert (first.outcome, first.requests, first.dropped) == ("ok", Container.objects.count(), 0)
    telling = AppMetrics.objects.exclude(told_at=None).count()
    assert 0 < telling < asked == Container.objects.count()
    assert Reading.objects.filter(subject__kind="app_metrics").count() == MetricSet.objects.count() > 0
    assert polled(cluster).requests == telling
    assert Collection.objects.get(source="app_metrics", host="").outcome == "ok"


def test_sets_know_the_app_whose_instance_told_them(cluster: Cluster) -> None:
    polled(cluster)
    apps = set(MetricSet.objects.values_list("app__app_id", flat=True))
    assert apps & {"/search", "/accounts", "/sessions", "/web", "/api"}


def test_an_agent_that_does_not_answer_leaves_its_containers_first_in_turn(
    cluster: Cluster, simulator: Simulator
) -> None:
    container = Container.objects.filter(ended_at=None).order_by("pk").first()
    assert container is not None
    simulator.fault(f"/system/v1/agent/{container.agent_id}/metrics*", "503")
    poll = polled(cluster)
    assert poll.outcome == "partial"
    assert not AppMetrics.objects.filter(container__host=container.host).exists()
    assert AppMetrics.objects.exclude(container__host=container.host).exists()
