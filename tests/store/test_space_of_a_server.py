"""A PostgreSQL whose disk is full: nothing of this machine shows it, only its own refusals do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from collectors.simulator import Settings as SimulatorSettings
from collectors.simulator import Simulator
from dashboard import patience, polling
from dashboard.models import Cluster, Collection, Event, Node, Poll, Upkeep
from dashboard.queries import happenings, safety
from dashboard.store import clusters, slots, space
from dashboard.trouble import Trouble
from tests import builders
from tests.builders import NOON, later
from tests.on_file import fill
from tests.servers.tablespace import database_on_small_disk

FULL = {"job": Upkeep.Job.SPACE, "outcome": Upkeep.Outcome.FULL}


@pytest.fixture(autouse=True)
def nothing_remembered(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(space, "_remembered", space._Remembered())
    monkeypatch.setattr(patience, "RETRY_SECONDS", [0.0])


@pytest.fixture
def small_disk(transactional_db: None) -> Iterator[Path]:
    with database_on_small_disk(mib=96) as folder:
        yield folder


def due(at: datetime) -> int:
    return len(polling.due(at))


def told() -> list[str]:
    return [
        happenings.told(event).text for event in Event.objects.filter(kind=Event.Kind.COLLECTION).order_by("taken_at")
    ]


def filled(cluster: Cluster) -> tuple[int, DatabaseError]:
    """Events until there is room for no more; how many were acknowledged, and what the next one met."""
    for number in range(100_000):
        what = {"kind": "flag", "subject": str(number), "name": "y" * 500, "after": "x" * 255}
        try:
            Event.objects.create(cluster=cluster, taken_at=NOON, seen_at=NOON, **what)
        except DatabaseError as error:
            return number, error
    pytest.fail("the disk is not full")


def test_collecting_pauses_every_page_says_it_reading_goes_on_and_it_resumes_by_itself(
    small_disk: Path, client: Client
) -> None:
    cluster = builders.cluster()
    assert due(NOON) > 0
    other = fill(small_disk, leaving=0)
    acknowledged, refused = filled(cluster)
    assert space.note(refused, NOON) is Trouble.FULL
    space._remembered = space._Remembered()  # as another process, that only has the database to ask
    assert due(later(10)) == 0 and safety.is_paused()
    (banner,) = safety.banners(later(10), noted=True)
    assert (banner.title, banner.since) == ("Disk full", NOON)
    assert Event.objects.filter(kind="flag").count() == acknowledged, "what was acknowledged stays, and can be read"
    other.unlink()
    assert due(later(120)) > 0 and not Upkeep.objects.filter(**FULL).exists()
    assert told() == [
        "Disk full: collecting is paused, nothing is polled",
        "Collecting goes on after a pause of 2\u00a0min: what happened meanwhile is not known",
    ]


def test_a_poll_that_finds_no_room_is_left_open_and_told_as_nobodys_failure(small_disk: Path) -> None:
    with Simulator(SimulatorSettings(with_stories=False)).running() as simulator:
        wanted, now = Cluster(name="sim", kind="dcos", url=simulator.router_url), timezone.now()
        cluster = clusters.save(wanted, master_urls=(), token=None, now=now)
        polling.poll_now(cluster, "summary", clock=timezone.now)
        assert space.may_collect(now)
        known, poll = Node.objects.count(), slots.open_now(cluster, "nodes", timezone.now())
        other = fill(small_disk, leaving=0)
        filled(cluster)
        polling.run(poll.pk, clock=timezone.now)
        poll.refresh_from_db()
        assert (poll.outcome, Node.objects.count()) == ("", known)
        assert Upkeep.objects.filter(**FULL).exists()
        assert not Collection.objects.exclude(outcome__in=("ok", "partial")).exists()
        other.unlink()
        after = timezone.now() + timedelta(minutes=1)
        assert due(after) > 0
        again = Poll.objects.get(source="nodes", ended_at=None, due_at__gt=poll.due_at)
        polling.run(again.pk, clock=lambda: after)
        again.refresh_from_db()
        assert again.outcome == "ok"
