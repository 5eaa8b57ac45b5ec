"""PostgreSQL restarted under two workers that poll: nothing that was acknowledged is lost, and nobody else is blamed."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pytest

from tests.grown_up import installation, ledger
from tests.grown_up.installation import FAST, FAST_SECONDS, SHARDED, Installation
from tests.grown_up.ledger import Ledger
from tests.servers import needed

pytestmark = [pytest.mark.slow, pytest.mark.alone]
AGENTS = 40
"""Few: what a restart costs is the same with many."""
AWAY_SECONDS = 1.5
BEFORE_SLOT_SECONDS = (0.3, 1.2, 0.05, 0.6, 0.1)
"""So long before the next slot of the fast sources the server is stopped: that slot is due while it is away. The first
time without a checkpoint, as by a crash."""
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
            day_two.wait_for_all(source, 1)
        for first, before in zip((True, False, False, False, False), BEFORE_SLOT_SECONDS, strict=True):
            day_two.costs_one_slot_at_most(
                partial(restart, day_two, before, immediate=first), f"restarted {before} s before"
            )
        nothing_was_lost(day_two, noted)
        nobody_was_blamed(day_two)


def restart(day_two: Installation, before_slot_seconds: float, *, immediate: bool) -> None:
    wait_for_moment(before_slot_seconds)
    day_two.postgresql.stop(immediate=immediate)
    time.sleep(AWAY_SECONDS)
    day_two.postgresql.start()


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
