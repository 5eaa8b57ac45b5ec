"""A worker may die at any moment of compaction and roll-up: what was measured is there once, and the sums are its sums."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import patience
from tests.faults.compacting import COUNTED_PER_SECOND
from tests.faults.nursery import nursery
from tests.servers.databases import Database

pytestmark = pytest.mark.slow
KILLS = 50
LONGER, SHORTER = 1.2, 0.7
"""Than the life of the worker before: machines differ, and what else they do. Shorter once one had compacted all there was."""

Ask = Callable[[str], Any]


@contextmanager
def workers(database: Database, folder: Path) -> Iterator[Ask]:
    settings = {
        "DAYTWO_DATA_DIR": str(folder),
        "DAYTWO_DATABASE_URL": database.url,
        "DAYTWO_READINGS_KEPT_HOURS": str(24 * 500),  # late readings come long after their day here
    }
    with nursery("tests.faults.compacting", str(folder / "ledger"), **settings) as ask:
        yield lambda words: json.loads(ask(words))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_killed_at_random_moments_it_loses_and_doubles_nothing(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if engine == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'daytwo.sqlite3'}")
    else:
        database = Database(request.getfixturevalue("safe_postgresql").create("compacted"))
    chance, days, at_work = random.Random(6), 1, 0
    with workers(database, tmp_path) as ask:
        written, life_seconds = ask("fill 0"), _measured(ask)
        for number in range(1, KILLS + 1):
            if not ask("state 0")[0]:
                written += ask(f"fill {days}")
                days += 1
            worker = ask(f"fork {number}")
            time.sleep(chance.uniform(0, life_seconds))
            os.kill(worker, signal.SIGKILL)
            left, chunked = ask("state 0")
            assert left + chunked == written, f"after kill {number}"
            at_work += left > 0
            life_seconds *= LONGER if left else SHORTER
        assert ask(f"finish {KILLS + 1}") == 2
        raw, rolled = ask("found 0")
    assert at_work > 5 and days > 1, f"some died in the midst: {at_work}, {days} days"
    ledger = [json.loads(line) for line in (tmp_path / "ledger").read_text().splitlines()]
    assert sorted(raw) == sorted(ledger)
    assert summed(rolled) == sums(ledger)
    assert database.damage() == ""


def _measured(ask: Ask) -> float:
    """Seconds that a worker takes now until nothing is left to compact."""
    began, worker = time.monotonic(), ask("fork 0")
    patience.until(lambda: not ask("state 0")[0], what="all compacted")
    os.kill(worker, signal.SIGKILL)
    return time.monotonic() - began


def summed(rolled: list[list[float]]) -> dict[tuple[float, float], list[float]]:
    """Subject and tier → sum, count and increase over all of its chunks."""
    found: dict[tuple[float, float], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for subject, tier, *values in rolled:
        found[subject, tier] = [before + value for before, value in zip(found[subject, tier], values, strict=True)]
    return dict(found)


def sums(ledger: list[list[float]]) -> dict[tuple[float, float], list[float]]:
    """The same out of what was written: a counter rose from the first reading of all to the last."""
    found: dict[tuple[float, float], list[float]] = {}
    of_subjects: dict[float, list[list[float]]] = defaultdict(list)
    for line in ledger:
        of_subjects[line[0]].append(line)
    for subject, lines in of_subjects.items():
        ticks, values = [line[1] for line in lines], [line[2] for line in lines]
        rose = COUNTED_PER_SECOND * (max(ticks) - min(ticks))
        for tier in (1, 2):
            found[subject, tier] = [float(sum(values)), float(len(lines)), float(rose)]
    return found
