"""The demo's apps and tasks: rows, events and readings that polls of the same hours would have left."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from collectors.simulator import Settings, World, marathon_records, world_of
from dashboard.demo.applications import Applications
from dashboard.models import App, Cluster, Collection, Deployment, Event, LaunchWait, Marathon, Reading, Task
from tests import builders

pytestmark = pytest.mark.django_db

END = 1_800_000_000
HOURS, STEP_SECONDS, MEASURED_SECONDS, LAST = 3, 120, 600, 2


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(Settings(anchor=END), net=119)


@pytest.fixture
def cluster(world: World) -> Cluster:
    """As the last three hours before the anchor would have left it."""
    cluster = builders.cluster("demo")
    past = Applications(cluster, world)
    for seconds in range(END - HOURS * 3_600, END, STEP_SECONDS):
        is_last = seconds >= END - LAST * STEP_SECONDS
        at = datetime.fromtimestamp(seconds, UTC)
        past.add(at, is_measured=seconds % MEASURED_SECONDS == 0, always=is_last)
        past.name_failures(at)
    past.write_readings()
    return cluster


def test_apps_stand_as_their_marathon_tells_them_at_the_end(cluster: Cluster, world: World) -> None:
    told = {one.app_id: one for one in marathon_records.apps(world, END - STEP_SECONDS).apps}
    rows = {app.app_id: app for app in App.objects.filter(cluster=cluster)}
    assert rows.keys() == told.keys()
    assert {key: (row.instances, row.running) for key, row in rows.items()} == {
        key: (one.instances, one.running) for key, one in told.items()
    }
    states = {app_id: rows[app_id].state for app_id in ("/cron-proxy", "/monthly-close", "/accounts")}
    assert states == {"/cron-proxy": "delayed", "/monthly-close": "waiting", "/accounts": "deploying"}
    assert rows["/cron-proxy"].failure_message == "Command exited with status 78"
    assert Marathon.objects.get().leader == f"{world.plan.masters[1].host}:8080"


def test_what_befell_apps_is_told_when_it_did(cluster: Cluster) -> None:
    crashed = Event.objects.filter(kind=Event.Kind.APP_STATE, name="/cron-proxy").order_by("pk").first()
    assert crashed is not None and crashed.after == "delayed"
    assert 0 <= crashed.taken_at.timestamp() - (END - 1.9 * 3_600) <= STEP_SECONDS
    deployed = Event.objects.filter(kind=Event.Kind.DEPLOYMENT, name="/accounts").get()
    assert 0 <= deployed.taken_at.timestamp() - (END - 0.4 * 3_600) <= STEP_SECONDS
    stuck = Deployment.objects.get(ended_at=None)
    assert stuck.app_ids == ["/accounts"] and stuck.started_at.timestamp() == END - 0.4 * 3_600


def test_every_task_that_failed_is_a_row_and_a_crash_loop_goes_on_being_told(cluster: Cluster) -> None:
    """36 an hour, for 1.9 hours without the steps at the end."""
    failed = Task.objects.filter(app__app_id="/cron-proxy", state="TASK_FAILED", message__endswith="78")
    assert 66 <= failed.count() <= 68 and not failed.filter(ended_at=None).exists()
    told = Event.objects.filter(kind=Event.Kind.TASK_FAILED, name="/cron-proxy")
    assert told.count() >= 1.8 * 25
    assert set(told.values_list("after", flat=True)) == {"TASK_FAILED REASON_COMMAND_EXECUTOR_FAILED"}


def test_tasks_that_run_are_those_that_the_leader_lists(cluster: Cluster, world: World) -> None:
    listed = {one.task_id for one in marathon_records.active_tasks(world, END - STEP_SECONDS).tasks}
    assert set(Task.objects.filter(ended_at=None).values_list("task_id", flat=True)) == listed


def test_figures_are_as_far_apart_as_lines_may_be_drawn(cluster: Cluster) -> None:
    for kind, key in (("app", "marathon:/web"), ("marathon", "marathon"), ("queue", "marathon:/monthly-close")):
        ticks = sorted(Reading.objects.filter(subject__kind=kind, subject__key=key).values_list("tick", flat=True))
        assert ticks[-1] == END - STEP_SECONDS, kind
        assert max(b - a for a, b in pairwise(ticks)) <= MEASURED_SECONDS, kind
        assert ticks[0] == END - HOURS * 3_600, kind


def test_each_of_its_sources_has_answered_last_at_the_end(cluster: Cluster) -> None:
    sources = Collection.objects.filter(cluster=cluster, host="").values_list("source", "outcome", "sample_at")
    assert {(source, outcome) for source, outcome, _ in sources} == {
        (source, "ok") for source in ("apps", "deployments", "marathon", "queue", "tasks")
    }
    assert {at.timestamp() for *_, at in sources if at} == {END - STEP_SECONDS}


def test_the_reason_why_one_waits_is_there(cluster: Cluster) -> None:
    wait = LaunchWait.objects.get(app__app_id="/monthly-close")
    assert wait.overdue and {one["reason"] for one in wait.last_offers if one["declined"]} >= {"InsufficientMemory"}
