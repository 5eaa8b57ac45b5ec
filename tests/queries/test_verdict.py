"""The truth table of the sentence at the top of the page."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from collectors.errors import Outcome, PollError
from collectors.records import Harvest, NodeOutcome
from dashboard.models import Cluster, Watch
from dashboard.queries import verdict
from dashboard.queries.verdict import Verdict
from dashboard.store import ingest
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import (
    NOON,
    agent,
    host_metrics,
    later,
    master,
    node_health,
    report,
    summary,
    unit,
    write,
    write_harvest,
    write_masters,
)

pytestmark = pytest.mark.django_db

MASTERS = ("10.0.0.101", "10.0.0.102", "10.0.0.103")


def judged(cluster: Cluster, now: datetime = NOON) -> Verdict:
    """The verdict, where the rules have just been judged."""
    Watch.objects.update_or_create(cluster=cluster, defaults={"evaluated_at": now})
    return verdict.judge(verdict.gather(Cluster.objects.get(pk=cluster.pk), now), now)


def words(cluster: Cluster, now: datetime = NOON) -> tuple[str, str, str]:
    found = judged(cluster, now)
    return found.mark, found.word, found.text.replace("\u00a0", " ")


def well(now: datetime = NOON, *, agents: int = 2) -> Cluster:
    """A cluster in which nothing is wrong."""
    cluster = builders.cluster()
    write_masters(cluster, *(master(host, now) for host in MASTERS), now=now)
    write(cluster, summary(now, *(agent(f"10.0.0.{number + 1}") for number in range(agents))))
    write(cluster, report(now, node_health("10.0.0.1"), node_health("10.0.0.2")))
    write(cluster, host_metrics(at=now))
    return cluster


def fail(cluster: Cluster, source: str, now: datetime) -> None:
    writing = Writing(cluster=Cluster.objects.get(pk=cluster.pk), tick=int(now.timestamp()), now=now)
    ingest.failure(writing, source, PollError(Outcome.REFUSED, "refused"), duration_seconds=0.1)


def test_all_is_well_when_nothing_is_wrong() -> None:
    assert words(well()) == ("good", "All well", "nothing has changed since Day Two began to watch")


def test_well_says_for_how_long_nothing_changed() -> None:
    cluster = well()
    write(cluster, summary(later(10), agent("10.0.0.1"), agent("10.0.0.2"), agent("10.0.0.3")))
    write_masters(cluster, *(master(host, later(40)) for host in MASTERS), now=later(40))
    write(cluster, summary(later(40), agent("10.0.0.1"), agent("10.0.0.2"), agent("10.0.0.3")))
    assert words(cluster, later(40)) == ("good", "All well", "nothing changed in 30 s")


def test_before_the_first_poll_nothing_is_known_and_nothing_is_green() -> None:
    assert words(builders.cluster()) == ("unk", "Unknown", "the first poll has not ended yet")


def test_polls_that_all_failed_are_not_called_a_beginning() -> None:
    cluster = builders.cluster()
    fail(cluster, "masters", NOON)
    assert words(cluster) == ("unk", "Unknown", "no poll has answered yet")


def test_no_answer_from_any_master_is_unknown_not_the_last_colour() -> None:
    found = judged(well(), later(180))
    assert (found.mark, found.word) == ("unk", "Unknown")
    assert found.text.replace("\u00a0", " ") == "no answer from any master for 3 min"
    assert found.link == ("collection",)
    assert not found.others


def test_paused_collecting_does_not_accuse_the_masters() -> None:
    cluster = well()
    Cluster.objects.update(enabled=False)
    assert words(cluster, later(180)) == ("unk", "Unknown", "collecting is paused, no figures for 3 min")


def test_no_leader_is_said_with_what_it_means() -> None:
    cluster = well()
    write_masters(cluster, *(master(host, later(10), elected=False) for host in MASTERS), now=later(10))
    assert words(cluster, later(20)) == (
        "bad",
        "Degraded",
        "no master leads for 10 s: no task can start, running ones go on",
    )


def test_two_leaders_are_both_named() -> None:
    cluster = well()
    write_masters(cluster, *(master(host, NOON, elected=host != MASTERS[2]) for host in MASTERS))
    assert words(cluster) == ("bad", "Degraded", "10.0.0.101 and 10.0.0.102 both claim to lead")


def test_a_silent_agent_is_named_with_its_tasks_and_for_how_long() -> None:
    cluster = well()
    write(cluster, summary(later(10), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    assert words(cluster, later(15)) == ("bad", "Degraded", "agent 10.0.0.2 silent for 5 s, 3 tasks at risk")


def test_an_unreachable_agent_is_the_one_that_the_leader_counts() -> None:
    cluster = well()
    counted = master(MASTERS[0], later(10), metrics={"master/slaves_unreachable": 1.0})
    write_masters(cluster, counted, *(master(host, later(10)) for host in MASTERS[1:]), now=later(10))
    write(cluster, summary(later(10), agent("10.0.0.1")))
    assert words(cluster, later(12))[2] == "agent 10.0.0.2 unreachable for 2 s, 3 tasks at risk"


def test_an_agent_that_left_in_good_order_alarms_nobody() -> None:
    cluster = well()
    write(cluster, summary(later(10), agent("10.0.0.1")))
    assert words(cluster, later(10))[1] == "All well"


def test_many_silent_agents_are_counted_and_three_are_named() -> None:
    cluster = well(agents=5)
    lost = [agent(f"10.0.0.{number}", active=False) for number in range(1, 6)]
    write(cluster, summary(later(10), *lost))
    assert words(cluster, later(10))[2].startswith("5 agents: 10.0.0.1, 10.0.0.2, 10.0.0.3 and 2 more silent")


def test_a_new_leader_that_does_not_list_all_agents_yet_is_settling_not_losing_them() -> None:
    cluster = well()
    write_masters(cluster, *(master(host, later(10), elected=host == MASTERS[1]) for host in MASTERS), now=later(10))
    write(cluster, summary(later(12), agent("10.0.0.1"), leader_hostname=MASTERS[1]))
    assert words(cluster, later(12)) == (
        "warn",
        "Settling",
        "10.0.0.102 leads newly: 1 of 2 agents have re-registered",
    )


def test_a_silent_master_is_told_with_how_many_more_may_be_lost() -> None:
    cluster = well()
    answering = [master(host, later(60)) for host in MASTERS[:2]]
    write_masters(cluster, *answering, silent=MASTERS[2:], now=later(60))
    write(cluster, summary(later(60), agent("10.0.0.1"), agent("10.0.0.2")))
    write(cluster, report(later(60), node_health("10.0.0.1"), node_health("10.0.0.2")))
    assert words(cluster, later(60)) == ("warn", "Warning", "master 10.0.0.103 does not answer; no other may be lost")


def test_an_unhealthy_component_is_named_and_linked() -> None:
    cluster = well()
    sick = node_health("10.0.0.1", unit("dcos-net.service", 1), health=1)
    write(cluster, report(NOON + timedelta(seconds=5), sick, node_health("10.0.0.2")))
    found = judged(cluster, later(5))
    assert found.text.replace("\u00a0", " ") == "net.service unhealthy on 1 node for 0 s"
    assert (found.mark, found.link) == ("bad", ("unit", "dcos-net.service"))


def test_a_node_without_data_is_not_counted_as_one_where_the_component_is_unhealthy() -> None:
    cluster = well()
    sick = node_health("10.0.0.1", unit("dcos-net.service", 1), health=1)
    write(cluster, report(later(5), sick, node_health("10.0.0.2", dark=True)))
    assert words(cluster, later(6))[2] == "net.service unhealthy on 1 node for 1 s"


def test_a_dark_node_is_blindness_not_health() -> None:
    cluster = well()
    write(cluster, report(later(5), node_health("10.0.0.1"), node_health("10.0.0.2", dark=True)))
    assert words(cluster, later(5)) == ("unk", "Partly blind", "no component data from 10.0.0.2")


def test_a_source_without_data_is_told_with_its_age() -> None:
    cluster = well()
    write_masters(cluster, *(master(host, later(300)) for host in MASTERS), now=later(300))
    write(cluster, summary(later(300), agent("10.0.0.1"), agent("10.0.0.2")))
    write(cluster, host_metrics(at=later(300)))
    found = words(cluster, later(300))
    assert found[:2] == ("unk", "Partly blind")
    assert found[2].endswith(", 5 min old")


def test_an_old_summary_accuses_no_agent() -> None:
    cluster = well()
    write(cluster, summary(later(10), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    write(cluster, report(later(300), node_health("10.0.0.1"), node_health("10.0.0.2")))
    write_masters(cluster, *(master(host, later(300)) for host in MASTERS), now=later(300))
    assert words(cluster, later(300))[1] == "Partly blind"


def test_the_headline_is_the_worst_and_the_others_follow_by_severity() -> None:
    cluster = well()
    sick = node_health("10.0.0.1", unit("dcos-net.service", 1), health=1)
    write(cluster, report(later(60), sick, node_health("10.0.0.2", dark=True)))
    answering = [master(host, later(60)) for host in MASTERS[:2]]
    write_masters(cluster, *answering, silent=MASTERS[2:], now=later(60))
    write(cluster, summary(later(60), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    found = judged(cluster, later(60))
    assert found.text.startswith("agent 10.0.0.2 silent")
    assert [(other.mark, other.word) for other in found.others] == [
        ("bad", "Degraded"),
        ("warn", "Warning"),
        ("unk", "Partly blind"),
    ]


@pytest.mark.parametrize("agents", [2, 60])
def test_the_facts_cost_the_same_for_any_number_of_agents(
    agents: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cluster = well(agents=agents)
    cluster.refresh_from_db()
    with django_assert_num_queries(14):
        verdict.judge(verdict.gather(cluster, NOON), NOON)


def test_what_could_not_be_read_is_said_beside_the_sums_it_is_not_in() -> None:
    cluster = well()
    torn = Harvest(records=(summary(later(10), agent("10.0.0.1")),), dropped={"agent: no resources": 1})
    write_harvest(cluster, "summary", torn, now=later(10))
    found = words(cluster, later(10))
    assert found[1] == "Partly blind" and found[2].endswith("1 dropped: agent: no resources")


def test_when_no_master_answers_nobody_says_that_none_leads() -> None:
    cluster = well()
    nodes = tuple(NodeOutcome(host=host, outcome=Outcome.REFUSED) for host in MASTERS)
    writing = Writing(cluster=Cluster.objects.get(), tick=10, now=later(10))
    ingest.failure(writing, "masters", PollError(Outcome.REFUSED, "refused", nodes=nodes), duration_seconds=0.1)
    found = judged(cluster, later(12))
    told = " ".join([found.text, *(other.text for other in found.others)])
    assert "no master leads" not in told and found.mark != "bad"


def test_rules_that_nobody_judges_are_blindness() -> None:
    cluster = well()
    Watch.objects.create(cluster=cluster, evaluated_at=NOON - timedelta(seconds=90))
    found = verdict.judge(verdict.gather(cluster, NOON), NOON)
    assert (found.mark, found.word, found.link) == ("unk", "Partly blind", ("alerts",))
    assert found.text.startswith("the rules have not been judged for 1\u00a0min")


def test_rules_that_were_never_judged_are_blindness_once_they_should_have_been() -> None:
    cluster = well()
    assert verdict.judge(verdict.gather(cluster, NOON), NOON).word == "All well"
    Cluster.objects.update(created_at=NOON - timedelta(minutes=5))
    cluster.refresh_from_db()
    found = verdict.judge(verdict.gather(cluster, NOON), NOON)
    assert found.text == "the rules have never been judged: what should fire is not known"


def test_a_paused_cluster_is_not_blamed_for_rules_that_nobody_judges() -> None:
    cluster = well()
    Cluster.objects.update(enabled=False, created_at=NOON - timedelta(minutes=5))
    cluster.refresh_from_db()
    found = verdict.judge(verdict.gather(cluster, NOON), NOON)
    assert (found.mark, found.word, found.others) == ("mute", "Paused", ())
