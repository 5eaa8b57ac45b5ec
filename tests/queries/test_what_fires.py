"""Alerts and open failures in the verdict: what nobody has is a finding, what somebody has is said and makes it no worse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.alerts.rules import BY_KEY
from dashboard.models import Alert, Cluster, Incident, Rule, Silence, Watch
from dashboard.queries import alerts_now, verdict, what_fires
from dashboard.queries.verdict import Verdict
from tests import builders
from tests.builders import NOON, master, summary, write, write_masters

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def cluster() -> Cluster:
    """Plain Mesos, well, and judged just now."""
    cluster = builders.cluster(kind="mesos")
    write_masters(cluster, master())
    write(cluster, summary())
    Watch.objects.create(cluster=cluster, evaluated_at=NOON)
    return Cluster.objects.get(pk=cluster.pk)


def alert(cluster: Cluster, subject: str = "", key: str = "R20", **columns: Any) -> Alert:
    rule, _ = Rule.objects.get_or_create(
        cluster=cluster, key=key, defaults={"name": "Memory allocation", "changed_at": NOON}
    )
    usual = {
        "state": Alert.State.FIRING,
        "severity": "critical",
        "sentence": f"memory {subject} 91 % allocated",
        "pending_since": NOON - 5 * MINUTE,
        "fired_at": NOON - MINUTE,
        "changed_at": NOON - MINUTE,
    }
    return Alert.objects.create(cluster=cluster, rule=rule, subject=subject, **{**usual, **columns})


def judged(cluster: Cluster) -> Verdict:
    return verdict.judge(verdict.gather(cluster, NOON), NOON)


@pytest.mark.parametrize(
    ("severity", "mark", "word"), [("critical", "bad", "Degraded"), ("warning", "warn", "Warning")]
)
def test_an_alert_that_nobody_has_is_the_verdict(cluster: Cluster, severity: str, mark: str, word: str) -> None:
    one = alert(cluster, "of m1", severity=severity)
    found = judged(cluster)
    assert (found.mark, found.word, found.text) == (mark, word, "memory of m1 91 % allocated")
    assert found.link == ("alert", str(one.pk))


def test_what_is_pending_disturbs_nobody_yet(cluster: Cluster) -> None:
    alert(cluster, state=Alert.State.PENDING, fired_at=None)
    assert judged(cluster).word == "All well"


def test_what_the_verdict_knows_of_itself_is_not_told_twice(cluster: Cluster) -> None:
    for key in sorted(what_fires.TOLD):
        alert(cluster, key=key)
    assert judged(cluster).word == "All well"


def test_every_rule_that_is_told_by_its_fact_is_in_the_catalogue() -> None:
    assert set(BY_KEY) >= what_fires.TOLD


def test_many_of_one_rule_are_counted_and_the_newest_is_quoted(cluster: Cluster) -> None:
    for number in range(4):
        alert(cluster, f"of m{number}", fired_at=NOON - (9 - number) * MINUTE)
    found = judged(cluster)
    assert found.text.replace("\u00a0", " ") == "Memory allocation: 4 alerts, the newest: memory of m3 91 % allocated"
    assert (found.link, found.others) == (("alerts",), ())


def test_more_rules_than_a_reader_can_take_are_counted(cluster: Cluster) -> None:
    for number in range(5):
        alert(cluster, key=f"own-{number}", severity="warning")
    found = judged(cluster)
    assert [other.text.replace("\u00a0", " ") for other in found.others][-1] == "2 more alerts that nobody has"
    assert len(found.others) == 3 and {other.mark for other in found.others} == {"warn"}


def test_an_alert_without_data_says_so(cluster: Cluster) -> None:
    alert(cluster, "of m1", unknown_since=NOON)
    assert judged(cluster).text == "memory of m1 91 % allocated (no data now)"


def test_a_critical_alert_that_somebody_has_is_no_worse_and_not_well(cluster: Cluster) -> None:
    ana = User.objects.create_user("ana")
    alert(cluster, "of m1", acknowledged_by=ana, acknowledged_at=NOON)
    found = judged(cluster)
    assert (found.mark, found.word) == ("mute", "Known")
    assert found.text == "memory of m1 91 % allocated; critical, acknowledged by ana"


def test_a_silence_hides_the_message_and_not_the_state(cluster: Cluster) -> None:
    silence = Silence.objects.create(
        cluster=cluster,
        matcher="rule:R20",
        why="disk ordered",
        by="vera",
        created_at=NOON,
        begins_at=NOON,
        ends_at=NOON + MINUTE,
    )
    alert(cluster, "of m1", silence=silence)
    found = judged(cluster)
    assert (found.word, found.text) == ("Known", "memory of m1 91 % allocated; critical, silenced by vera")


def test_warnings_that_somebody_has_are_an_aside_of_all_well(cluster: Cluster) -> None:
    alert(cluster, "a", severity="warning", acknowledged_at=NOON)
    alert(cluster, "b", severity="warning", inhibited_by="Agent lost on m1")
    found = judged(cluster)
    assert (found.mark, found.word) == ("good", "All well")
    assert [(other.mark, other.text.replace("\u00a0", " ")) for other in found.others] == [
        ("mute", "alerts that are no news: 1 acknowledged, 1 explained by another")
    ]


@pytest.mark.parametrize("number", [1, 300])
def test_what_fires_costs_one_query_and_a_row_a_rule(
    cluster: Cluster, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        alert(cluster, f"m{place}")
    with django_assert_num_queries(1):
        (found,) = alerts_now.firing(cluster)
        assert (found.count, found.newest.rule.name) == (number, "Memory allocation")


def failed(cluster: Cluster, about: str, name: str, **columns: Any) -> Incident:
    usual = {"kind": {"tasks": "task"}.get(about, about), "began_at": NOON - 9 * MINUTE, "detected_at": NOON}
    return Incident.objects.create(
        cluster=cluster, about=about, subject=f"id-of-{name}", name=name, **{**usual, **columns}
    )


def test_failing_tasks_are_a_warning_with_their_number_since_the_first(cluster: Cluster) -> None:
    one = failed(cluster, "tasks", "metronome", tasks_failed=3)
    found = judged(cluster)
    assert (found.mark, found.link) == ("warn", ("incident", str(one.pk)))
    assert found.text.replace("\u00a0", " ") == "3 tasks of metronome failed in 9 min"


def test_tasks_of_several_frameworks_are_one_finding(cluster: Cluster) -> None:
    failed(cluster, "tasks", "metronome", tasks_failed=3)
    failed(cluster, "tasks", "spark", tasks_failed=4)
    found = judged(cluster)
    assert found.text.replace("\u00a0", " ") == "7 tasks of metronome and spark failed in 9 min"
    assert (found.link, found.others) == (("failures",), ())


def test_an_absent_scheduler_is_told_with_what_it_means(cluster: Cluster) -> None:
    failed(cluster, "scheduler", "marathon", effect="It starts nothing new; its 12 running tasks go on")
    found = judged(cluster)
    assert found.mark == "bad"
    assert found.text.replace("\u00a0", " ") == (
        "scheduler marathon away for 9 min: it starts nothing new; its 12 running tasks go on"
    )


def test_a_failure_that_is_over_is_no_finding(cluster: Cluster) -> None:
    failed(cluster, "tasks", "metronome", tasks_failed=3, state="recovered", ended_at=NOON)
    assert judged(cluster).word == "All well"


def test_a_task_or_two_that_failed_are_said_and_the_cluster_is_well(cluster: Cluster) -> None:
    one = failed(cluster, "tasks", "metronome", tasks_failed=2)
    found = judged(cluster)
    assert (found.mark, found.word) == ("good", "All well")
    (aside,) = found.others
    assert (aside.mark, aside.word, aside.link) == ("mute", "Seen", ("incident", str(one.pk)))
    assert aside.text.replace("\u00a0", " ") == "2 tasks of metronome failed in 9 min"
