from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster
from dashboard.queries import master_lives
from dashboard.queries.master_lives import Lives
from tests import builders
from tests.builders import later, master, write_masters

pytestmark = pytest.mark.django_db
A, B = "10.0.0.101", "10.0.0.102"
LOST = "master/tasks_lost"
TEN = timedelta(minutes=10)


def say(seconds: float, host: str = A, *, uptime: float = 86_400, **metrics: float) -> None:
    """One master answers, `seconds` after noon, having lived for `uptime` at that moment."""
    cluster = Cluster.objects.first() or builders.cluster()
    names = {f"master/{name}": value for name, value in metrics.items()}
    snapshot = master(host, later(seconds), uptime_seconds=uptime, metrics=names | {"master/uptime_secs": uptime})
    write_masters(cluster, snapshot, now=later(seconds))


def lives(seconds: float) -> Lives:
    return master_lives.of(Cluster.objects.get(), later(seconds))


def test_counters_of_a_new_leader_are_added_and_never_subtracted_from_the_old_one() -> None:
    say(0, A, tasks_lost=500.0)
    say(10, A, tasks_lost=500.0, uptime=86_410)
    say(20, B, tasks_lost=0.0)
    say(30, B, tasks_lost=2.0, uptime=86_410)
    assert lives(30).rise(LOST, TEN) == 2


def test_a_life_that_began_meanwhile_counts_from_zero() -> None:
    say(0, A, tasks_lost=500.0)
    say(60, A, tasks_lost=3.0, uptime=20)
    assert lives(60).rise(LOST, TEN) == 3


def test_a_life_that_is_first_seen_long_after_its_start_counts_from_what_it_said_first() -> None:
    say(0, A, tasks_lost=500.0)
    assert lives(0).rise(LOST, TEN) is None
    say(10, A, tasks_lost=507.0, uptime=86_410)
    assert lives(10).rise(LOST, TEN) == 7


def test_what_rose_before_the_window_is_not_in_it() -> None:
    for seconds, lost in ((0, 1.0), (10, 9.0), (700, 9.0), (710, 10.0)):
        say(seconds, A, tasks_lost=lost, uptime=86_400 + seconds)
    assert lives(710).rise(LOST, TEN) == 1
    assert lives(710).rise(LOST, timedelta(hours=1)) == 9


def test_a_counter_that_this_mesos_does_not_have_is_not_zero() -> None:
    say(0, A, tasks_lost=1.0)
    say(10, A, tasks_lost=1.0, uptime=86_410)
    found = lives(10)
    assert found.rise(LOST, TEN) == 0
    assert found.rise("master/tasks_gone", TEN) is None
    assert found.told(LOST) and not found.told("master/tasks_gone")


def test_starts_are_counted_out_of_lives_so_that_no_poll_has_to_see_the_short_uptime() -> None:
    for seconds, uptime in ((0, 30), (60, 90), (120, 30), (180, 90)):
        say(seconds, A, uptime=uptime)
    assert lives(180).starts(A, TEN) == 2
    assert lives(180).starts(B, TEN) == 0


def test_a_master_that_goes_on_living_started_once() -> None:
    for seconds, uptime in ((0, 30), (60, 90), (120, 150)):
        say(seconds, A, uptime=uptime)
    assert lives(120).starts(A, TEN) == 1
    assert lives(1200).starts(A, TEN) == 0


def test_the_latest_is_of_the_present_life_and_of_its_last_answer_alone() -> None:
    say(0, A, tasks_running=40.0, tasks_staging=3.0)
    say(60, A, tasks_running=5.0, uptime=20)
    latest = lives(60).latest(A)
    assert latest["master/tasks_running"] == 5
    assert latest["master/tasks_staging"] is None
    assert lives(60).latest(B) == {}


def test_a_gauge_grows_within_one_life() -> None:
    say(0, A, tasks_unreachable=90.0)
    say(60, A, tasks_unreachable=2.0, uptime=20)
    say(120, A, tasks_unreachable=7.0, uptime=80)
    assert lives(120).growth(A, "master/tasks_unreachable", TEN) == 5


def test_a_master_on_another_port_is_another_place() -> None:
    cluster = builders.cluster()
    other = master(A, uptime_seconds=30.0)
    write_masters(
        cluster, type(other)(**{name: getattr(other, name) for name in other.__struct_fields__} | {"port": 5055})
    )
    assert {life.place for life in lives(0).lives} == {f"{A}:5055"}


def test_the_lives_of_five_masters_cost_three_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    write_masters(cluster, *(master(f"10.0.0.{number}") for number in range(101, 106)))
    with django_assert_num_queries(3):
        master_lives.of(cluster, later(0))
