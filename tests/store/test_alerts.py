from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import Alert, Cluster, Event
from dashboard.store import alerts
from tests import builders
from tests.alerts.judging import Watched, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def watched() -> Watched:
    return Watched(builders.cluster(), {"key": "T1"}, {"key": "T2", "for_seconds": 600})


@pytest.fixture
def user() -> User:
    return User.objects.create_user("m.ruiz")


def test_whoever_acknowledges_an_alert_has_it_with_a_note(watched: Watched, user: User) -> None:
    watched.at(0, 0.95)
    assert alerts.acknowledge([watched.alert()], user, " disk ordered ", when(1)) == 1
    alert = watched.alert()
    assert (alert.acknowledged_by, alert.acknowledged_at, alert.note) == (user, when(1), "disk ordered")
    event = Event.objects.get(by="m.ruiz")
    assert (event.alert, event.before, event.after) == (alert, "Firing", "Acknowledged")


def test_an_evaluation_leaves_it_with_whoever_has_it(watched: Watched, user: User) -> None:
    watched.at(0, 0.95)
    alerts.acknowledge([watched.alert()], user, "", when(1))
    watched.at(2, 0.99)
    assert (watched.alert().acknowledged_by, watched.alert().value) == (user, 0.99)


def test_another_may_take_it_and_give_it_back(watched: Watched, user: User) -> None:
    watched.at(0, 0.95)
    alerts.acknowledge([watched.alert()], user, "mine", when(1))
    other = User.objects.create_user("k.lind")
    alerts.acknowledge([watched.alert()], other, "", when(2))
    assert (watched.alert().acknowledged_by, watched.alert().note) == (other, "")
    assert alerts.give_back([watched.alert()], other, when(3)) == 1
    assert (watched.alert().acknowledged_by, watched.alert().acknowledged_at) == (None, None)
    told = Event.objects.exclude(by="").order_by("pk").values_list("before", "after")
    assert list(told) == [("Firing", "Acknowledged"), ("Acknowledged", "Acknowledged"), ("Acknowledged", "Firing")]


def test_what_is_pending_or_over_cannot_be_taken(watched: Watched, user: User) -> None:
    watched.finds(0.95, key="T2")
    watched.at(0, 0.95)
    watched.at(6, 0.1)
    with pytest.raises(ValidationError, match="None of these alerts fires any more"):
        alerts.acknowledge(list(Alert.objects.all()), user, "", when(7))
    with pytest.raises(ValidationError, match="Nobody has any of these alerts"):
        alerts.give_back(list(Alert.objects.all()), user, when(7))


@pytest.mark.parametrize(
    ("note", "says"), [(501 * "x", "501 characters long"), ("a\0b", "no text"), ("half \ud800", "no text")]
)
def test_a_note_that_cannot_be_kept_is_refused(watched: Watched, user: User, note: str, says: str) -> None:
    watched.at(0, 0.95)
    with pytest.raises(ValidationError, match=says):
        alerts.acknowledge([watched.alert()], user, note, when(1))


def test_many_are_taken_with_the_same_few_queries(watched: Watched, user: User) -> None:
    def queries(number: int) -> int:
        with CaptureQueriesContext(connection) as taken:
            alerts.acknowledge(list(Alert.objects.all()[:number]), user, "", when(1))
        return len(taken)

    for number in range(400):
        watched.finds(0.95, f"s{number}")
    watched.at(0)
    assert queries(2) == queries(400)
    assert Alert.objects.filter(acknowledged_by=user).count() == 400


def test_more_than_a_statement_holds_are_refused(user: User) -> None:
    cluster = Cluster(pk=1)
    with pytest.raises(ValidationError, match="at most 500"):
        alerts.acknowledge([Alert(pk=number, cluster=cluster) for number in range(501)], user, "", when(1))
