from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery import current_app

from dashboard import tasks
from dashboard.models import Upkeep
from dashboard.schedule import BEAT_SCHEDULE, PERIODS
from tests import builders


def test_every_entry_of_the_schedule_is_a_task_and_expires_before_its_next_turn() -> None:
    assert all(hasattr(tasks, name) for name in PERIODS)
    for entry in BEAT_SCHEDULE.values():
        assert entry["options"]["expires"] < entry["schedule"]


@pytest.fixture
def eager() -> Iterator[None]:
    """What is sent is done at once."""
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


@pytest.mark.django_db
@pytest.mark.usefixtures("eager")
def test_each_cluster_is_compacted_and_rolled_up_also_while_it_is_paused() -> None:
    clusters = {builders.cluster().pk, builders.cluster("paused", enabled=False).pk}
    tasks.compact_all()
    for job in (Upkeep.Job.COMPACTION, Upkeep.Job.ROLL_UP):
        assert set(Upkeep.objects.filter(job=job, outcome="ok").values_list("cluster", flat=True)) == clusters
