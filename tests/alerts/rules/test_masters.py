from __future__ import annotations

from collections.abc import Mapping

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import NodeOutcome
from dashboard.alerts.definition import EVERYTHING, Measured
from dashboard.alerts.rules import BY_KEY
from dashboard.models import Cluster
from dashboard.store import ingest
from dashboard.store.writing import Writing
from tests import builders
from tests.alerts.rules.judging import told
from tests.builders import later, master, write_masters

pytestmark = pytest.mark.django_db
A, B, C = "10.0.0.101", "10.0.0.102", "10.0.0.103"


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def three(
    cluster: Cluster,
    seconds: float = 0,
    *,
    leader: str = A,
    silent: tuple[str, ...] = (),
    uptimes: Mapping[str, float] | None = None,
) -> None:
    at = later(seconds)
    lived = dict.fromkeys((A, B, C), 86_400 + seconds) | dict(uptimes or {})
    answering = [
        master(host, at, elected=host == leader, uptime_seconds=lived[host]) for host in (A, B, C) if host not in silent
    ]
    write_masters(cluster, *answering, silent=silent, now=at)


def fail(cluster: Cluster, seconds: float, outcome: Outcome = Outcome.TIMEOUT_CONNECT) -> None:
    """A poll of the masters that brings nothing at all."""
    nodes = tuple(NodeOutcome(host=host, port=5050, outcome=outcome, detail="silent") for host in (A, B, C))
    error = PollError(outcome, "no answer within 5 s", nodes=nodes)
    fresh = Cluster.objects.get(pk=cluster.pk)
    writing = Writing(cluster=fresh, tick=int(later(seconds).timestamp()), now=later(seconds))
    ingest.failure(writing, "masters", error, duration_seconds=5.0)


def one(key: str, cluster: Cluster, seconds: float = 0) -> Measured:
    (found,) = told(key, cluster, later(seconds)).values()
    return found


def test_masters_that_answer_are_counted(cluster: Cluster) -> None:
    three(cluster)
    assert one("R2", cluster).value == 3


def test_when_no_master_answers_it_is_zero_and_says_since_when_and_why(cluster: Cluster) -> None:
    three(cluster)
    for seconds in range(10, 250, 10):
        fail(cluster, seconds)
    found = one("R2", cluster, 240)
    assert found.value == 0
    assert found.says.replace("\u00a0", " ") == "no master answers for 3 min 50 s: no answer within 5 s"


def test_unreachable_is_judged_without_any_current_source_and_mutes_everything() -> None:
    assert BY_KEY["R2"].sources == ()
    assert BY_KEY["R2"].mutes == EVERYTHING


@pytest.mark.parametrize("outcome", [Outcome.AUTH, Outcome.FORBIDDEN, Outcome.NOT_LEADER])
def test_a_master_that_refuses_us_is_not_unreachable(cluster: Cluster, outcome: Outcome) -> None:
    fail(cluster, 0, outcome)
    found = one("R2", cluster)
    assert found.value is None and "does not tell" in found.why


def test_when_day_two_itself_does_not_ask_nothing_is_said_of_the_cluster(cluster: Cluster) -> None:
    assert one("R2", cluster).why == "the masters have not been asked yet"
    fail(cluster, 0)
    found = one("R2", cluster, 1200)
    assert found.value is None and found.why.startswith("Day Two has not asked the masters for 20")
    fail(cluster, 1200, Outcome.INTERNAL_ERROR)
    assert one("R2", cluster, 1200).value is None


def test_without_an_answer_nobody_knows_who_leads(cluster: Cluster) -> None:
    three(cluster)
    fail(cluster, 10)
    found = one("R4", cluster, 10)
    assert (found.value, found.why) == (None, "no master answers")


def test_standbys_that_do_not_lead_are_no_alert_while_one_does(cluster: Cluster) -> None:
    for seconds in range(0, 3600, 600):
        three(cluster, seconds)
        assert one("R4", cluster, seconds).value == 1
    assert one("R4b", cluster, 3000).says == f"{A} leads"


def test_no_leader_is_told_when_most_masters_answer(cluster: Cluster) -> None:
    three(cluster)
    three(cluster, 10, leader="", silent=(A,))
    found = one("R4", cluster, 70)
    assert one("R4", cluster, 20).value == 0
    assert found.value is None, "a minute later nothing is known of them any more"
    assert one("R4", cluster, 30).says.replace("\u00a0", " ") == (
        "no master leads for 20 s: 2 masters answering, the sum of elected is 0"
    )


