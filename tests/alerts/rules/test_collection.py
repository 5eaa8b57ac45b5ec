from __future__ import annotations

from typing import Any

import pytest

from collectors.errors import Outcome, PollError
from dashboard.models import Cluster, Poll
from dashboard.store import ingest
from dashboard.store.writing import Writing
from tests import builders
from tests.alerts.rules.judging import told
from tests.builders import NOON, host_metrics, interface, later, master, write, write_machines, write_masters

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster() -> Cluster:
    cluster = builders.cluster()
    write_masters(cluster, master())
    write(cluster, builders.summary(NOON))
    return cluster


def fail(cluster: Cluster, source: str, outcome: Outcome, seconds: float) -> None:
    writing = Writing(cluster=Cluster.objects.get(pk=cluster.pk), tick=0, now=later(seconds))
    ingest.failure(writing, source, PollError(outcome, "401 from the router"), duration_seconds=0.1)


def test_a_source_is_overdue_only_after_two_and_a_half_of_its_periods(cluster: Cluster) -> None:
    assert told("R1", cluster, later(24))["summary"].value == 0
    assert told("R1", cluster, later(200))["summary"].value == 190
    assert told("R1", cluster, later(200))["flags"].value == 0


def test_a_source_that_never_answered_is_as_old_as_its_cluster_is_watched(cluster: Cluster) -> None:
    assert told("R1", cluster, later(1000))["agents"].value == 940


def test_only_the_silence_of_what_the_verdict_rests_on_wakes_somebody(cluster: Cluster) -> None:
    found = told("R1", cluster, later(5000))
    assert found["summary"].critical_value == found["summary"].value
    assert (found["agents"].critical_value, found["agents"].value) == (0.0, 4940)


def test_a_refused_sign_in_is_shown_as_that_and_the_blind_rules_are_named(cluster: Cluster) -> None:
    fail(cluster, "summary", Outcome.AUTH, 200)
    fail(cluster, "masters", Outcome.REFUSED, 200)
    found = told("R1", cluster, later(200))
    assert (found["summary"].reason, found["masters"].reason) == ("sign-in", "refused")
    assert found["summary"].says.startswith("Agents and frameworks: nothing new for 3\u00a0min; not judged: R")
    assert "sign-in refused: token or password is missing" in found["summary"].says
    assert "sign-in" not in found["masters"].says


def test_what_the_cluster_does_not_offer_is_not_overdue(cluster: Cluster) -> None:
    fail(cluster, "nodes", Outcome.NOT_FOUND, 10)
    assert "nodes" not in told("R1", cluster, later(5000))


def test_a_refused_sign_in_is_told_at_once_and_taken_back_with_the_next_answer(cluster: Cluster) -> None:
    assert told("R69", cluster, later(5))[""].value == 0
    fail(cluster, "summary", Outcome.AUTH, 10)
    found = told("R69", cluster, later(12))[""]
    assert found.value == 1
    assert "since 12:00:10" in found.says


def test_how_much_of_its_period_a_poll_takes_is_unknown_without_one(cluster: Cluster) -> None:
    found = told("R70", cluster, later(1))
    assert found["summary"].value == pytest.approx(0.01)
    assert found["agents"].value is None


def poll(cluster: Cluster, **columns: Any) -> None:
    said = {"source": "nodes", "due_at": NOON, "started_at": NOON, "ended_at": later(1), **columns}
    Poll.objects.create(cluster=cluster, **said)


def test_missed_polls_and_things_left_out_are_counted(cluster: Cluster) -> None:
    poll(cluster, outcome=Outcome.OK, kept=90, dropped=10)
    for minute in (1, 2):
        poll(cluster, due_at=later(60 * minute), started_at=None, ended_at=later(60 * minute), outcome=Outcome.MISSED)
    assert told("R70b", cluster, later(150))[""].value == 2.0
    assert told("R68", cluster, later(150))["nodes"].value == pytest.approx(0.1)


def test_broken_packets_are_a_share_of_all_and_a_reset_is_no_flood(cluster: Cluster) -> None:
    from collectors.records import InterfaceReading

    def eth(packets: float, errors: float) -> InterfaceReading:
        return InterfaceReading(name="eth0", in_packets=packets, out_packets=packets, in_errors=errors, out_errors=0.0)

    for minute, (packets, errors) in enumerate([(1e6, 50.0), (1.004e6, 150.0), (2000.0, 3.0)]):
        quiet = host_metrics("10.0.0.2", later(60 * minute), interfaces=(interface(),))
        write_machines(cluster, host_metrics("10.0.0.1", later(60 * minute), interfaces=(eth(packets, errors),)), quiet)
    found = told("R41", cluster, later(120))
    assert list(found) == ["10.0.0.1|eth0"]
    assert found["10.0.0.1|eth0"].value == pytest.approx(103 / (103 + 2 * 6000))


def test_what_got_old_while_day_two_stood_still_is_unknown_until_it_was_watched_for_as_long(cluster: Cluster) -> None:
    since = later(21_600)
    assert told("R1", cluster, later(21_605), judged_since=since)["summary"].value is None
    found = told("R1", cluster, later(21_605), judged_since=since)["agents"]
    assert (found.value, found.why) == (None, "nothing was judged until 5\u00a0s ago")
    assert told("R1", cluster, later(21_800), judged_since=since)["summary"].value == 190


def test_a_refused_sign_in_is_not_taken_back_by_silence(cluster: Cluster) -> None:
    fail(cluster, "summary", Outcome.AUTH, 10)
    fail(cluster, "masters", Outcome.AUTH, 10)
    assert told("R69", cluster, later(12))[""].value == 2
    fail(cluster, "summary", Outcome.REFUSED, 20)
    fail(cluster, "masters", Outcome.REFUSED, 20)
    found = told("R69", cluster, later(22))[""]
    assert (found.value, found.why) == (None, "no source that needs the sign-in answers")


def test_an_interface_of_a_silent_machine_is_unknown_and_not_gone(cluster: Cluster) -> None:
    write(cluster, builders.summary(NOON, builders.agent("10.0.0.1")))
    write_machines(cluster, host_metrics("10.0.0.1", NOON, interfaces=(interface(),)))
    write_machines(cluster, host_metrics("10.0.0.2", later(3600), interfaces=(interface(),)))
    found = told("R41", cluster, later(3600), opened=frozenset({"10.0.0.1|eth0", "10.0.0.9|eth0"}))
    assert found["10.0.0.1|eth0"].value is None
    assert "10.0.0.9|eth0" not in found
