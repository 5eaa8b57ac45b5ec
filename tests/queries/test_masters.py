from __future__ import annotations

from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome, PollError
from collectors.records import NodeOutcome
from dashboard.models import Cluster, Event
from dashboard.queries import masters, masters_in_words, window
from dashboard.queries.masters import Leadership, Masters
from dashboard.store import ingest
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import NOON, later, master, write_masters

pytestmark = pytest.mark.django_db
A, B, C = "10.0.0.101", "10.0.0.102", "10.0.0.103"


def fresh() -> Cluster:
    return Cluster.objects.get()


def now(at: datetime = NOON) -> Masters:
    return masters.now(fresh(), at)


def said(at: datetime = NOON) -> str:
    found = masters_in_words.said(now(at), at)
    return f"{found.first}{found.then} {found.rest}".replace("\u00a0", " ")


def three(at: datetime = NOON, leader: str = A, silent: tuple[str, ...] = ()) -> None:
    cluster = Cluster.objects.first() or builders.cluster()
    answering = [master(host, at, elected=host == leader) for host in (A, B, C) if host not in silent]
    write_masters(cluster, *answering, silent=silent, now=at)


def test_the_leader_is_first_then_the_shortest_uptime_then_the_silent() -> None:
    standbys = [master(host, elected=False, uptime_seconds=uptime) for host, uptime in ((B, 900.0), (C, 60.0))]
    write_masters(builders.cluster(), *standbys, master(A), silent=("10.0.0.9",))
    assert [row.master.host for row in now().rows] == [A, C, B, "10.0.0.9"]
    assert [row.state.word for row in now().rows] == ["Leading", "Standby", "Standby", "Not reachable from here"]


def test_all_well_in_a_sentence() -> None:
    three()
    three(later(60))
    assert said(later(60)) == (
        f"{A} leads at least since 12:00:00, 1 min ago. "
        "All 3 answer; the sum of elected is 1; quorum is 2: 1 more can be lost. Mesos 1.11.0 on all."
    )


def test_a_leader_we_saw_elected_leads_since_then() -> None:
    three(leader=A)
    three(later(10), leader=B, silent=(A,))
    assert said(later(20)).startswith(f"{B} leads since 12:00:10, 10 s ago. 2 of 3 answer; ")
    assert "quorum is 2: none can be lost" in said(later(20))


def test_two_leaders_and_none_are_faults() -> None:
    write_masters(builders.cluster(), master(A, elected=True), master(B, elected=True))
    assert said().startswith(
        f"{A} and {B} claim to lead, only one may. All 2 answer; the sum of elected is 2 and must be 1"
    )
    three(later(10), leader="nobody")
    assert said(later(10)).startswith("No master leads: no task can start, running ones go on.")


def test_a_master_never_reached_is_not_called_down_and_hides_the_spare() -> None:
    three(silent=(C,))
    assert "2 of 3 answer, 1 cannot be reached from here; the sum of elected is 1; quorum is 2. Mesos" in said()
    assert now().unseen == 1 and now().rows[-1].reason == "connection refused — refused"


def test_a_master_that_stopped_answering_is_bad_and_its_figures_are_not_shown_as_now() -> None:
    three()
    three(later(10), silent=(C,))
    row = now(later(20)).rows[-1]
    assert (row.master.host, row.state.word, row.uptime_seconds, row.age_seconds) == (C, "No answer", None, 20)


def test_our_own_silence_is_not_the_masters() -> None:
    three()
    rows = now(later(300)).rows
    assert {row.state.word for row in rows} == {"No data"} and {row.state.mark for row in rows} == {"unk"}
    assert said(later(300)) == (
        "Who leads is not known: nothing heard from any master for 5 min. "
        f"{A} led when one last answered. Last poll: answered."
    )


def test_before_the_first_answer_the_reason_is_given() -> None:
    cluster = builders.cluster()
    error = PollError(Outcome.DNS, "router.test", nodes=(NodeOutcome(host=A, port=5050, outcome=Outcome.DNS),))
    ingest.failure(Writing(cluster=cluster, tick=0, now=NOON), "masters", error, duration_seconds=1)
    assert said() == "No master has answered yet. Last poll: name does not resolve — router.test. "


def test_versions_that_differ_are_named() -> None:
    cluster = builders.cluster()
    older = master(B, elected=False)
    newer = type(older)(**{**{name: getattr(older, name) for name in older.__struct_fields__}, "version": "1.9.0"})
    write_masters(cluster, master(A), newer)
    assert said().endswith("They differ: Mesos 1.11.0 and 1.9.0.")


def test_who_led_follows_the_changes_and_begins_where_we_did() -> None:
    three(later(-3600), leader=A)
    Cluster.objects.update(created_at=later(-3600))
    three(later(-1800), leader="nobody")
    three(later(-1790), leader=B)
    assert masters.led(fresh(), later(-7200), NOON) == [
        Leadership(A, later(-3600), later(-1800)),
        Leadership("", later(-1800), later(-1790)),
        Leadership(B, later(-1790), NOON),
    ]


def test_history_from_before_the_cluster_was_added_never_runs_backwards() -> None:
    three(later(-3600), leader=A)
    three(later(-1800), leader=B)
    spans = masters.led(fresh(), later(-7200), NOON)
    assert Event.objects.filter(kind=Event.Kind.LEADER).exists()
    assert spans == [Leadership(B, later(-1800), NOON)]


def test_leadership_is_known_no_longer_than_the_last_answer() -> None:
    three()
    assert now(later(10)).known_until(later(10)) == later(10)
    assert now(later(600)).known_until(later(600)) == NOON


def test_the_queue_is_that_of_whoever_led_and_a_gap_between_them() -> None:
    cluster = builders.cluster()
    queue = "master/event_queue_messages"
    for at, leader in ((0, A), (10, None), (20, B)):
        pair = [
            master(host, later(at), elected=host == leader, metrics={queue: 7.0 if host == A else 9.0})
            for host in (A, B)
        ]
        write_masters(cluster, *pair, now=later(at))
    values = masters.leaders_queues(fresh(), window.of("1h", later(29)))[queue]
    assert [float(value) for value in values[-3:] if value == value] == [7.0, 9.0]


def test_a_master_forgotten_for_a_day_is_no_longer_one() -> None:
    three()
    write_masters(fresh(), master(A, later(90000)), now=later(90000))
    assert [row.master.host for row in now(later(90000)).rows] == [A]


def test_the_price(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    three()
    cluster = fresh()
    with django_assert_num_queries(2):
        masters.now(cluster, NOON)
    with django_assert_num_queries(1):
        masters.led(cluster, later(-3600), NOON)


def test_a_poll_that_nobody_answers_leaves_the_leader_unknown_not_absent() -> None:
    three()
    nodes = tuple(NodeOutcome(host=host, port=5050, outcome=Outcome.REFUSED) for host in (A, B, C))
    error = PollError(Outcome.REFUSED, "router.test", nodes=nodes)
    ingest.failure(Writing(cluster=fresh(), tick=10, now=later(10)), "masters", error, duration_seconds=1)
    assert said(later(12)).startswith("Who leads is not known: nothing heard from any master for 12 s. ")
    assert f"{A} led when one last answered" in said(later(12))


def test_a_leader_that_restarted_begins_a_span_of_its_own() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master(A))
    write_masters(cluster, master(A, later(60), uptime_seconds=5), now=later(60))
    spans = masters.led(fresh(), NOON, later(90))
    assert spans == [Leadership(A, NOON, later(60)), Leadership(A, later(60), later(90))]