def test_while_most_masters_are_silent_the_leader_may_be_among_them(cluster: Cluster) -> None:
    three(cluster)
    three(cluster, 10, leader="", silent=(A, B))
    found = one("R4", cluster, 10)
    assert found.value is None and found.why.startswith(f"{A} led and does not answer")


def test_two_that_claim_to_lead_are_named(cluster: Cluster) -> None:
    three(cluster)
    write_masters(cluster, master(A, later(10), elected=True), master(B, later(10), elected=True), now=later(10))
    found = one("R4b", cluster, 10)
    assert (found.value, found.says) == (2, f"{A}, {B} say that they lead")


def test_no_leader_mutes_what_it_explains() -> None:
    muted = BY_KEY["R4"].mutes
    assert {"R5", "R6", "R9b", "R13", "R20"} <= muted
    assert not muted & {"R2", "R3", "R4", "R4b", "R21", "R31"}


def test_uptimes_that_fall_again_are_flapping_and_one_that_grows_is_not(cluster: Cluster) -> None:
    for seconds, uptime in ((0, 30), (60, 90), (120, 30), (180, 90)):
        write_masters(cluster, master(A, later(seconds), uptime_seconds=uptime), now=later(seconds))
    assert one("R3", cluster, 180).value == 2
    other = builders.cluster("other")
    for seconds, uptime in ((0, 30), (60, 90), (120, 150)):
        write_masters(other, master(A, later(seconds), uptime_seconds=uptime), now=later(seconds))
    assert one("R3", other, 120).value == 1


def test_four_starts_in_an_hour_are_as_bad_as_two_in_ten_minutes(cluster: Cluster) -> None:
    for seconds in range(0, 3600, 900):
        write_masters(cluster, master(A, later(seconds), uptime_seconds=20), now=later(seconds))
    found = one("R3", cluster, 2700)
    assert (found.value, found.critical_value) == (2, 2)


def test_a_master_restarted_while_its_uptime_is_below_five_minutes(cluster: Cluster) -> None:
    three(cluster, 0, uptimes={B: 40})
    found = told("R3b", cluster)
    assert found[B].value == 40 and found[B].host == B
    assert found[B].says.replace("\u00a0", " ") == f"master {B} started 40 s ago"
    assert found[A].value == 86_400


def test_of_a_silent_master_the_uptime_is_not_known(cluster: Cluster) -> None:
    three(cluster)
    three(cluster, 10, silent=(C,))
    found = told("R3b", cluster, later(10))[C]
    assert found.value is None and "refused" in found.why


def test_one_fail_over_is_one_election_and_coming_back_is_another(cluster: Cluster) -> None:
    three(cluster)
    assert one("R4c", cluster).value == 0
    three(cluster, 10, leader="", silent=(A,))
    three(cluster, 20, leader=B, silent=(A,))
    assert one("R4c", cluster, 20).value == 1
    three(cluster, 30, leader=A)
    assert one("R4c", cluster, 30).value == 2
    assert one("R4c", cluster, 3640).value == 0


def test_silent_masters_are_counted_and_weighed_against_the_quorum(cluster: Cluster) -> None:
    three(cluster)
    assert one("R5", cluster).value == 0
    three(cluster, 10, silent=(C,))
    found = one("R5", cluster, 10)
    assert (found.value, found.critical_value) == (1, 0)
    assert found.says.replace("\u00a0", " ") == f"2 of 3 masters answering, quorum is 2: {C} silent"
    three(cluster, 20, silent=(B, C))
    assert one("R5", cluster, 20).critical_value == 1


def test_a_single_master_and_one_that_never_answered_are_not_missing(cluster: Cluster) -> None:
    write_masters(cluster, master(A))
    assert told("R5", cluster) == {}
    write_masters(cluster, master(A, later(10)), silent=(B, C), now=later(10))
    assert told("R5", cluster, later(10)) == {}


def test_a_master_that_was_taken_off_the_list_is_not_missed(cluster: Cluster) -> None:
    three(cluster)
    three(cluster, 10, silent=(C,))
    write_masters(cluster, master(A, later(600)), master(B, later(600)), now=later(600))
    assert one("R5", cluster, 600).value == 0
    assert C not in told("R3", cluster, later(600))
