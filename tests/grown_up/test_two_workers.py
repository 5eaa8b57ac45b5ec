"""Real Redis, PostgreSQL, two workers and two beats on 200 simulated agents in shards, while some of them die."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.grown_up import installation
from tests.grown_up.installation import AGENTS, FAST, SHARDED, SHARDS, Installation
from tests.servers import needed
from tests.servers.inbox import Inbox, listening, tell_at_once

pytestmark = [pytest.mark.slow, pytest.mark.alone]
AWAY_SECONDS = 3
MOST_AT_ONCE = 8
"""Polls that a killed worker can have been at: its threads."""
CLAIMED_AGAIN = "SELECT COUNT(*) FROM dashboard_poll WHERE fence > 1"


def test_a_killed_worker_a_restarted_redis_and_a_second_beat_cost_one_late_poll_at_most(tmp_path: Path) -> None:
    needed.a_postgresql()
    with installation.running(tmp_path) as day_two, listening() as inbox:
        tell_at_once(day_two.processes, inbox)
        day_two.simulator.failures.kill_agent(day_two.simulator.world.plan.agents[0].host)
        assert day_two.database.ask(CLAIMED_AGAIN) == [(0,)], "a slot was claimed twice though no worker died"

        since = day_two.now()
        day_two.processes.kill("worker-1")
        day_two.wait_for("summary", 3, seconds=60)
        at_most_one_late(day_two, since, "worker-1 was killed")

        since = day_two.now()
        day_two.redis.kill()
        time.sleep(AWAY_SECONDS)
        day_two.redis.start()
        day_two.wait_for("summary", 3, seconds=60)
        at_most_one_late(day_two, since, "Redis was restarted, and forgot all it held")

        two_beats_told_once(day_two, inbox)
        every_agent_is_asked_once_between_the_shards(day_two)
        every_slot_was_polled_once(day_two)


def two_beats_told_once(day_two: Installation, inbox: Inbox) -> None:
    day_two.processes.wait_until(lambda: inbox.told, seconds=90, what="a notice")
    problems = [told["thread"] for told in inbox.told if told["kind"] == "problem"]
    assert problems and len(problems) == len(set(problems))
    assert len(inbox.told) == len({told["key"] for told in inbox.told})


def every_agent_is_asked_once_between_the_shards(day_two: Installation) -> None:
    """All but the one that is dead, in slots of their own."""
    for source in SHARDED:
        day_two.wait_for_all(source, SHARDS, seconds=120)
        shards = day_two.database.ask(f"SELECT DISTINCT shard, shards FROM dashboard_poll WHERE source = '{source}'")
        assert sorted(shards) == [(shard, SHARDS) for shard in range(SHARDS)]
    measured = "SELECT COUNT(DISTINCT host) FROM dashboard_machine WHERE role = 'agent'"
    assert day_two.database.ask(measured)[0][0] >= AGENTS - 1


def at_most_one_late(day_two: Installation, since: datetime, what: str) -> None:
    late, missing_slots = day_two.late(since), day_two.missing(since)
    for source in FAST:
        assert late[source] + missing_slots[source] <= 1, f"{what}: {late} late, {missing_slots} missing"


def every_slot_was_polled_once(day_two: Installation) -> None:
    slots = "SELECT COUNT(*) FROM dashboard_poll GROUP BY cluster_id, source, shard, due_at HAVING COUNT(*) > 1"
    assert day_two.database.ask(slots) == []
    again = day_two.database.ask(CLAIMED_AGAIN)[0][0]
    assert again <= MOST_AT_ONCE, "only what the killed worker was at is claimed again"
    assert day_two.database.damage() == ""
