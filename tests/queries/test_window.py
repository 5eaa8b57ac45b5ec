from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.queries import window
from tests.builders import NOON, later


def test_an_unknown_range_is_the_default() -> None:
    assert window.of("1 OR 1=1", NOON).name == window.DEFAULT
    assert window.of(None, NOON).name == window.DEFAULT


@pytest.mark.parametrize("name", window.RANGES)
def test_no_range_has_more_points_than_a_line_may_have(name: str) -> None:
    asked = window.of(name, later(7.5))
    assert asked.steps <= 750
    assert asked.step_seconds % 10 == 0


def test_the_last_step_holds_the_end() -> None:
    asked = window.of("1h", later(7.5))
    assert asked.moment(asked.steps - 1) <= asked.ends_at < asked.moment(asked.steps)


def test_the_first_step_holds_the_beginning() -> None:
    asked = window.of("3h", later(7.5))
    assert asked.moment(0) <= asked.ends_at - timedelta(hours=3) < asked.moment(1)


def test_a_day_is_called_24_hours() -> None:
    assert window.of("24h", NOON).words == "24\u00a0h"
