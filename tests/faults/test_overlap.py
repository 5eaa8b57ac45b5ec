"""Polls that take nearly twice their interval: never two at once, the slots between are skipped, and Collection says what to do.

Time is the test's: whatever one poll takes is spent by letting the dispatcher and other workers run meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard import polling
from dashboard.models import Cluster, Event, Pace, Poll
from dashboard.roles import Role, grant
from dashboard.store import slots
from tests import builders
from tests.builders import NOON, later
from tests.faults import server as fault
from tests.faults.server import FaultServer
from tests.pages.conftest import words

pytestmark = pytest.mark.django_db
TAKES_SECONDS = 19
SUMMARY = {"hostname": "10.0.0.101", "cluster": "prod", "slaves": [], "frameworks": []}


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with FaultServer(
        {"/state-summary": fault.document(SUMMARY), "/master/state-summary": fault.document(SUMMARY)}
    ) as on:
        made = builders.cluster(kind="mesos")
        Cluster.objects.update(url=on.url)
        yield made


class Installation:
    """A dispatcher every second and as many workers as it has messages for; each summary takes its time."""

    def __init__(self) -> None:
        self.seconds = 0
        self.most_running = 0

    def now(self) -> datetime:
        return later(self.seconds)

    def live(self, until: int) -> None:
        while self.seconds < until:
            self._tick()

    def _tick(self) -> None:
        for due in polling.due(self.now()):
            if Poll.objects.get(pk=due.pk).source == "summary":
                polling.mark_sent(due.pk, self.now())
                polling.run(due.pk, clock=self._clock_of(due.pk))
        running = Poll.objects.filter(source="summary", ended_at=None, lease_until__gt=self.now()).count()
        self.most_running = max(self.most_running, running)
        self.seconds += 1

    def _clock_of(self, pk: int) -> Clock:
        return Clock(self, pk)


class Clock:
    """First the moment of the claim, then, the whole time of the poll later, that of its writing."""

    def __init__(self, of: Installation, pk: int) -> None:
        self.of, self.pk, self.asked = of, pk, 0

    def __call__(self) -> datetime:
        self.asked += 1
        if self.asked == 2:
            ends = self.of.seconds + TAKES_SECONDS
            while self.of.seconds < ends:
                slots.renew(Poll.objects.get(pk=self.pk), self.of.now())
                self.of._tick()
        return self.of.now()


@pytest.fixture
def lived(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Installation:
    monkeypatch.setattr(polling, "RENEW_SECONDS", 3600)  # the lease is renewed by the test's own time
    installation = Installation()
    installation.live(61)
    return installation


def ends() -> list[tuple[float, str]]:
    rows = Poll.objects.filter(source="summary").order_by("due_at").values_list("due_at", "outcome")
    return [((due_at - NOON).total_seconds(), outcome) for due_at, outcome in rows]


def test_one_runs_at_a_time_and_every_second_slot_is_skipped(lived: Installation) -> None:
    assert lived.most_running == 1
    assert ends()[:5] == [(0, "ok"), (10, "skipped_overlap"), (20, "ok"), (30, "skipped_overlap"), (40, "ok")]


def test_then_it_is_asked_half_as_often_and_says_why(lived: Installation) -> None:
    pace = Pace.objects.get(source="summary")
    said = "polls take 19.0 s of 10 s: the interval is too short"
    assert (pace.period_seconds, pace.reason.replace("\u00a0", " ")) == (20, said)
    assert Event.objects.get(kind="pace").subject == "summary"


def test_and_then_no_slot_is_skipped_any_more(lived: Installation) -> None:
    lived.live(lived.seconds + 60)
    assert lived.most_running == 1
    assert {outcome for due, outcome in ends() if due >= 80} <= {"ok", ""}


def test_the_advice_stands_on_collection(lived: Installation, client: Client) -> None:
    user = User.objects.create_user("vera")
    grant(user, Role.VIEWER)
    client.force_login(user)
    shown = words(client.get("/c/prod/collection/")).replace("\u00a0", " ")
    assert "polls take 19.0 s of 10 s: the interval is too short" in shown
