"""However polls and streams are interleaved, cut and late, the rows end as the cluster has them and a failure is told once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.records import ClusterTasks, StreamOpened, StreamRecord, TaskAdded, TaskRecord
from dashboard.models import Cluster, Event, Stream, Task
from tests import applications, builders
from tests.builders import NOON, later
from tests.store.test_task_changes import apply, change
from tests.store.test_tasks import failed, record, write

pytestmark = pytest.mark.django_db
LIVES = {
    1: ("TASK_STAGING", "TASK_RUNNING", "TASK_FAILED"),
    2: ("TASK_STAGING", "TASK_FAILED"),
    3: ("TASK_STAGING", "TASK_RUNNING", "TASK_FINISHED"),
    4: ("TASK_STAGING", "TASK_RUNNING"),
}
FAILING = {"job-1", "job-2"}
STEPS = st.sampled_from(
    [
        "1",
        "2",
        "3",
        "4",
        "take",
        "write",
        "mesos",
        "mesos",
        "marathon",
        "cut mesos",
        "cut marathon",
        "subscribe",
        "attach",
    ]
)


@dataclass
class World:
    """A cluster in which tasks live by steps of a second, what was asked of it and what its streams have not handed over."""

    cluster: Cluster
    skew: timedelta
    """How far Marathon's clock is off."""
    second: int = 0
    lived: dict[int, list[TaskRecord]] = field(default_factory=dict)
    answers: list[ClusterTasks] = field(default_factory=list)
    mesos: list[StreamRecord] | None = None
    marathon: list[StreamRecord] | None = None

    def live(self, number: int) -> None:
        past = self.lived.setdefault(number, [])
        if len(past) == len(LIVES[number]):
            return
        state, at = LIVES[number][len(past)], later(self.second)
        named = {"task_id": f"job-{number}", "name": f"job-{number}", "first_status_at": None}
        if state == "TASK_FAILED":
            one = failed(number, at, **named)
        else:
            is_active = state != "TASK_FINISHED"
            told = None if state == "TASK_STAGING" else at
            one = record(number, state=state, is_active=is_active, last_status_at=told, **named)
        past.append(one)
        self._tell(one)

    def _tell(self, one: TaskRecord) -> None:
        number = int(one.task_id[-1])
        said = {"task_id": one.task_id, "message": one.message, "reason": one.reason, "is_active": one.is_active}
        if self.mesos is not None:
            is_new = one.state == "TASK_STAGING"
            at = one.last_status_at
            self.mesos.append(TaskAdded(task=one) if is_new else change(number, one.state, at, **said))
        if self.marathon is not None:
            at = later(self.second) + self.skew
            self.marathon.append(change(number, one.state, at, **(said | {"reason": ""}), marathon=True))

    def listed(self) -> ClusterTasks:
        latest = sorted((past[-1] for past in self.lived.values()), key=lambda one: not one.is_active)
        return ClusterTasks(taken_at=later(self.second), tasks=tuple(latest), whole=True)

    def poll(self, answer: ClusterTasks) -> None:
        write(self.cluster, *answer.tasks, now=answer.taken_at)

    def do(self, step: str) -> None:
        self.second += 1
        if step.isdigit():
            self.live(int(step))
        elif step in ("take", "write"):
            self._poll(step)
        else:
            self._stream(step)

    def _poll(self, step: str) -> None:
        for answer in self.answers if step == "write" else ():
            self.poll(answer)
        self.answers = [self.listed()] if step == "take" else []

    def _stream(self, step: str) -> None:
        now = later(self.second)
        if step == "subscribe":
            self.mesos = [StreamOpened(taken_at=now, heartbeat_seconds=15.0, tasks=self.listed())]
        elif step == "attach":
            self.marathon = [StreamOpened(taken_at=now, heartbeat_seconds=None, tasks=None)]
        elif step == "cut mesos":
            self.mesos = None
        elif step == "cut marathon":
            self.marathon = None
        elif step == "mesos" and self.mesos:
            apply(self.cluster, self.mesos.pop(0), now=now)
        elif step == "marathon" and self.marathon:
            apply(self.cluster, self.marathon.pop(0), now=now, kind=Stream.Kind.MARATHON)


@pytest.fixture
def cluster() -> Cluster:
    found = builders.cluster()
    applications.make_marathon(found, NOON)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=4, max_size=40), skew_seconds=st.sampled_from([-7200, -1, 0, 1, 7200]))
def test_any_interleaving_of_polls_and_streams_ends_alike_and_tells_each_failure_once(
    cluster: Cluster, steps: list[str], skew_seconds: int
) -> None:
    with transaction.atomic():
        world = World(cluster, timedelta(seconds=skew_seconds))
        write(cluster, now=NOON)
        for step in ("subscribe", *steps):
            world.do(step)
        world.second += 60
        world.poll(world.listed())
        rows = {
            row.task_id: (row.state, row.reason, row.message, row.last_status_at, row.ended_at, row.is_active)
            for row in Task.objects.all()
        }
        told = sorted(Event.objects.filter(kind=Event.Kind.TASK_FAILED).values_list("subject", flat=True))
        transaction.set_rollback(True)
    truth = {
        one.task_id: (
            *(one.state, one.reason, one.message, one.last_status_at),
            *(None if one.is_active else one.last_status_at, one.is_active),
        )
        for past in world.lived.values()
        for one in past[-1:]
    }
    assert rows == truth
    assert told == sorted(name for name, (state, *_) in truth.items() if state == "TASK_FAILED")
    assert set(told) <= FAILING
