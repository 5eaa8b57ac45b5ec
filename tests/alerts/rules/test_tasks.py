from __future__ import annotations

import pytest

from dashboard.alerts.definition import Measured
from dashboard.models import Cluster
from dashboard.store import masters, readings
from tests import builders
from tests.alerts.rules.judging import told
from tests.builders import NOON, later, master, write_masters

pytestmark = pytest.mark.django_db
A, B = "10.0.0.101", "10.0.0.102"


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def say(cluster: Cluster, seconds: float, leader: str = A, **tasks: float) -> None:
    """Both masters answer; the leader says these numbers of tasks, the standby that it has none."""
    at, uptime = later(seconds), 86_400 + seconds
    said = {f"master/tasks_{name}": value for name, value in tasks.items()}
    none = dict.fromkeys(said, 0.0)
    both = [
        master(host, at, elected=host == leader, uptime_seconds=uptime, metrics=said if host == leader else none)
        for host in (A, B)
    ]
    write_masters(cluster, *both, now=at)


def one(key: str, cluster: Cluster, seconds: float = 0) -> Measured:
    (found,) = told(key, cluster, later(seconds)).values()
    return found


def test_a_new_leaders_counters_are_neither_a_fall_nor_a_surge(cluster: Cluster) -> None:
    """A has lost 500 since ever, B begins at 0 and loses 2."""
    say(cluster, 0, A, lost=500.0, running=90.0)
    write_masters(
        cluster, master(B, later(10), elected=True, metrics={"master/tasks_lost": 0.0}), silent=(A,), now=later(10)
    )
    say(cluster, 20, B, lost=2.0, running=90.0)
    assert one("R14", cluster, 20).value == 2


def test_standbys_that_count_nothing_for_an_hour_are_no_loss(cluster: Cluster) -> None:
    for seconds in range(0, 3600, 300):
        say(cluster, seconds, A, lost=500.0, failed=21.0, error=4.0, killed=9.0, running=90.0)
        if seconds:
            assert one("R14", cluster, seconds).value == 0
            assert one("R15", cluster, seconds).value == 0
            assert one("R16", cluster, seconds).value == 0


def test_lost_tasks_weigh_by_number_or_by_their_share_of_what_ran(cluster: Cluster) -> None:
    say(cluster, 0, lost=0.0, running=40.0)
    say(cluster, 60, lost=2.0, running=38.0)
    two = one("R14", cluster, 60)
    assert (two.value, two.critical_value) == (2, 2), "two of forty may be one in twenty, and are but two"
    say(cluster, 120, lost=4.0, running=36.0)
    four = one("R14", cluster, 120)
    assert (four.value, four.critical_value) == (4, 20)
    assert four.says.replace("\u00a0", " ") == "4 tasks lost in 10 min, 36 running"


def test_tasks_that_became_unreachable_are_lost_to_those_who_know_partitions(cluster: Cluster) -> None:
    say(cluster, 0, lost=0.0, unreachable=5.0, running=100.0)
    say(cluster, 60, lost=1.0, unreachable=12.0, running=92.0)
    found = one("R14", cluster, 60)
    assert found.value == 8
    assert "8 tasks lost in 10 min, 7 of them unreachable" in found.says.replace("\u00a0", " ")


def test_failures_are_a_share_of_all_that_ended_from_five_on(cluster: Cluster) -> None:
    say(cluster, 0, failed=100.0, finished=1_000.0, killed=10.0)
    say(cluster, 60, failed=104.0, finished=1_000.0, killed=10.0)
    few = one("R15", cluster, 60)
    assert few.value == 0 and "fewer than 5 are not judged" in few.says
    say(cluster, 120, failed=110.0, finished=1_020.0, killed=20.0)
    found = one("R15", cluster, 120)
    assert found.value == pytest.approx(10 / 40)
    assert found.says.replace("\u00a0", " ") == "10 of 40 tasks that ended in 10 min failed"


def test_a_counter_that_this_mesos_lacks_is_unknown_and_not_zero(cluster: Cluster) -> None:
    say(cluster, 0, running=3.0)
    say(cluster, 10, running=3.0)
    for key, name in (("R14", "lost"), ("R16", "error")):
        found = one(key, cluster, 10)
        assert (found.value, found.why) == (None, f"this Mesos 1.11.0 does not tell master/tasks_{name}")


def test_one_answer_alone_says_nothing_of_a_rise(cluster: Cluster) -> None:
    say(cluster, 0, error=4.0)
    assert one("R16", cluster).why == "not yet two answers of one master to compare"


def test_kills_are_held_against_the_usual_and_twenty(cluster: Cluster) -> None:
    say(cluster, 0, killed=1_000.0)
    say(cluster, 600, killed=1_040.0)
    assert one("R17", cluster, 600).why == "what is usual is known after six hours of figures"
    subject = readings.subjects(cluster, {("master", "old@1"): "old"}, seen_at=NOON)["master", "old@1"]
    at, width = masters.LAYOUT.index("master/tasks_killed"), len(masters.LAYOUT)
    rows = [
        (
            int(later(-600 * place).timestamp()),
            subject,
            [50_000.0 - 8 * place if name == at else None for name in range(width)],
        )
        for place in range(60)
    ]
    readings.write_many(masters.LAYOUT, rows)
    found = one("R17", cluster, 600)
    assert found.value == pytest.approx(40 / 8)
    assert found.says.replace("\u00a0", " ") == "40 tasks killed in 10 min, usually 8"


def test_staging_tasks_are_held_against_ten_or_one_in_twenty(cluster: Cluster) -> None:
    say(cluster, 0, staging=8.0, running=30.0)
    assert one("R18", cluster).value == pytest.approx(0.8)
    say(cluster, 10, staging=30.0, running=1_000.0)
    assert one("R18", cluster, 10).value == pytest.approx(0.6)


def test_staging_is_asked_of_the_one_leader(cluster: Cluster) -> None:
    say(cluster, 0, leader="", staging=8.0, running=30.0)
    assert (one("R18", cluster).value, one("R18", cluster).why) == (None, "no master leads")
