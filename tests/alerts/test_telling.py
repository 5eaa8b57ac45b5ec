from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from dashboard.models import AlertGroup, Channel, Cluster, Notice, Rule
from dashboard.store import alerts
from tests import builders
from tests.alerts.judging import BOTH, Watched, when

pytestmark = pytest.mark.django_db

Kind = Notice.Kind


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


@pytest.fixture
def user() -> User:
    return User.objects.create_user("m.ruiz")


def test_alerts_of_one_reason_are_one_notice_and_those_of_another_are_another(cluster: Cluster) -> None:
    watched = Watched(cluster)
    for number in range(30):
        watched.finds(0.95, f"10.0.0.{number}", reason="docker" if number % 3 else "mesos")
    watched.at(0)
    assert sorted(Notice.objects.values_list("alerts", flat=True)) == [10, 20]


def test_alerts_that_join_are_told_at_once_every_five_minutes_at_most(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.at(0, 0.95, "a")
    for minute in range(1, 11):
        watched.at(minute, 0.95, f"b{minute}")
    told = [(notice.kind, notice.created_at, notice.alerts) for notice in Notice.objects.order_by("pk")]
    assert told == [(Kind.PROBLEM, when(0), 1), (Kind.MORE, when(5), 6), (Kind.MORE, when(10), 11)]


def test_a_risen_severity_is_told_at_once(cluster: Cluster) -> None:
    watched = Watched(cluster, BOTH)
    watched.at(0, 0.85)
    watched.at(1, 0.95)
    assert watched.notices() == [Kind.PROBLEM, Kind.WORSE]
    assert Notice.objects.get(kind=Kind.WORSE).severity == "critical"


def test_the_recovery_is_told_when_the_last_has_ended_and_names_them_all(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.finds(0.95, "a")
    watched.at(0, 0.95, "b")
    watched.at(6, 0.1, "a")
    watched.at(7)
    assert watched.notices() == [Kind.PROBLEM]
    watched.at(8, 0.1, "b")
    watched.at(9)
    assert watched.notices() == [Kind.PROBLEM, Kind.RECOVERY]
    assert Notice.objects.get(kind=Kind.RECOVERY).alerts == 2
    assert AlertGroup.objects.get().closed_at == when(8)


def test_a_reminder_is_owed_until_somebody_has_it(cluster: Cluster, user: User) -> None:
    watched = Watched(cluster)
    watched.at(-1)
    Rule.objects.update(repeat_seconds=1800)
    watched.through(0, 61, 0.95)
    assert watched.notices() == [Kind.PROBLEM, Kind.REMINDER, Kind.REMINDER]
    alerts.acknowledge([watched.alert()], user, "on it", when(62))
    watched.through(62, 130)
    assert len(watched.notices()) == 3
    alerts.give_back([watched.alert()], user, when(130))
    watched.at(131)
    assert watched.notices()[3:] == [Kind.REMINDER]


def test_no_data_is_told_once_and_again_only_after_data_came_back(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.at(0, 0.95)
    watched.through(1, 40, None)
    assert watched.notices() == [Kind.PROBLEM, Kind.NO_DATA]
    assert Notice.objects.get(kind=Kind.NO_DATA).created_at == when(11)
    watched.at(41, 0.95)
    watched.through(42, 60, None)
    assert watched.notices() == [Kind.PROBLEM, Kind.NO_DATA, Kind.NO_DATA]


def test_no_data_is_not_told_while_something_is_known_of_one_of_them(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.finds(0.95, "a")
    watched.at(0, 0.95, "b")
    watched.finds(None, "a")
    watched.through(1, 30)
    assert watched.notices() == [Kind.PROBLEM]


def test_one_that_fires_again_soon_after_goes_on_as_the_same_alert(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.at(0, 0.95)
    watched.at(6, 0.1)
    watched.at(7)
    watched.at(8, 0.95)
    assert watched.states() == ["resolved", "pending"]
    watched.through(9, 11)
    assert watched.states() == ["firing"]
    assert watched.alert().fired_at == when(11)
    assert watched.story() == [("Pending", "Firing"), ("Recovering", "Resolved"), ("Resolved", "Firing")]
    assert watched.notices() == [Kind.PROBLEM, Kind.RECOVERY, Kind.PROBLEM]


def test_one_that_fires_again_after_half_an_hour_is_another_alert(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.at(0, 0.95)
    watched.through(6, 36, 0.1)
    watched.at(37, 0.95)
    assert watched.states() == ["resolved", "firing"]


def test_flapping_is_told_once_and_then_all_is_quiet_until_it_was_calm_for_half_an_hour(cluster: Cluster) -> None:
    watched = Watched(cluster)
    for minute in range(0, 60):
        watched.at(minute, 0.1 if minute // 6 % 2 else 0.95)
    assert watched.notices().count(Kind.FLAPPING) == 1
    first = watched.notices().index(Kind.FLAPPING)
    assert watched.notices()[first + 1 :] == []
    assert watched.alert().flapping
    assert ("Firing", "Flapping") in watched.story()
    watched.through(60, 83, 0.1)
    assert watched.alert().state == "recovering"
    watched.through(84, 90)
    assert (watched.alert().state, watched.alert().flapping) == ("resolved", False)
    assert watched.notices()[first + 1 :] == [Kind.RECOVERY]


def test_one_that_flapped_and_fires_steadily_loses_the_badge(cluster: Cluster) -> None:
    watched = Watched(cluster)
    for minute in range(0, 25):
        watched.at(minute, 0.1 if minute // 6 % 2 else 0.95)
    watched.through(25, 53, 0.95)
    assert watched.alert().flapping
    watched.through(54, 60)
    assert (watched.alert().state, watched.alert().flapping) == ("firing", False)
    assert watched.story()[-1] == ("Flapping", "Firing")
    assert watched.notices()[-1] == Kind.FLAPPING


def test_a_storm_of_reasons_is_a_few_notices(cluster: Cluster) -> None:
    watched = Watched(cluster, {"key": "T1"}, {"key": "T2"})
    for number in range(500):
        for key in ("T1", "T2"):
            watched.finds(0.95, f"s{number}", key=key, reason=f"reason {number}")
    done = watched.at(0)
    assert (done.fired, Notice.objects.count()) == (1000, 18)
    assert sum(Notice.objects.values_list("alerts", flat=True)) == 1000


def flapping_with_another(watched: Watched) -> None:
    """One alert of the group fires all the time, so that its group stays; the other comes and goes as a warning."""
    watched.finds(0.85, "b")
    for minute in range(0, 40):
        watched.at(minute, 0.1 if minute // 6 % 2 else 0.85, "a")
    assert watched.alert("a").flapping


def test_one_that_flaps_and_gets_worse_is_told_to_those_whom_a_critical_alert_wakes(cluster: Cluster) -> None:
    watched = Watched(cluster, BOTH)
    pager = Channel.objects.create(
        name="pager", kind=Channel.Kind.WEBHOOK, least_severity="critical", created_at=when(0)
    )
    flapping_with_another(watched)
    assert not Notice.objects.filter(channel=pager).exists()
    for minute in range(40, 43):
        watched.at(minute, 0.95, "a")
    assert watched.alert("a").severity == "critical"
    told = Notice.objects.get(channel=pager)
    assert (told.kind, told.severity) == (Kind.WORSE, "critical")
    for minute in range(43, 70):
        watched.at(minute, 0.85 if minute % 2 else 0.95, "a")
    assert Notice.objects.filter(channel=pager).count() == 1
