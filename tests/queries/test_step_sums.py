from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from dashboard.queries import step_sums
from dashboard.queries.stored import Rows
from dashboard.queries.window import Window
from dashboard.rolling import Column
from dashboard.tiers import Tier
from tests.builders import NOON

TICK = int(NOON.timestamp())
HOUR = 3600
COLUMNS = (Column("x", "sum"), Column("x", "count"))


def rows(*told: tuple[float, float]) -> Rows:
    """Hours on end, by sum and count."""
    ticks = TICK + HOUR * np.arange(len(told))
    own = np.ones(len(told), dtype=bool)
    return Rows(Tier.HOURS, COLUMNS, np.ones(len(told), dtype=np.int64), ticks, np.array(told), own)


def window(hours: int, step_hours: int) -> Window:
    return Window("asked", NOON, NOON + timedelta(hours=hours - 1), step_hours * HOUR, tier=Tier.HOURS)


def told(of: Rows, asked: Window) -> list[list[float]]:
    found = step_sums.of(of, ("x", "y"), asked)
    return [found.sums[:, 0].tolist(), found.counts[:, 0].tolist()]


def test_hours_are_added_up_and_an_hour_without_values_counts_for_nothing() -> None:
    found = rows((1.0, 1.0), (2.0, 2.0), (float("nan"), 0.0), (4.0, 4.0))
    assert told(found, window(4, 2)) == [[3.0, 4.0], [3.0, 4.0]]
    assert not step_sums.of(found, ("x", "y"), window(4, 2)).counts[:, 1].any()


def test_the_same_rows_in_other_steps_are_added_up_anew() -> None:
    found = rows(*[(1.0, 1.0)] * 6)
    assert told(found, window(6, 2)) == [[2.0] * 3] * 2
    assert told(found, window(6, 3)) == [[3.0] * 2] * 2
    assert step_sums.of(found, ("x",), window(6, 3)) is step_sums.of(found, ("x",), window(6, 3))


def test_other_rows_of_the_same_time_are_others() -> None:
    assert told(rows((1.0, 1.0)), window(1, 1)) == [[1.0], [1.0]]
    assert told(rows((2.0, 1.0)), window(1, 1)) == [[2.0], [1.0]]


def test_nobody_writes_to_what_is_remembered() -> None:
    found = step_sums.of(rows((1.0, 1.0)), ("x",), window(1, 1))
    with pytest.raises(ValueError, match="read-only"):
        found.sums[0] = 5
