"""The launch queue: who waits, since when and why."""

from __future__ import annotations

from math import isnan

import pytest

from collectors.records import Resources, UnusedOffer
from dashboard.models import App, Event, LaunchWait, Marathon, Reading, Subject
from dashboard.store import launch_waits
from tests import builders
from tests.builders import NOON, later
from tests.marathon_says import Told, events, summary, waiting

pytestmark = pytest.mark.django_db
Kind = Event.Kind


@pytest.fixture
def told() -> Told:
    return Told(builders.cluster())


def test_what_waits_for_an_offer_is_waiting_and_why_is_kept(told: Told) -> None:
    told.apps(summary(running=1, healthy=1))
    offer = UnusedOffer(
        host="10.0.0.7",
        agent_id="S7",
        role="*",
        offered=Resources(cpus=4),
        reasons=("InsufficientMemory",),
        received_at=NOON,
    )
    told.queue(waiting(nearest=(offer,)))
    wait, app = LaunchWait.objects.get(), App.objects.get()
    assert (app.state, wait.overdue, wait.since) == ("waiting", True, NOON)
    assert wait.nearest[0]["host"] == "10.0.0.7" and wait.nearest[0]["reasons"] == ["InsufficientMemory"]


def test_what_rests_after_failures_is_delayed(told: Told) -> None:
    told.apps(summary(running=1, healthy=1))
    told.queue()
    told.queue(waiting(overdue=False, delay_seconds=43))
    assert App.objects.get().state == "delayed"
    assert events(Kind.APP_STATE) == [("marathon:/shop/web", "degraded", "delayed")]


def test_the_first_queue_is_no_change(told: Told) -> None:
    told.apps(summary(running=1, healthy=1))
    told.queue(waiting())
    assert events(Kind.APP_STATE) == []


def test_what_left_the_queue_waits_no_more_unless_the_queue_was_cut(told: Told) -> None:
    told.apps(summary(running=1, healthy=1))
    told.queue(waiting())
    told.queue(whole=False)
    assert LaunchWait.objects.exists()
    told.queue()
    assert not LaunchWait.objects.exists() and App.objects.get().state == "degraded"


def test_reasons_stand_side_by_side_over_time_and_new_ones_count_as_other(told: Told) -> None:
    told.apps(summary(running=1, healthy=1))
    told.queue(waiting())
    row = Reading.objects.get(subject__kind=Subject.Kind.QUEUE)
    held = dict(zip(launch_waits.LAYOUT, memoryview(row.data).cast("d"), strict=True))
    assert (held["declined.InsufficientMemory"], held["declined.InsufficientCpus"], held["declined.other"]) == (3, 0, 1)
    assert held["waited_seconds"] == 30


def test_where_marathon_does_not_say_since_when_the_first_sight_stays(told: Told) -> None:
    told.apps(summary(running=1, healthy=1))
    told.queue(waiting(since=None, offers_processed=None, offers_unused=None, last_offers=()))
    told.queue(waiting(since=None, offers_processed=None, offers_unused=None, last_offers=()))
    assert LaunchWait.objects.get().since == later(30)
    row = Reading.objects.filter(subject__kind=Subject.Kind.QUEUE).latest("tick")
    held = dict(zip(launch_waits.LAYOUT, memoryview(row.data).cast("d"), strict=True))
    assert isnan(held["offers_processed"]) and isnan(held["declined.InsufficientMemory"])


def test_an_app_that_is_in_no_list_yet_waits_in_no_row(told: Told) -> None:
    told.queue(waiting("/not/listed"))
    assert not LaunchWait.objects.exists() and Marathon.objects.get().queue_taken_at == NOON


def test_one_queue_says_nothing_of_another_marathons_app_of_the_same_id(told: Told) -> None:
    other = Told(told.cluster, key="team")
    for each in (told, other):
        each.apps(summary(running=1, healthy=1))
        each.queue(waiting())
    other.queue()
    assert list(LaunchWait.objects.values_list("app__marathon__key", flat=True)) == ["marathon"]


def test_a_replayed_queue_changes_nothing(told: Told) -> None:
    told.apps(summary(running=1, healthy=1))
    told.queue()
    told.queue(waiting())
    before = list(LaunchWait.objects.values()), App.objects.values().get(), Event.objects.count()
    told.at = later(60)
    told.queue(waiting())
    assert (list(LaunchWait.objects.values()), App.objects.values().get(), Event.objects.count()) == before
