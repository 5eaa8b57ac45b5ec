from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from dashboard.models import Cluster, Event, Notice, Silence
from dashboard.store import silences
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


def silenced(cluster: Cluster, user: User, words: str, end: float, *, begin: float = 0, tell: bool = True) -> Silence:
    return silences.create(
        cluster,
        matcher=words,
        why="disk ordered",
        begins_at=when(begin),
        ends_at=when(end),
        user=user,
        now=when(begin),
        tell_at_end=tell,
    )


def test_a_silenced_alert_fires_and_tells_nobody(cluster: Cluster, user: User) -> None:
    silence = silenced(cluster, user, "rule:T1 node:10.0.0.1", 60)
    watched = Watched(cluster)
    watched.finds(0.95, "a", host="10.0.0.1")
    watched.finds(0.95, "b", host="10.0.0.2")
    watched.through(0, 10)
    assert watched.alert("a").silence == silence
    assert watched.alert("b").silence is None
    assert [notice.alerts for notice in Notice.objects.all()] == [1]
    assert Silence.objects.get().kept_quiet == 1


def test_what_still_fires_when_its_silence_ends_is_told_then(cluster: Cluster, user: User) -> None:
    silenced(cluster, user, "severity:critical", 10)
    watched = Watched(cluster)
    watched.through(0, 9, 0.95)
    assert watched.notices() == []
    watched.at(10)
    assert watched.notices() == [Kind.PROBLEM]
    assert (watched.alert().silence, Silence.objects.get().ended_at) == (None, when(10))
    assert Event.objects.filter(kind=Event.Kind.SILENCE, after="Ended").count() == 1


def test_a_silence_that_says_nothing_at_its_end_owes_nothing_but_what_gets_worse(cluster: Cluster, user: User) -> None:
    silenced(cluster, user, "rule:t1", 10, tell=False)
    watched = Watched(cluster, BOTH)
    watched.through(0, 30, 0.85)
    assert watched.notices() == []
    watched.at(31, 0.95)
    assert watched.notices() == [Kind.PROBLEM]


def test_a_recovery_is_owed_of_what_was_told_before_it_was_silenced(cluster: Cluster, user: User) -> None:
    watched = Watched(cluster)
    watched.at(0, 0.95)
    silenced(cluster, user, "rule:T1", 60, begin=1)
    watched.at(2)
    watched.at(6, 0.1)
    assert watched.notices() == [Kind.PROBLEM, Kind.RECOVERY]


def test_nothing_is_owed_of_what_began_and_ended_within_its_silence(cluster: Cluster, user: User) -> None:
    silenced(cluster, user, "rule:T1", 60)
    watched = Watched(cluster)
    watched.at(0, 0.95)
    watched.through(6, 70, 0.1)
    assert watched.states() == ["resolved"]
    assert watched.notices() == []


def test_a_silence_ended_early_by_somebody_tells_what_still_fires(cluster: Cluster, user: User) -> None:
    silence = silenced(cluster, user, "rule:T1", 60)
    watched = Watched(cluster)
    watched.at(0, 0.95)
    silences.end(silence, user, when(2))
    watched.at(3)
    assert watched.notices() == [Kind.PROBLEM]


def test_a_zone_covers_the_alerts_of_its_nodes(cluster: Cluster, user: User) -> None:
    builders.write(
        cluster,
        builders.summary(when(0), builders.agent("10.0.0.1", zone="eu-a"), builders.agent("10.0.0.2", zone="eu-b")),
    )
    silenced(cluster, user, "zone:eu-a", 60)
    watched = Watched(cluster)
    for host in ("10.0.0.1", "10.0.0.2"):
        watched.finds(0.95, host, host=host)
    watched.at(0)
    assert watched.alert("10.0.0.1").silence is not None
    assert watched.alert("10.0.0.2").silence is None


def test_what_recovers_when_its_silence_ends_wakes_nobody_unless_it_fires_again(cluster: Cluster, user: User) -> None:
    silenced(cluster, user, "rule:T1", 10)
    watched = Watched(cluster, {"key": "T1", "clear_seconds": 600})
    watched.through(0, 7, 0.95)
    watched.through(8, 12, 0.1)
    assert (watched.alert().state, watched.alert().silence, watched.notices()) == ("recovering", None, [])
    watched.at(13, 0.95)
    assert watched.notices() == [Kind.PROBLEM]
    watched.through(14, 24, 0.1)
    assert watched.notices() == [Kind.PROBLEM, Kind.RECOVERY]
