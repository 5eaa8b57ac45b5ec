from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from dashboard.models import Alert, Channel, Cluster, Event, Rule, Subject
from dashboard.store import rules
from tests import builders
from tests.alerts.judging import Watched, when

pytestmark = pytest.mark.django_db

OWN = {
    "name": "deep queue",
    "subject_kind": Subject.Kind.CLUSTER,
    "metric": "agents_active",
    "warning": 5.0,
    "warning_on": True,
    "comparison": Rule.Comparison.BELOW,
}


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


@pytest.fixture
def user() -> User:
    return User.objects.create_user("k.lind")


@pytest.fixture
def rule(cluster: Cluster) -> Rule:
    watched = Watched(cluster, {"critical": 0.9, "critical_clear": 0.87, "critical_on": True, "for_seconds": 600})
    watched.at(0)
    return watched.rule()


def changes() -> list[tuple[str, str, str]]:
    found = Event.objects.filter(kind=Event.Kind.RULE).order_by("pk")
    return list(found.values_list("before", "after", "by"))


def test_a_change_is_told_in_the_words_and_the_unit_of_the_rule(rule: Rule, user: User) -> None:
    fields = {"critical": 0.85, "critical_clear": None, "for_seconds": 300}
    changed = rules.change(rule, fields, user, when(1), unit="ratio")
    assert (changed.critical, changed.changed_by, changed.changed_at) == (0.85, "k.lind", when(1))
    before, after, by = changes()[0]
    assert before == "critical limit 90\u00a0%, critical ends at 87\u00a0%, for 10\u00a0min"
    assert (after, by) == ("critical limit 85\u00a0%, no critical ends at, for 5\u00a0min", "k.lind")


def test_a_change_of_nothing_leaves_no_trace(rule: Rule, user: User) -> None:
    assert rules.change(rule, {"critical": 0.9}, user, when(1)).changed_by == ""
    assert changes() == []


def test_a_severity_is_switched_on_and_off(rule: Rule, user: User) -> None:
    assert not rules.switch(rule, "critical", False, user, when(1)).on
    assert changes() == [("critical on", "critical off", "k.lind")]


def test_whom_a_rule_tells_is_part_of_it(rule: Rule, user: User) -> None:
    mail = Channel.objects.create(name="mail ops@", kind=Channel.Kind.EMAIL, created_at=when(0))
    rules.change(rule, {}, user, when(1), channels=[mail])
    rules.change(rule, {}, user, when(2), channels=[mail])
    rules.change(rule, {"for_seconds": 0}, user, when(3))
    assert list(rule.channels.all()) == [mail]
    assert changes()[0] == ("tells everyone", "tells mail ops@", "k.lind")
    assert len(changes()) == 2


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"warning_on": True}, "warning", "Give a limit, or switch warning off"),
        ({"critical": float("nan")}, "critical", "Give a number"),
        ({"critical_clear": 0.95}, "critical_clear", "must lie below the limit"),
        ({"for_seconds": 32 * 86_400}, "for_seconds", "at most 31 days"),
        ({"repeat_seconds": -1}, "repeat_seconds", "at most 31 days"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_reason(
    rule: Rule, user: User, fields: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(ValidationError, match=says) as refused:
        rules.change(rule, fields, user, when(1))
    assert field in refused.value.message_dict
    assert Rule.objects.get(pk=rule.pk).changed_by == ""


def test_what_a_catalogue_rule_measures_cannot_be_changed(rule: Rule, user: User) -> None:
    with pytest.raises(ValidationError, match="metric of T1 cannot be changed"):
        rules.change(rule, {"metric": "x"}, user, when(1))


def test_an_own_rule_is_made_changed_and_deleted_with_its_events(cluster: Cluster, user: User) -> None:
    own = rules.create_own(cluster, OWN, user, when(0))
    assert (own.key, own.own, own.on) == (f"own-{own.pk}", True, True)
    rules.change(own, {"name": "too few agents", "warning": 4.0}, user, when(1))
    with pytest.raises(ValidationError, match="Switch the rule off"):
        rules.delete_own(own, user, when(2))
    rules.switch_off(own, user, when(2))
    rules.delete_own(own, user, when(3))
    assert not Rule.objects.filter(own=True).exists()
    assert [after for _, after, _ in changes()] == [
        "made",
        "name too few agents, warning limit 4",
        "warning off",
        "deleted",
    ]


def test_an_own_rule_is_not_deleted_while_its_end_is_owed(cluster: Cluster, user: User) -> None:
    own = rules.switch_off(rules.create_own(cluster, OWN, user, when(0)), user, when(1))
    Alert.objects.create(
        cluster=cluster, rule=own, state="firing", severity="warning", pending_since=when(0), changed_at=when(0)
    )
    with pytest.raises(ValidationError, match="about to end"):
        rules.delete_own(own, user, when(2))


def test_a_rule_of_the_catalogue_cannot_be_deleted(rule: Rule, user: User) -> None:
    with pytest.raises(ValidationError, match="cannot be deleted"):
        rules.delete_own(rule, user, when(1))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " "}, "name"),
        ({"metric": ""}, "metric"),
        ({"subject_kind": ""}, "subject_kind"),
        ({"subject_kind": "moon"}, "subject_kind"),
        ({"measure": "guess"}, "measure"),
        ({"window_seconds": 30}, "window_seconds"),
        ({"critical": 6.0, "critical_on": True}, "critical"),
    ],
)
def test_an_own_rule_that_makes_no_sense_is_refused(
    cluster: Cluster, user: User, said: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        rules.create_own(cluster, {**OWN, **said}, user, when(0))
    assert field in refused.value.message_dict
    assert not Rule.objects.exists()


def test_an_own_rule_cannot_be_given_what_no_rule_has(cluster: Cluster, user: User) -> None:
    with pytest.raises(ValidationError, match="judged_at is nothing that a rule has"):
        rules.create_own(cluster, {**OWN, "judged_at": when(0)}, user, when(0))
