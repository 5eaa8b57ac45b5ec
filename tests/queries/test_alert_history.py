from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.charts import alert_strip
from dashboard.models import AlertGroup, Cluster, Rule
from dashboard.queries import alert_history
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def rule(cluster: Cluster, key: str = "R1", *, changed_ago: timedelta = timedelta(days=30)) -> Rule:
    return Rule.objects.create(cluster=cluster, key=key, name=key, changed_at=NOON - changed_ago, critical_on=True)


def episode(of: Rule, begins_ago: timedelta, ends_ago: timedelta | None, reason: str = "") -> None:
    AlertGroup.objects.create(
        cluster=of.cluster,
        rule=of,
        reason=reason,
        severity="critical",
        opened_at=NOON - begins_ago,
        closed_at=None if ends_ago is None else NOON - ends_ago,
    )


def test_two_episodes_at_the_same_time_count_once(cluster: Cluster) -> None:
    one = rule(cluster)
    episode(one, 10 * HOUR, 6 * HOUR, "a")
    episode(one, 8 * HOUR, 5 * HOUR, "b")
    episode(one, 2 * HOUR, None, "c")
    past = alert_history.by_rule(cluster, NOON, WEEK).past[0]
    assert (len(past.episodes), past.firing) == (3, 7 * HOUR)


def test_what_began_before_the_window_counts_from_its_beginning(cluster: Cluster) -> None:
    one = rule(cluster)
    episode(one, timedelta(days=20), WEEK - HOUR)
    assert alert_history.by_rule(cluster, NOON, WEEK).past[0].firing == HOUR


def test_what_ended_before_it_is_not_told_and_quiet_rules_are_counted(cluster: Cluster) -> None:
    loud, _, off = rule(cluster, "R1"), rule(cluster, "R2"), rule(cluster, "R3")
    Rule.objects.filter(pk=off.pk).update(critical_on=False)
    episode(loud, timedelta(days=20), timedelta(days=19))
    found = alert_history.by_rule(cluster, NOON, WEEK)
    assert (found.past, found.quiet, found.cut) == ((), 2, False)


def test_the_rule_that_fired_longest_comes_first(cluster: Cluster) -> None:
    short, long = rule(cluster, "R1"), rule(cluster, "R2")
    episode(short, 2 * HOUR, HOUR)
    episode(long, 5 * HOUR, HOUR)
    assert [past.rule.key for past in alert_history.by_rule(cluster, NOON, WEEK).past] == ["R2", "R1"]


def test_a_strip_is_hatched_before_the_rule_was_as_it_is_and_never_says_that_all_was_well(cluster: Cluster) -> None:
    one = rule(cluster, changed_ago=timedelta(days=3, hours=12))
    episode(one, 12 * HOUR, 6 * HOUR)
    past = alert_history.of_rule(one, NOON, WEEK)
    drawn = alert_strip.blocks(past, NOON - WEEK, NOON)
    assert [block.state for block in drawn] == ["unk", "quiet", "bad", "quiet"]
    assert (drawn[0].width, drawn[2].x) == ("50.00%", "92.86%")
    assert alert_strip.says(past) == "R1: 1\u00a0episode, fired for 6\u00a0h in all"


def test_an_episode_of_seconds_is_still_seen(cluster: Cluster) -> None:
    one = rule(cluster)
    episode(one, timedelta(seconds=17), None)
    past = alert_history.of_rule(one, NOON, WEEK)
    drawn = alert_strip.blocks(past, NOON - WEEK, NOON)
    assert [block.state for block in drawn] == ["quiet", "bad"]
    assert float(drawn[1].width.rstrip("%")) >= 0.59
