"""What Marathon and the tasks say, polled from a simulated cluster on loopback with all its stories into the store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone

from collectors.simulator import Settings, Simulator
from collectors.sources import SOURCES, SOURCES_BY_NAME
from dashboard import polling
from dashboard.models import (
    App,
    AppVersion,
    Cluster,
    Collection,
    Deployment,
    LaunchWait,
    Marathon,
    Poll,
    Reading,
    Subject,
    Task,
)
from dashboard.store import clusters, slots

pytestmark = pytest.mark.django_db(transaction=True)
ASKS_MARATHON = {source.name for source in SOURCES if source.asks_marathon}
IN_ORDER = ("masters", "summary", "marathon", "apps", "tasks", "deployments", "queue")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(Settings()).running() as running:
        yield running


@pytest.fixture
def cluster(simulator: Simulator) -> Cluster:
    wanted = Cluster(name="sim", kind="dcos", url=simulator.router_url)
    return clusters.save(wanted, master_urls=(), token=None, now=timezone.now())


def poll_all(cluster: Cluster) -> dict[str, Poll]:
    return {name: polling.poll_now(cluster, name, clock=timezone.now) for name in IN_ORDER}


def test_a_poll_of_each_source_fills_the_rows_of_applications(cluster: Cluster) -> None:
    polls = poll_all(cluster)
    assert {name: (poll.outcome, poll.dropped) for name, poll in polls.items()} == dict.fromkeys(polls, ("ok", 0))
    marathon = Marathon.objects.get()
    assert marathon.leader and marathon.queue_taken_at and marathon.apps_taken_at and marathon.deployments_taken_at
    assert App.objects.count() == polls["apps"].kept > 0
    assert AppVersion.objects.values("app").distinct().count() == App.objects.count()
    assert Task.objects.filter(ended_at=None).count() == polls["tasks"].kept > 0
    kinds = set(Reading.objects.values_list("subject__kind", flat=True))
    assert kinds >= {Subject.Kind.APP, Subject.Kind.QUEUE, Subject.Kind.MARATHON}


def test_tasks_belong_to_their_apps_and_stand_on_their_agents(cluster: Cluster) -> None:
    poll_all(cluster)
    running = Task.objects.filter(is_active=True, framework_id=Marathon.objects.get().framework_id)
    assert running.exists() and not running.filter(host="").exists()
    assert not running.filter(app=None).exists()


def test_every_story_of_the_demo_stands_in_a_row(cluster: Cluster) -> None:
    poll_all(cluster)
    wait = LaunchWait.objects.select_related("app").get(app__app_id="/monthly-close")
    assert wait.app.state == App.State.WAITING and wait.overdue and wait.nearest
    assert "/accounts" in {app_id for row in Deployment.objects.filter(ended_at=None) for app_id in row.app_ids}
    assert App.objects.get(app_id="/sessions").unhealthy > 0
    failed = Task.objects.filter(app__app_id="/cron-proxy", state="TASK_FAILED")
    assert failed.exists() and not failed.filter(reason="").exists()


def test_the_last_failure_of_an_app_is_asked_for_with_the_next_list(cluster: Cluster) -> None:
    poll_all(cluster)
    for _ in range(3):  # twenty apps a poll
        polling.poll_now(cluster, "apps", clock=timezone.now)
    looping = App.objects.get(app_id="/cron-proxy")
    assert looping.failure_asked_at is not None and looping.failure_task_id and looping.failure_state == "TASK_FAILED"


def test_a_marathon_that_refuses_leaves_its_rows_and_its_age_as_they_were(
    cluster: Cluster, simulator: Simulator
) -> None:
    poll_all(cluster)
    before = list(App.objects.order_by("pk").values()), Marathon.objects.values().get(), Reading.objects.count()
    simulator.fault("/service/marathon/v2/apps", "503")
    poll = polling.poll_now(cluster, "apps", clock=timezone.now)
    after = list(App.objects.order_by("pk").values()), Marathon.objects.values().get(), Reading.objects.count()
    assert poll.outcome == "server_error" and after == before
    assert Collection.objects.get(source="apps", host="").failures_in_row == 1


def test_plain_mesos_has_slots_for_marathon_once_one_is_registered() -> None:
    now = timezone.now()
    wanted = Cluster(name="plain", kind="mesos", url="http://127.0.0.1:5050")
    plain = clusters.save(wanted, master_urls=(), now=now)
    slots.open_due(now)
    assert "tasks" in opened(plain) and not opened(plain) & ASKS_MARATHON
    clusters.save(plain, master_urls=(), marathon_urls=("http://127.0.0.1:8080",), now=now)
    slots.open_due(now)
    assert opened(plain) >= {name for name in ASKS_MARATHON if plain.kind in SOURCES_BY_NAME[name].kinds}


def opened(cluster: Cluster) -> set[str]:
    return set(Poll.objects.filter(cluster=cluster).values_list("source", flat=True))


def test_a_marathon_that_the_operator_gives_is_polled_beside_the_root_one(
    cluster: Cluster, simulator: Simulator
) -> None:
    # The same server under another name: to Day Two it is another Marathon, whose apps have the same ids.
    url = f"{simulator.router_url.replace('127.0.0.1', 'localhost')}/service/marathon"
    clusters.save(cluster, master_urls=(), marathon_urls=(url,), now=timezone.now())
    poll = polling.poll_now(cluster, "apps", clock=timezone.now)
    of_each = [App.objects.filter(marathon=marathon).count() for marathon in Marathon.objects.all()]
    assert (poll.outcome, len(of_each)) == ("ok", 2) and of_each[0] == of_each[1] > 0


def test_a_cluster_is_removed_with_its_applications(cluster: Cluster) -> None:
    poll_all(cluster)
    clusters.remove(cluster)
    for model in (App, AppVersion, Deployment, LaunchWait, Marathon, Task):
        assert not model._default_manager.exists()
