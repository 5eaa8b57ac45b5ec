"""The demo's past: what a day of collecting would have left."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from django.db.models import F, Max

from collectors.simulator import Settings, world_of
from dashboard import codec, demo
from dashboard.alerts.evaluate import evaluate
from dashboard.incidents.follow import follow
from dashboard.models import (
    Alert,
    App,
    AppMetrics,
    Cluster,
    Container,
    Incident,
    Interface,
    Machine,
    MetricSet,
    Reading,
    Rule,
    Subject,
    Watch,
)
from dashboard.queries.readings import series
from dashboard.queries.window import LONG_RANGES, of
from dashboard.store import container_totals
from tests import builders
from tests.builders import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_the_day_of_the_demo_has_use_beside_allocation_and_containers_up_to_now() -> None:
    cluster, now = builders.cluster("demo"), NOON.timestamp()
    watching = demo.Watching(follow=follow, judge=evaluate)
    demo.write_history(cluster, world_of(Settings(anchor=now), net=119), datetime.fromtimestamp(now, UTC), watching)
    use = Reading.objects.filter(subject__kind="use", subject__key="cluster")
    last = use.aggregate(last=Max("tick"))["last"]
    assert now - last < 2 * demo.STEP_SECONDS
    _has_a_quarter_of_figures(use[0].subject_id, last)
    row = Cluster.objects.get()
    assert (row.agents_measured, row.cpus_measured) == (row.agents_expected, row.cpus_total)
    assert 0 < (row.cpus_used or 0) < (row.cpus_allocated or 0)
    assert set(Machine.objects.values_list("role", flat=True)) == {"master", "agent"}
    assert not Interface.objects.filter(in_bytes_per_second=None).exists()
    _has_containers(now)
    _has_apps(now)
    _has_app_metrics(now)
    _has_failures(cluster, now)
    _has_alerts(now)


def _has_a_quarter_of_figures(subject_id: int, last: int) -> None:
    """Readings, their chunks and what these are rolled up to make lines without a gap."""
    at = datetime.fromtimestamp(last, UTC)
    for name in ("24h", "7d", "30d", "90d"):
        line = series([subject_id], ["cpus_used"], of(name, at, ranges=LONG_RANGES))["cpus_used"]
        missing = np.isnan(line[1:-1])
        # Of the day machines are measured every ten minutes: finer steps between two readings have none.
        assert not missing.any() if name != "24h" else len(line) - missing.sum() >= 140, name


def _has_failures(cluster: Cluster, now: float) -> None:
    """Each of the day's stories once, with the times that the cluster's own flags explain; and the same if it is all
    followed in one go, but for what only those knew who looked meanwhile: when a new leader had its agents back."""
    about = Incident.objects.exclude(about="tasks")
    assert sorted(about.values_list("about", flat=True)) == ["agent", "master", "scheduler"]
    agent = Incident.objects.get(about="agent")
    assert (agent.kind, agent.state, agent.timeout_seconds) == ("agent_process", "recovered", 75.0)
    assert agent.declared_at and agent.ended_at and 55 <= (agent.declared_at - agent.began_at).total_seconds() <= 80
    assert abs((agent.ended_at - agent.began_at).total_seconds() - 540) <= 20
    assert abs(now - 5 * 3600 - agent.began_at.timestamp()) <= 20
    assert not about.filter(ended_at=None).exclude(began_at__gt=datetime.fromtimestamp(now - 1800, UTC)).exists()
    folded = Incident.objects.filter(about="tasks", name="spark").order_by("-tasks_failed").first()
    assert folded is not None and (folded.tasks_failed or 0) >= 15
    crashing = Incident.objects.get(about="tasks", name="/cron-proxy", ended_at=None)
    assert abs(now - 1.9 * 3600 - crashing.began_at.timestamp()) <= 2 * demo.STEP_SECONDS
    step_by_step, settled_at = _told(), Incident.objects.get(about="master").ended_at
    at = Watch.objects.get().followed_at
    assert at is not None and settled_at is not None
    Incident.objects.all().delete()
    Watch.objects.update(followed_at=None, followed_event_id=0)
    follow(cluster.pk, at)
    assert _told() == step_by_step
    supposed_at = Incident.objects.get(about="master").ended_at
    assert supposed_at is not None and 0 <= (supposed_at - settled_at).total_seconds() <= 60


def _told() -> list[tuple[object, ...]]:
    columns = (
        "about",
        "subject",
        "state",
        "planned",
        "began_at",
        "declared_at",
        "failures",
        "tasks_failed",
        "ended_at",
    )
    rows = Incident.objects.order_by("began_at", "subject").values_list(*columns)
    return [row[:-1] if row[0] == "master" else row for row in rows]


def _has_alerts(now: float) -> None:
    """The failed check fires, as long as the rules were judged; nothing is called stale, and no rule is broken."""
    fires = Alert.objects.get(state="firing", rule__key="R31")
    assert fires.severity == "warning"
    assert fires.fired_at and (fires.fired_at - fires.pending_since).total_seconds() >= fires.rule.for_seconds
    assert now - fires.pending_since.timestamp() <= (demo.STEP_SECONDS + 1) * 4
    assert not Rule.objects.exclude(error="").exists()


def _has_containers(now: float) -> None:
    """Rows of those that run and of those that ended, each with figures; lines without a gap of what they used together."""
    running = Container.objects.filter(ended_at=None, parent_id="")
    assert running.filter(first_seen__lt=datetime.fromtimestamp(now - 900, UTC)).exists()
    old = running.filter(first_seen__lt=datetime.fromtimestamp(now - 900, UTC), host__in=_hosts_that_answered())
    assert not old.filter(cpus_used=None).exists() and not old.filter(mem_used_bytes=None).exists()
    assert Container.objects.filter(ended_at__gt=F("listed_at")).exists()
    lines = Reading.objects.filter(subject__kind="container_use")
    keys = set(lines.values_list("subject__key", flat=True))
    assert {key.partition(":")[0] for key in keys} == {"cluster", "zone", "framework", "app"}
    ticks = list(lines.filter(subject__key="cluster").order_by("tick").values_list("tick", flat=True))
    assert max(after - before for before, after in pairwise(ticks)) <= 600 and now - ticks[-1] < 2 * demo.STEP_SECONDS
    names = container_totals.LAYOUT
    values = codec.unpack([bytes(lines.get(subject__key="cluster", tick=ticks[-1]).data)], width=len(names))[0]
    said = dict(zip(names, values, strict=True))
    assert 0 < said["cpus_used"] < (Cluster.objects.get().cpus_used or 0)


def _has_apps(now: float) -> None:
    """Each with what it uses and used; lines of a quarter; those whose tasks failed with the last failure."""
    rows = App.objects.filter(running__gt=0)
    assert (
        rows.count() >= 8 and not rows.filter(cpus_used=None).exists() and not rows.filter(cpus_used_p95=None).exists()
    )
    assert all(0 < (row.cpus_used_p95 or 0) < row.cpus * max(row.running, 40) for row in rows)
    assert App.objects.get(app_id="/cron-proxy").failure_message
    web = Subject.objects.get(kind="app", key="marathon:/web")
    at = datetime.fromtimestamp(now, UTC)
    for name in ("7d", "30d", "90d"):
        line = series([web.pk], ["cpus_allocated"], of(name, at, ranges=LONG_RANGES))["cpus_allocated"]
        assert not np.isnan(line[1:-1]).any(), name


def _has_app_metrics(now: float) -> None:
    """Lines of the day of an app that tells of itself, up to now, and of an app that tells nothing that it was asked."""
    told = MetricSet.objects.filter(app__app_id="/search")
    old = told.filter(container__first_seen__lt=datetime.fromtimestamp(now - 82_800, UTC))
    assert old.exists() and AppMetrics.objects.filter(told_at=None).exists()
    at = datetime.fromtimestamp(now, UTC)
    for one in old.filter(container__host__in=_hosts_that_answered()):
        line = series([one.pk], ["latency"], of("24h", at, ranges=LONG_RANGES))["latency"]
        assert len(line) - np.isnan(line).sum() >= 130
        assert 30 < np.nanmin(line) < np.nanmax(line) < 50
        assert now - one.sample_at.timestamp() < 2 * demo.STEP_SECONDS + 60


def _hosts_that_answered() -> set[str]:
    latest = Container.objects.aggregate(at=Max("listed_at"))["at"]
    return set(Container.objects.filter(listed_at=latest).values_list("host", flat=True))
