"""Marathons: who leads, what each says of itself, and which are registered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from collectors.decoding import name
from collectors.records import Rejection, TaskFailure
from dashboard.models import App, Event, LaunchWait, Marathon, Reading
from dashboard.store import marathons
from tests import builders
from tests.builders import later
from tests.marathon_says import Told, deployment, events, summary, waiting

pytestmark = pytest.mark.django_db
Kind = Event.Kind


@pytest.fixture
def told() -> Told:
    return Told(builders.cluster())


def test_another_leader_of_marathon_is_an_event_and_so_is_none(told: Told) -> None:
    told.itself()
    told.itself(leader="")
    told.itself(leader="10.0.0.2:8080")
    assert events(Kind.MARATHON_LEADER) == [("marathon", "10.0.0.1:8080", ""), ("marathon", "", "10.0.0.2:8080")]
    assert Marathon.objects.get().leader_since == later(120)


def test_what_marathon_does_not_say_of_itself_is_absent(told: Told) -> None:
    told.itself(metrics={"apps.active.gauge": 3.0})
    held = dict(zip(marathons.LAYOUT, memoryview(Reading.objects.get().data).cast("d"), strict=True))
    assert held["apps.active.gauge"] == 3.0
    assert held["deployments.active.gauge"] != held["deployments.active.gauge"]


def test_a_marathon_that_is_registered_no_more_is_forgotten_with_its_apps(told: Told) -> None:
    told.apps(summary())
    Told(told.cluster, key="team").apps(summary())
    marathons.forget(told.cluster, ["marathon"])
    assert list(App.objects.values_list("marathon__key", flat=True)) == ["marathon"]


def test_texts_as_long_as_a_source_lets_them_be_fit_every_column(told: Told) -> None:
    longest = name("<b>\x00\ud800" + "\u00e9" * 300)
    app_id = name("/" + "a" * 300)
    told.key = "k" * 255
    told.itself(name=longest, framework_id=longest, version=longest, leader=longest)
    told.apps()
    told.deployments()
    told.queue()
    failure = TaskFailure(
        **dict.fromkeys(("task_id", "host", "state", "version"), longest), message=longest, failed_at=None
    )
    long = summary(app_id, version=longest, role=longest, image=longest, last_failure=failure, running=1)
    told.apps(replace(long, labels={longest: longest}, config={longest: longest}), asked=(app_id,))
    told.deployments(deployment(deployment_id=longest, version=longest, app_ids=(app_id, longest, longest)))
    told.queue(waiting(app_id, last_offers=(Rejection(reason=longest, declined=1, processed=1),)))
    told.itself(name=longest, framework_id=longest, version=longest, leader=longest)
    assert App.objects.get().app_id == app_id and LaunchWait.objects.exists()
    assert events(Kind.MARATHON_LEADER) == []


def test_the_same_said_again_changes_nothing_of_a_marathon(told: Told) -> None:
    told.itself(metrics={"apps.active.gauge": 3.0})
    before = Marathon.objects.values().get(), Reading.objects.count(), Event.objects.count()
    told.at -= timedelta(seconds=60)
    told.itself(metrics={"apps.active.gauge": 3.0})
    assert (Marathon.objects.values().get(), Reading.objects.count(), Event.objects.count()) == before
