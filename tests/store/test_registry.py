"""What the registry says of agents that left and of machines, against what summaries say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collectors.records import ClusterRegistry, ClusterSummary, Harvest, MachineMode, Mode
from dashboard.models import Cluster, Event, Node
from dashboard.store import retention
from tests import builders
from tests.builders import NOON, agent, later, summary, write, write_harvest

pytestmark = pytest.mark.django_db
Kind, State = Event.Kind, Node.State
AWAY, STAYS = "10.0.0.1", "10.0.0.2"
AWAY_ID = f"id-of-{AWAY}"


def registry(seconds: float, **said: Any) -> ClusterRegistry:
    said = {"admitted": (), "unreachable": {}, "gone": {}, "machines": (), **said}
    return ClusterRegistry(taken_at=later(seconds), **said)


def machine(mode: Mode, *, begins: float, ends: float | None = None, ip: str = AWAY) -> MachineMode:
    until = None if ends is None else later(ends)
    return MachineMode(hostname="", ip=ip, mode=mode, begins_at=later(begins), ends_at=until)


def both(seconds: float) -> ClusterSummary:
    return summary(later(seconds), agent(AWAY), agent(STAYS))


def one(seconds: float) -> ClusterSummary:
    return summary(later(seconds), agent(STAYS))


def played(*records: ClusterSummary | ClusterRegistry) -> Cluster:
    """A cluster whose registry was read before, so that what follows are changes."""
    cluster = builders.cluster()
    for record in (both(-60), registry(-50, admitted=(AWAY_ID,)), *records):
        write(cluster, record, source="registry" if isinstance(record, ClusterRegistry) else "")
    return cluster


def told(*kinds: Event.Kind) -> list[tuple[str, str, str, datetime]]:
    rows: Iterable[tuple[str, str, str, datetime]] = (
        Event.objects.filter(kind__in=kinds)
        .exclude(before="", kind=Kind.AGENT_STATE)
        .order_by("id")
        .values_list("subject", "before", "after", "taken_at")
    )
    return list(rows)


def state() -> tuple[str, datetime]:
    node = Node.objects.get(host=AWAY)
    return node.state, node.state_since


def test_an_agent_that_left_is_unreachable_once_and_since_the_moment_that_mesos_says() -> None:
    declared = later(-3)
    gave_up = {AWAY_ID: declared}
    played(both(-10), one(0), registry(10, unreachable=gave_up), one(10), registry(70, unreachable=gave_up), one(80))
    assert state() == (State.UNREACHABLE, declared)
    assert told(Kind.AGENT_STATE) == [
        (AWAY, "active", "unregistered", NOON),
        (AWAY, "unregistered", "unreachable", declared),
    ]


def test_an_agent_that_comes_back_is_active_as_soon_as_a_summary_lists_it() -> None:
    played(one(0), registry(10, unreachable={AWAY_ID: NOON}), both(20), registry(70, admitted=(AWAY_ID,)))
    assert state() == (State.ACTIVE, later(20))
    assert told(Kind.AGENT_STATE)[-1] == (AWAY, "unreachable", "active", later(20))


def test_a_registry_that_is_older_than_the_summary_changes_nothing() -> None:
    played(both(20), registry(10, unreachable={AWAY_ID: NOON}))
    assert state()[0] == State.ACTIVE
    assert told(Kind.AGENT_STATE) == []


def test_a_summary_from_before_the_loss_that_is_written_late_brings_nobody_back() -> None:
    played(registry(10, unreachable={AWAY_ID: later(5)}), both(4), one(14))
    assert state() == (State.UNREACHABLE, later(5))
    assert told(Kind.AGENT_STATE) == [(AWAY, "active", "unreachable", later(5))]


def test_an_agent_marked_gone_is_gone_and_not_unreachable() -> None:
    played(one(0), registry(10, gone={AWAY_ID: later(-2)}), one(20))
    assert state() == (State.GONE, later(-2))
    assert told(Kind.AGENT_STATE)[-1] == (AWAY, "unregistered", "gone", later(-2))


def test_an_unreachable_agent_that_is_marked_gone_later_becomes_gone() -> None:
    away = registry(10, unreachable={AWAY_ID: NOON})
    played(one(0), away, registry(70, gone={AWAY_ID: later(65)}))
    assert told(Kind.AGENT_STATE)[-1] == (AWAY, "unreachable", "gone", later(65))


def test_a_new_agent_on_the_host_of_one_that_was_marked_gone_is_active() -> None:
    gone = {AWAY_ID: NOON}
    anew = summary(later(30), agent(AWAY, agent_id="S99"), agent(STAYS))
    played(one(0), registry(10, gone=gone), anew, registry(70, gone=gone, admitted=("S99",)))
    assert state()[0] == State.ACTIVE


def test_an_unreachable_agent_that_the_registry_has_forgotten_is_only_not_registered() -> None:
    played(one(0), registry(10, unreachable={AWAY_ID: NOON}), registry(70))
    assert state() == (State.UNREGISTERED, later(70))


def test_an_unreachable_agent_that_was_admitted_again_waits_for_the_next_summary() -> None:
    played(one(0), registry(10, unreachable={AWAY_ID: NOON}), registry(70, admitted=(AWAY_ID,)))
    assert state()[0] == State.UNREACHABLE


def test_what_a_registry_that_was_read_in_part_does_not_say_changes_nothing() -> None:
    down = machine(Mode.DOWN, begins=0)
    cluster = played(one(0), registry(10, unreachable={AWAY_ID: NOON}, machines=(down,)))
    partly = Harvest(records=(registry(70),), dropped={"unreachable agent: odd": 1})
    write_harvest(cluster, "registry", partly, now=later(70))
    assert state()[0] == State.UNREACHABLE
    assert Node.objects.get(host=AWAY).maintenance == "down"


def test_a_time_that_is_missing_or_ahead_of_the_answer_is_that_of_the_answer() -> None:
    played(one(0), registry(10, unreachable={AWAY_ID: None}), registry(70, gone={AWAY_ID: later(9999)}))
    assert [at for *_, at in told(Kind.AGENT_STATE)[-2:]] == [later(10), later(70)]


def test_what_the_first_registry_says_is_no_change() -> None:
    cluster = builders.cluster()
    down = machine(Mode.DOWN, begins=-100)
    for record in (both(-60), one(0)):
        write(cluster, record)
    write(cluster, registry(10, unreachable={AWAY_ID: later(-5)}, machines=(down,)), source="registry")
    assert state() == (State.UNREACHABLE, later(-5))
    assert told(Kind.AGENT_STATE, Kind.MAINTENANCE) == [(AWAY, "active", "unregistered", NOON)]


def test_an_agent_that_no_summary_ever_listed_gets_no_row() -> None:
    played(registry(10, unreachable={"S77": NOON}))
    assert Node.objects.count() == 2


def test_maintenance_is_scheduled_then_due_then_down_then_over() -> None:
    draining, down = (machine(mode, begins=100, ends=3700) for mode in (Mode.DRAINING, Mode.DOWN))
    played(
        registry(10, machines=(draining,)),
        registry(70, machines=(draining,)),
        registry(130, machines=(draining,)),
        registry(190, machines=(down,)),
    )
    node = Node.objects.get(host=AWAY)
    assert (node.maintenance, node.maintenance_begins_at, node.maintenance_ends_at) == ("down", later(100), later(3700))
    assert Node.objects.get(host=STAYS).maintenance == ""
    assert told(Kind.MAINTENANCE) == [
        (AWAY, "", "scheduled", later(10)),
        (AWAY, "scheduled", "draining", later(130)),
        (AWAY, "draining", "down", later(190)),
    ]


def test_maintenance_that_ends_leaves_no_times_behind() -> None:
    up = MachineMode(hostname="", ip=AWAY, mode=Mode.UP, begins_at=None, ends_at=None)
    played(registry(10, machines=(machine(Mode.DOWN, begins=0),)), registry(70, machines=(up,)), registry(130))
    node = Node.objects.get(host=AWAY)
    assert (node.maintenance, node.maintenance_begins_at, node.maintenance_ends_at) == ("", None, None)
    assert [row[1:3] for row in told(Kind.MAINTENANCE)] == [("", "down"), ("down", "")]


def test_a_window_that_is_moved_is_kept_and_no_event() -> None:
    first, moved = machine(Mode.DRAINING, begins=9000), machine(Mode.DRAINING, begins=9000, ends=9999)
    played(registry(10, machines=(first,)), registry(70, machines=(moved,)))
    assert Node.objects.get(host=AWAY).maintenance_ends_at == later(9999)
    assert len(told(Kind.MAINTENANCE)) == 1


def test_two_agents_on_one_host_are_one_event_of_maintenance() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent(AWAY), agent(AWAY, port=5052, agent_id="S2")))
    write(cluster, registry(10), source="registry")
    write(cluster, registry(70, machines=(machine(Mode.DOWN, begins=0),)), source="registry")
    assert list(Node.objects.values_list("maintenance", flat=True)) == ["down", "down"]
    assert len(told(Kind.MAINTENANCE)) == 1


def test_writing_costs_the_same_number_of_queries_however_many_agents_there_are() -> None:
    cluster = builders.cluster()
    counts = []
    for size in (3, 300):
        write(cluster, summary(later(size), *(agent(f"10.0.{n // 200}.{n % 200}") for n in range(size))))
        with CaptureQueriesContext(connection) as captured:
            write(cluster, registry(size + 1, admitted=("x",)), source="registry")
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_pruned_agent_is_one_that_left_a_week_ago_whatever_became_of_it() -> None:
    played(one(0), registry(10, unreachable={AWAY_ID: NOON}))
    retention.prune(NOON + timedelta(days=6))
    assert Node.objects.filter(host=AWAY).exists()
    retention.prune(NOON + timedelta(days=8))
    assert not Node.objects.filter(host=AWAY).exists()
