from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from dashboard.models import Cluster, Event, Notice, Rule, Watch
from dashboard.store import rules
from tests import builders
from tests.alerts.judging import Watched, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def test_a_source_that_brings_nothing_makes_every_subject_unknown(cluster: Cluster) -> None:
    watched = Watched(cluster, {"sources": ("summary",)})
    builders.write(cluster, builders.summary(when(0)))
    watched.at(0, 0.95)
    assert watched.states() == ["firing"]
    watched.finds(0.1)
    done = watched.at(5)
    alert = watched.alert()
    assert (alert.state, done.rules_unknown) == ("firing", 1)
    assert alert.unknown_why.endswith("nothing new for 5\u00a0min")
    rule = watched.rule()
    assert (rule.subjects, rule.subjects_unknown, rule.judged_at) == (1, 1, when(0))
    assert (rule.closest_name, rule.closest_value) == ("", None)
    assert watched.measured == ["T1"]


def test_a_rule_that_raises_is_marked_and_the_others_are_judged(cluster: Cluster) -> None:
    watched = Watched(cluster, {"key": "T1"}, {"key": "T2"})
    watched.at(0, 0.95)
    watched.broken.add("T1")
    watched.finds(0.95, key="T2")
    done = watched.at(1)
    rule = watched.rule("T1")
    assert (done.rules_broken, rule.error_since) == (1, when(1))
    assert rule.error == "KeyError: 'a column that is not there'"
    assert watched.alert(key="T1").state == "firing"
    assert watched.alert(key="T2").state == "firing"
    watched.broken.clear()
    watched.at(2)
    assert (watched.rule("T1").error, watched.rule("T1").error_since) == ("", None)


def test_after_an_election_counts_of_agents_start_and_end_nothing(cluster: Cluster) -> None:
    watched = Watched(cluster, {"key": "T1", "holds_after_election": True}, {"key": "T2", "holds_after_election": True})
    watched.finds(0.95, key="T2")
    watched.at(0, 0.5)
    elect(cluster, 1)
    watched.finds(0.1, key="T2")
    watched.through(1, 10, 0.99)
    assert watched.states() == ["firing"]
    watched.at(11)
    assert watched.alert(key="T1").state == "firing"
    assert watched.alert(key="T2").state == "resolved"


def test_the_first_leader_ever_seen_was_not_elected_just_now(cluster: Cluster) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(leader_host="10.0.0.101:5050", leader_since=when(0))
    watched = Watched(cluster, {"holds_after_election": True})
    watched.at(1, 0.95)
    assert watched.states() == ["firing"]


def elect(cluster: Cluster, minutes: float) -> None:
    moments = {"leader_since": when(minutes), "reregistering_until": when(minutes + 1)}
    Cluster.objects.filter(pk=cluster.pk).update(leader_host="10.0.0.102:5050", **moments)


def test_a_changed_limit_is_followed_at_once_with_that_reason(cluster: Cluster) -> None:
    watched = Watched(cluster, {"clear_seconds": 3600})
    watched.at(0, 0.92)
    rules.change(watched.rule(), {"critical": 0.95}, user(), when(1))
    watched.at(1)
    assert watched.states() == ["resolved"]
    assert Event.objects.get(after="Resolved").name == "it is 0.92 (the rule was changed)"
    assert watched.notices() == [Notice.Kind.PROBLEM, Notice.Kind.RECOVERY]


def test_a_rule_that_is_switched_off_ends_its_alerts_and_owes_the_recovery(cluster: Cluster) -> None:
    watched = Watched(cluster, {"key": "T1"}, {"key": "T2", "for_seconds": 600})
    watched.finds(0.95, key="T2")
    watched.at(0, 0.95)
    for key in ("T1", "T2"):
        rules.switch_off(watched.rule(key), user(), when(1))
    watched.at(1)
    assert watched.states() == ["resolved"]
    assert Event.objects.get(after="Resolved").name == "it is 0.95 (the rule was switched off)"
    assert watched.notices() == [Notice.Kind.PROBLEM, Notice.Kind.RECOVERY]
    assert watched.measured == ["T1", "T2"]


def test_an_operators_limits_stay_whatever_the_catalogue_says(cluster: Cluster) -> None:
    Watched(cluster, {"critical": 0.9, "critical_on": True}).at(0)
    rules.change(Watched(cluster).rule(), {"critical": 0.5}, user(), when(1))
    later = Watched(cluster, {"critical": 0.7, "critical_on": True})
    later.at(2)
    assert later.rule().critical == 0.5


def test_a_rule_that_nobody_touched_follows_the_catalogue_and_goes_off_when_it_leaves(cluster: Cluster) -> None:
    Watched(cluster, {"critical": 0.9, "critical_on": True}).at(0)
    later = Watched(cluster, {"critical": 0.7, "critical_on": True})
    later.at(1)
    assert later.rule().critical == 0.7
    Watched(cluster, {"key": "T2"}).at(2)
    assert not later.rule().on
    assert Event.objects.get(kind=Event.Kind.RULE).after == "off: Day Two has this rule no longer"


def test_a_rule_keeps_what_it_could_say_and_who_is_nearest(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.finds(0.4, "a", name="node a")
    watched.finds(0.8, "b", name="node b")
    watched.finds(0.95, "c", name="node c")
    watched.finds(None, "d", name="node d")
    watched.at(0)
    rule = watched.rule()
    assert (rule.subjects, rule.subjects_unknown, rule.judged_at) == (4, 1, when(0))
    assert (rule.closest_name, rule.closest_value) == ("node b", 0.8)
    watch = Watch.objects.get(cluster=cluster)
    assert (watch.evaluated_at, watch.rules_judged, watch.rules_unknown) == (when(0), 1, 0)


def user() -> User:
    return User.objects.get_or_create(username="k.lind")[0]


def test_an_operators_own_rule_is_judged_like_the_others(cluster: Cluster) -> None:
    builders.write(cluster, builders.summary(when(0), builders.agent("10.0.0.1"), builders.agent("10.0.0.2")))
    watched = Watched(cluster)
    watched.at(0)
    limits = {"warning": 5.0, "warning_on": True, "comparison": Rule.Comparison.BELOW}
    said = {"name": "few agents", "subject_kind": "cluster", "metric": "agents_active", **limits}
    own = rules.create_own(cluster, said, user(), when(0))
    done = watched.at(0.25)
    assert done.rules_broken == 0
    assert (watched.alert(key=own.key).state, watched.alert(key=own.key).value) == ("firing", 2.0)
    rules.switch_off(own, user(), when(0.5))
    watched.at(0.5)
    assert watched.alert(key=own.key).state == "resolved"
