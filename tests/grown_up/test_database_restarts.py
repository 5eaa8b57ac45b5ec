"""PostgreSQL restarted under two workers that poll: nothing that was acknowledged is lost, and nobody else is blamed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.grown_up import installation, ledger
from tests.grown_up.installation import FAST, FAST_SECONDS, SHARDED, Installation
from tests.grown_up.ledger import Ledger
from tests.servers import needed

pytestmark = [pytest.mark.slow, pytest.mark.alone]
AGENTS = 100
AWAY_SECONDS = 1.5
BEFORE_SLOT_SECONDS = (0.3, 1.2, 0.05, 0.6, 0.1)
"""So long before the next slot of the fast sources the server is stopped: that slot is due while it is away. The first
time without a checkpoint, as by a crash."""
BACK_SECONDS = 10.0
BLAMED = "SELECT source, host, outcome, detail FROM dashboard_collection WHERE outcome NOT IN ('ok', 'partial')"
FAILED = (
    "SELECT source, outcome, detail FROM dashboard_poll WHERE outcome NOT IN ('', 'ok', 'partial', 'skipped_overlap')"
)
TOLD = "SELECT subject, name, after FROM dashboard_event WHERE kind = 'collection'"


def test_five_restarts_of_postgresql_lose_nothing_cost_one_late_poll_each_and_are_told_as_no_failure_of_a_source(
    tmp_path: Path,
) -> None:
    needed.a_postgresql()
    with installation.running(tmp_path, agents=AGENTS) as day_two, ledger.kept(day_two.database) as noted:
        for source in SHARDED:
            day_two.wait_for_all(source, 1, seconds=120)
        silences = [
            restarted(day_two, before, immediate=first)
            for first, before in zip((True, False, False, False, False), BEFORE_SLOT_SECONDS, strict=True)
        ]
        nothing_was_lost(day_two, noted)
        nobody_was_blamed(day_two)
    assert max(silences) <= BACK_SECONDS, silences


def restarted(day_two: Installation, before_slot_seconds: float, *, immediate: bool) -> float:
    """Seconds from the moment the server accepts again to the first poll that is ended well."""
    since = day_two.now()
    wait_for_moment(before_slot_seconds)
    day_two.postgresql.stop(immediate=immediate)
    time.sleep(AWAY_SECONDS)
    day_two.postgresql.start()
    began, back = time.monotonic(), day_two.now()
    ended = (
        f"SELECT 1 FROM dashboard_poll WHERE outcome IN ('ok', 'partial') AND ended_at > '{back.isoformat()}' LIMIT 1"
    )
    day_two.processes.wait_until(lambda: day_two.database.ask(ended), seconds=60, what="a poll after the restart")
    silence = time.monotonic() - began
    day_two.wait_for("summary", 2, seconds=60)
    late, missing_slots = day_two.late(since), day_two.missing(since)
    for source in FAST:
        assert late.get(source, 0) + missing_slots[source] <= 1, f"{late} late, {missing_slots} missing"
    return silence


def wait_for_moment(before_slot_seconds: float) -> None:
    time.sleep((-time.time() - before_slot_seconds) % FAST_SECONDS)


def nothing_was_lost(day_two: Installation, noted: Ledger) -> None:
    assert len(noted.polls) > 5 * len(FAST), "polls were noted all along"
    assert noted.lost() == [] and noted.torn() == []
    slots = "SELECT 1 FROM dashboard_poll GROUP BY cluster_id, source, shard, due_at HAVING COUNT(*) > 1"
    assert day_two.database.ask(slots) == []
    assert day_two.database.damage() == ""


def nobody_was_blamed(day_two: Installation) -> None:
    """The agents, the sources and Day Two's own polls all did well; only their database was away."""
    assert (day_two.database.ask(BLAMED), day_two.database.ask(FAILED), day_two.database.ask(TOLD)) == ([], [], [])
