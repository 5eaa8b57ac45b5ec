"""A worker or its database may die at any moment. The whole figures are made by tests/bench/kills.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.killed_writers import LIFE_SLOTS, killed, restarted
from tests.servers.databases import Database
from tests.servers.postgresql import Postgresql

pytestmark = pytest.mark.slow
KILLS = 20
RESTARTS = 2


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_writer_killed_at_random_moments_loses_doubles_and_tears_nothing(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if engine == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'daytwo.sqlite3'}")
    else:
        database = Database(request.getfixturevalue("safe_postgresql").create("killed"))
    figures = killed(KILLS, database, tmp_path, seed=5)
    assert (figures.lost, figures.twice, figures.torn, figures.damage) == (0, 0, 0, ""), figures
    assert figures.acknowledged >= 2 * LIFE_SLOTS and figures.unfinished > 0, (
        f"some died at work, not all at once: {figures}"
    )


def test_a_postgresql_that_is_restarted_loses_nothing_and_is_written_to_again(
    safe_postgresql: Postgresql, tmp_path: Path
) -> None:
    database = Database(safe_postgresql.create("restarted"))
    figures = restarted(RESTARTS, safe_postgresql, database, tmp_path)
    assert (figures.lost, figures.twice, figures.torn, figures.damage) == (0, 0, 0, ""), figures
