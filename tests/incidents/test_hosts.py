"""The kind of a failure by what was heard of the host: a truth table over sources, ends and ages."""

from __future__ import annotations

import pytest

from collectors.errors import Outcome
from dashboard.incidents import hosts
from dashboard.incidents.hosts import Heard
from tests.builders import NOON, later

SINCE, NOW = NOON, later(120)


def kind(*heard: Heard | None) -> str:
    return hosts.judge([one for one in heard if one is not None], SINCE, NOW).kind


def answered(at: float) -> Heard | None:
    return hosts.of_metrics(Outcome.OK, later(at), later(at), 0)


def silent(at: float, *, failures: int = 1, answered_at: float | None = None) -> Heard | None:
    good = None if answered_at is None else later(answered_at)
    return hosts.of_metrics(Outcome.SERVER_ERROR, later(at), good, failures)


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        ([], "agent_or_host"),
        ([answered(-1)], "agent_or_host"),
        ([silent(-1)], "agent_or_host"),
        ([answered(10)], "agent_process"),
        ([silent(10)], "host"),
        ([silent(70, failures=1, answered_at=10)], "agent_process"),
        ([silent(70, failures=2, answered_at=10)], "host"),
        ([silent(70, failures=1, answered_at=-10)], "host"),
    ],
)
def test_only_what_is_newer_than_the_silence_counts(heard: list[Heard], found: str) -> None:
    assert kind(*heard) == found


@pytest.mark.parametrize("outcome", sorted(hosts.KERNEL_ANSWERS))
def test_every_end_that_only_a_living_host_gives_clears_it(outcome: Outcome) -> None:
    assert kind(hosts.of_port(outcome, later(10), None, direct=True)) == "agent_process"
    assert kind(hosts.of_port(outcome, later(10), None, direct=False)) == "agent_or_host"


@pytest.mark.parametrize("outcome", sorted(hosts.NOBODY_THERE))
def test_where_nobody_takes_the_connection_the_host_is_silent(outcome: Outcome) -> None:
    assert kind(hosts.of_port(outcome, later(10), None, direct=True)) == "host"


@pytest.mark.parametrize("outcome", [Outcome.DNS, Outcome.TLS_EXPIRED, Outcome.INTERNAL_ERROR, Outcome.SKIPPED_OVERLAP])
def test_an_end_that_is_ours_proves_nothing(outcome: Outcome) -> None:
    assert hosts.of_port(outcome, later(10), None, direct=True) is None


def test_any_answer_outweighs_any_silence() -> None:
    refused = hosts.of_port(Outcome.REFUSED, later(10), None, direct=True)
    dark = hosts.of_diagnostics(dark=True, since=later(5), taken_at=later(60), silent_since=SINCE)
    assert kind(silent(10), dark) == "host"
    assert kind(silent(10), dark, refused) == "agent_process"
    assert kind(dark, hosts.of_unit("dcos-mesos-slave.service", later(60))) == "agent_process"


def test_diagnostics_that_were_dark_long_before_say_nothing() -> None:
    assert hosts.of_diagnostics(dark=True, since=later(-3600), taken_at=later(60), silent_since=SINCE) is None
