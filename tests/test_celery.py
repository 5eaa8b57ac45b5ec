"""What holds for every task: nothing is done on a damaged database, and what fails for want of room pauses collecting."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import DatabaseError
from pytest_django import Settings

from dashboard import tasks, trouble
from dashboard.celery import Door, app
from dashboard.models import Upkeep
from dashboard.store import space
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db


class Full(Exception):
    """As SQLite's driver says it."""

    sqlite_errorcode = 13


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(space, "_remembered", space._Remembered())


@app.task
def fails() -> None:
    raise DatabaseError("disk is full") from Full()


def test_every_task_goes_through_the_door() -> None:
    app.finalize()
    ours = [task for name, task in app.tasks.items() if name.startswith("dashboard.tasks.")]
    assert len(ours) > 5 and all(isinstance(task, Door) for task in ours)


def test_on_a_damaged_database_only_the_check_is_done() -> None:
    builders.cluster()
    trouble.note_damage("page 3", NOON)
    tasks.prune()
    tasks.dispatch()
    assert not Upkeep.objects.exists()
    tasks.check_integrity()
    assert Upkeep.objects.get().job == Upkeep.Job.INTEGRITY


def test_a_task_that_finds_no_room_pauses_collecting() -> None:
    fails.apply()
    assert Upkeep.objects.get(job=Upkeep.Job.SPACE).outcome == Upkeep.Outcome.FULL
