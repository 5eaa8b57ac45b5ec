from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from dashboard.models import Cluster, Event, Silence
from dashboard.store import silences
from tests import builders
from tests.alerts.judging import when

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


@pytest.fixture
def user() -> User:
    return User.objects.create_user("m.ruiz")


def make(cluster: Cluster, user: User, **said: Any) -> Silence:
    usual: dict[str, Any] = {"matcher": "node:10.0.0.1", "why": "kernel update"}
    times = {"begins_at": when(0), "ends_at": when(60), "now": when(0)}
    return silences.create(cluster, user=user, **{**usual, **times, **said})


def told() -> list[tuple[str, str, str, str]]:
    found = Event.objects.filter(kind=Event.Kind.SILENCE).order_by("pk")
    return list(found.values_list("name", "before", "after", "by"))


def test_a_silence_is_made_with_its_event(cluster: Cluster, user: User) -> None:
    silence = make(cluster, user, matcher="  node:10.0.0.1   severity:warning ")
    assert (silence.matcher, silence.by, silence.kind) == ("node:10.0.0.1 severity:warning", "m.ruiz", "silence")
    assert told() == [("node:10.0.0.1 severity:warning", "", "Active", "m.ruiz")]


def test_one_that_begins_later_is_planned_and_one_that_would_have_begun_begins_now(
    cluster: Cluster, user: User
) -> None:
    assert make(cluster, user, begins_at=when(30)).begins_at == when(30)
    assert make(cluster, user, begins_at=when(-30)).begins_at == when(0)
    assert [after for _, _, after, _ in told()] == ["Planned", "Active"]


@pytest.mark.parametrize(
    ("said", "field", "says"),
    [
        ({"matcher": "host:a"}, "matcher", "is no word"),
        ({"matcher": "rule:R1", "kind": "maintenance"}, "matcher", "leave rule out"),
        ({"why": "  "}, "why", "Say why"),
        ({"why": 501 * "x"}, "why", "At most 500"),
        ({"why": "up\0date"}, "why", "no text"),
        ({"matcher": "node:a\0b"}, "matcher", "no text"),
        ({"ends_at": when(-1)}, "ends_at", "over already"),
        ({"begins_at": when(61)}, "ends_at", "end before it begins"),
        ({"ends_at": when(0) + timedelta(days=400)}, "ends_at", "over a year"),
        ({"kind": "other"}, "kind", "silence or maintenance"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_reason(
    cluster: Cluster, user: User, said: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(ValidationError, match=says) as refused:
        make(cluster, user, **said)
    assert list(refused.value.message_dict) == [field]
    assert not Silence.objects.exists()


def test_maintenance_is_of_nodes_or_zones(cluster: Cluster, user: User) -> None:
    assert make(cluster, user, matcher="node:a,b zone:eu-a", kind="maintenance").kind == "maintenance"


def test_somebody_ends_it_early_once(cluster: Cluster, user: User) -> None:
    silence = make(cluster, user)
    ended = silences.end(silence, user, when(10))
    assert (ended.ended_at, ended.ended_by) == (when(10), "m.ruiz")
    assert told()[-1] == ("node:10.0.0.1", "Active", "Ended", "m.ruiz")
    with pytest.raises(ValidationError, match="over already"):
        silences.end(silence, user, when(11))


def test_one_whose_time_is_up_is_noted_once(cluster: Cluster, user: User) -> None:
    silence = make(cluster, user)
    assert silences.running(cluster, when(59)).keys() == {silence.pk}
    silences.running(cluster, when(61))
    assert silences.running(cluster, when(62)) == {}
    assert told()[1:] == [("node:10.0.0.1", "Active", "Ended", "")]
    assert Silence.objects.get().ended_at == when(60)


def test_a_planned_one_does_not_hold_yet(cluster: Cluster, user: User) -> None:
    make(cluster, user, begins_at=when(30))
    assert silences.running(cluster, when(29)) == {}
    assert len(silences.running(cluster, when(30))) == 1


def test_one_is_repeated_for_as_long_as_it_was_meant_to_be(cluster: Cluster, user: User) -> None:
    silence = silences.end(make(cluster, user, tell_at_end=False), user, when(10))
    again = silences.repeat(silence, user, when(100))
    assert (again.begins_at, again.ends_at, again.matcher) == (when(100), when(160), silence.matcher)
    assert not again.tell_at_end
    assert again.pk != silence.pk
