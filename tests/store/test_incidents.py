from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from pytest_django import DjangoAssertNumQueries

from dashboard.incidents.follow import follow
from dashboard.models import Cluster, Incident, IncidentEvent, IncidentNote, Watch
from dashboard.store import incidents
from tests import builders
from tests.builders import NOON, agent, later, summary

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("m.ruiz")


def silent() -> tuple[Cluster, Incident]:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    follow(cluster.pk, NOON)
    builders.write(cluster, summary(later(10), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    follow(cluster.pk, later(12))
    return cluster, Incident.objects.get()


def notes() -> list[tuple[str, str]]:
    return list(IncidentNote.objects.order_by("pk").values_list("by", "text"))


def test_it_is_taken_by_one_and_given_back(user: User) -> None:
    _, incident = silent()
    incidents.take(incident, user, later(20))
    other = User.objects.create_user("k.lind")
    taken = incidents.take(incident, other, later(30))
    assert (taken.taken_by, taken.taken_at) == (other, later(30))
    assert incidents.give_back(incident, other, later(40)).taken_by is None
    with pytest.raises(ValidationError):
        incidents.give_back(incident, other, later(50))
    assert notes() == [("m.ruiz", "Taken"), ("k.lind", "Taken"), ("k.lind", "Given back")]


def test_following_keeps_who_has_it(user: User) -> None:
    cluster, incident = silent()
    incidents.take(incident, user, later(20))
    builders.write(cluster, summary(later(90), agent("10.0.0.1")))
    follow(cluster.pk, later(92))
    incident.refresh_from_db()
    assert incident.declared_at is not None and incident.taken_by == user


def test_what_an_operator_closed_stays_closed_while_it_goes_on_and_begins_anew_when_it_fails_anew(user: User) -> None:
    cluster, incident = silent()
    incidents.close(incident, user, later(20))
    builders.write(cluster, summary(later(90), agent("10.0.0.1")))
    follow(cluster.pk, later(92))
    builders.write(cluster, summary(later(100), agent("10.0.0.1"), agent("10.0.0.2")))
    follow(cluster.pk, later(102))
    assert list(Incident.objects.values_list("state", "ended_at")) == [("closed", later(20))]
    builders.write(cluster, summary(later(110), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    follow(cluster.pk, later(112))
    assert [one.state for one in Incident.objects.order_by("pk")] == ["closed", "open"]


def test_what_is_over_can_be_neither_taken_nor_closed_but_noted_on(user: User) -> None:
    _, incident = silent()
    incidents.close(incident, user, later(20))
    for action in (incidents.take, incidents.give_back, incidents.close):
        with pytest.raises(ValidationError, match="over already"):
            action(incident, user, later(30))
    incidents.note(incident, user, "  The disk was full. ", later(40))
    assert notes()[-1] == ("m.ruiz", "The disk was full.")


@pytest.mark.parametrize("text", ["", "  \n", "x" * 1001, "a\0b", "half \ud800"])
def test_a_note_says_something_that_can_be_kept_and_not_too_much(user: User, text: str) -> None:
    _, incident = silent()
    with pytest.raises(ValidationError):
        incidents.note(incident, user, text, later(20))
    assert notes() == []


def test_an_incident_that_cannot_be_written_costs_no_other() -> None:
    cluster, _ = silent()
    said = {"cluster": cluster, "about": "agent", "kind": "host", "began_at": NOON, "detected_at": NOON}
    again, new = Incident(subject="10.0.0.2", name="b", **said), Incident(subject="10.0.0.3", name="c", **said)
    assert incidents.write([again, new]) == 1
    incidents.link([(again, IncidentEvent.objects.get().event, "x")])
    assert set(Incident.objects.values_list("subject", flat=True)) == {"10.0.0.2", "10.0.0.3"}
    assert IncidentEvent.objects.count() == 1


def test_many_incidents_are_brought_up_to_date_in_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    said = {"cluster": builders.cluster(), "about": "agent", "kind": "host", "began_at": NOON, "detected_at": NOON}
    known = [Incident.objects.create(subject=f"10.0.0.{last}", **said) for last in range(20)]
    for one in known:
        one.effect = "No task ran there"
    with django_assert_num_queries(1 + 2):  # in a transaction of its own
        assert incidents.write(known) == 20
    assert set(Incident.objects.values_list("effect", flat=True)) == {"No task ran there"}


def test_a_cause_that_is_as_new_as_its_effect_is_kept() -> None:
    cluster = builders.cluster()
    said = {"cluster": cluster, "about": "agent", "kind": "host", "began_at": NOON, "detected_at": NOON}
    cause = Incident(subject="10.0.0.2", **said)
    effect = Incident(subject="10.0.0.1", cause=cause, cause_reason="same zone", **said)
    assert incidents.write([effect, cause]) == 2
    assert Incident.objects.get(subject="10.0.0.1").cause == cause


def test_one_that_ends_makes_room_for_the_next_of_its_subject_in_the_same_turn() -> None:
    cluster, first = silent()
    first.state, first.ended_at = Incident.State.RECOVERED, later(60)
    said = {"cluster": cluster, "about": "agent", "kind": "host", "began_at": later(90), "detected_at": later(90)}
    assert incidents.write([first, Incident(subject=first.subject, name="again", **said)]) == 2
    found = Incident.objects.filter(subject=first.subject).order_by("began_at")
    assert [one.ended_at for one in found] == [later(60), None]


def test_the_cursor_never_goes_back() -> None:
    cluster = builders.cluster()
    watch = incidents.watch_of(cluster)
    incidents.move(watch, 7, NOON)
    incidents.move(watch, 5, later(5))
    found = Watch.objects.get()
    assert (found.followed_event_id, found.followed_at) == (7, later(5))
    assert incidents.watch_of(cluster) == found
