"""Recorded failures of a real cluster judged by the catalogue's rules: what has to be seen is, and a fail-over is no loss."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from collectors.sources.masters import decode_snapshot
from dashboard import polling
from dashboard.alerts.evaluate import evaluate
from dashboard.alerts.rules import BY_KEY
from dashboard.models import Alert, Cluster, Framework, Rule
from tests import builders
from tests.alerts.rules.judging import told
from tests.conformance import replaying

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not replaying.EXPECTED, reason="the recordings beside the repository are not here"),
]
SOURCES = ("masters", "summary", "registry", "masters", "summary")
OF_AGENTS_AND_TASKS = {"R6", "R7", "R8", "R9", "R9b", "R14", "R15", "R16", "R17", "R18", "R19", "R20", "R21", "R24"}


def play(*steps: str) -> list[set[tuple[str, str, str]]]:
    """Poll one cluster through the steps and judge after each: rule, subject and state of the alerts that are open then."""
    cluster, open_after = replaying.connect(steps[0]), []
    for step in steps:
        with replaying.playing(step):
            for source in SOURCES:
                polling.poll_now(cluster, source, clock=timezone.now)
        evaluate(cluster.pk, timezone.now())
        found = Alert.objects.filter(ended_at=None).values_list("rule__key", "subject", "state")
        open_after.append(set(found))
    assert not Rule.objects.exclude(error=""), "a rule broke on what a real cluster said"
    return open_after


def about_agents_and_tasks(opened: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    return {alert for alert in opened if alert[0] in OF_AGENTS_AND_TASKS}


def test_a_fail_over_is_no_loss_of_agents_or_tasks() -> None:
    before, *during, after = play(*replaying.FAIL_OVER)
    # An agent had been removed within the hour before it.
    assert about_agents_and_tasks(before) >= {("R9", "", "firing")}
    for opened in (*during, after):
        assert about_agents_and_tasks(opened) <= about_agents_and_tasks(before)
    assert [("R4", "", "pending") in opened for opened in during] == [True, True, False, False]
    assert [("R5", "", "pending") in opened for opened in (*during, after)] == [True, True, True, True, False]
    assert ("R3b", "127.0.0.11", "firing") in after and ("R3", "127.0.0.11", "firing") in after


def test_counters_of_the_new_leader_are_no_loss_even_when_nothing_is_held_back() -> None:
    play("06-agent3-back", "07c-new-leader-just-elected", "07d-new-leader-settled")
    cluster, now = Cluster.objects.get(), timezone.now()
    assert {key: told(key, cluster, now)[""].value for key in ("R14", "R16")} == {"R14": 0, "R16": 0}
    assert all(one.value == 0 for key in ("R7", "R8", "R24") for one in told(key, cluster, now).values())
    assert told("R4", cluster, now)[""].value == 1


def test_a_killed_agent_is_seen_silent_then_unreachable_then_back() -> None:
    *_, silent, unreachable, back = play(
        "04-task-killed-and-flapping", "05a-agent3-killed-1s", "05b-agent3-unreachable", "06-agent3-back"
    )
    agent = "127.0.0.23"
    assert ("R7", agent, "pending") in silent
    assert ("R8", agent, "pending") in unreachable and ("R9", "", "firing") in unreachable
    assert {("R7", agent, "pending"), ("R8", agent, "pending")}.isdisjoint(back)
    assert ("R9", "", "firing") in back, "that it was lost an hour ago or less stays true"
    hosts = {subject for opened in (silent, unreachable, back) for key, subject, _ in opened if key in ("R7", "R8")}
    assert hosts == {agent}


@pytest.mark.django_db
def test_tasks_of_an_unreachable_agent_are_lost_by_the_recorded_figures(shared: Path) -> None:
    cluster = builders.cluster(kind="mesos")
    for place, step in enumerate(("05a-agent3-killed-1s", "05b-agent3-unreachable")):
        body = (shared / "live" / step / "127.0.0.11-5050" / "metrics_snapshot.json").read_bytes()
        metrics, _ = decode_snapshot(body)
        at, uptime = builders.later(20 * place), metrics["master/uptime_secs"]
        builders.write_masters(cluster, builders.master(at=at, uptime_seconds=uptime, metrics=dict(metrics)), now=at)
    lost = told("R14", cluster, builders.later(20))[""]
    assert lost.value == 5 and lost.critical_value is not None and lost.critical_value > 10
    assert lost.says.replace("\u00a0", " ") == "5 tasks lost in 10 min, 5 of them unreachable, 3 running"


def test_a_framework_that_is_away_is_seen_and_a_torn_down_one_is_none() -> None:
    *_, away, torn_down = play("08-old-leader-back-as-follower", "09-framework-disconnected", "10-framework-torn-down")
    ids = dict(Framework.objects.values_list("framework_id", "name"))
    assert {ids[subject] for key, subject, _ in away if key == "R24"} >= {"metronome"}
    assert "marathon-lb" not in {ids[subject] for key, subject, _ in torn_down if key == "R24"}


def test_a_recorded_leader_tells_all_that_its_rules_ask_for() -> None:
    play("10-framework-torn-down")
    unknown = Rule.objects.filter(key__in=("R18", "R25", "R26", "R27", "R27b", "R28", "R30"), judged_at=None)
    assert not unknown, [(rule.key, BY_KEY[rule.key].what) for rule in unknown]
