"""Real Redis, PostgreSQL, two workers and two beats on 200 simulated agents in shards, while some of them die."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.grown_up import installation
from tests.grown_up.installation import AGENTS, SHARDED, SHARDS, SLOTS_WATCHED, TRIES, Installation
from tests.servers import needed
from tests.servers.inbox import Inbox, listening, tell_at_once

pytestmark = [pytest.mark.slow, pytest.mark.alone]
AWAY_SECONDS = 3
MOST_AT_ONCE = 8 * TRIES
"""Polls that killed workers can have been at: their threads."""
CLAIMED_AGAIN = "SELECT COUNT(*) FROM dashboard_poll WHERE fence > 1"


def test_a_killed_worker_a_restarted_redis_and_a_second_beat_cost_one_late_poll_at_most(tmp_path: Path) -> None:
    needed.a_postgresql()
    with installation.running(tmp_path) as day_two, listening() as inbox:
        tell_at_once(day_two.processes, inbox)
        day_two.simulator.failures.kill_agent(day_two.simulator.world.plan.agents[0].host)
        assert day_two.database.ask(CLAIMED_AGAIN) == [(0,)], "a slot was claimed twice though no worker died"

        day_two.costs_one_slot_at_most(lambda: kill_worker(day_two), "worker-1 was killed")
        day_two.costs_one_slot_at_most(lambda: restart_redis(day_two), "Redis was restarted, and forgot all it held")

        two_beats_told_once(day_two, inbox)
        every_agent_is_asked_once_between_the_shards(day_two)
        every_slot_was_polled_once(day_two)


def kill_worker(day_two: Installation) -> None:
    """Killed before, it is brought back first, and has polled with the other one for a while."""
    if not day_two.processes.is_alive("worker-1"):
        day_two.start("worker-1")
        day_two.wait_for("summary", SLOTS_WATCHED)
    day_two.processes.kill("worker-1")


def restart_redis(day_two: Installation) -> None:
    day_two.redis.kill()
    time.sleep(AWAY_SECONDS)
    day_two.redis.start()


def two_beats_told_once(day_two: Installation, inbox: Inbox) -> None:
    day_two.processes.wait_until(lambda: inbox.told, what="a notice")
    problems = [told["thread"] for told in inbox.told if told["kind"] == "problem"]
    assert problems and len(problems) == len(set(problems))
    assert len(inbox.told) == len({told["key"] for told in inbox.told})


def every_agent_is_asked_once_between_the_shards(day_two: Installation) -> None:
    """All but the one that is dead, in slots of their own."""
    for source in SHARDED:
        day_two.wait_for_all(source, SHARDS)
        shards = day_two.database.ask(f"SELECT DISTINCT shard, shards FROM dashboard_poll WHERE source = '{source}'")
        assert sorted(shards) == [(shard, SHARDS) for shard in range(SHARDS)]
    measured = "SELECT COUNT(DISTINCT host) FROM dashboard_machine WHERE role = 'agent'"
    assert day_two.database.ask(measured)[0][0] >= AGENTS - 1


def every_slot_was_polled_once(day_two: Installation) -> None:
    slots = "SELECT COUNT(*) FROM dashboard_poll GROUP BY cluster_id, source, shard, due_at HAVING COUNT(*) > 1"
    assert day_two.database.ask(slots) == []
    again = day_two.database.ask(CLAIMED_AGAIN)[0][0]
    assert again <= MOST_AT_ONCE, "only what the killed worker was at is claimed again"
    assert day_two.database.damage() == ""
