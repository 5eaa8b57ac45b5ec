from __future__ import annotations

import pytest

from dashboard.tiers import DAY_SECONDS, HOUR_SECONDS, Tier, first_of, is_too_late, settled_before

MIDNIGHT = 1_795_305_600


@pytest.mark.parametrize(
    ("after", "settled"),
    [(0, -1), (HOUR_SECONDS - 1, -1), (HOUR_SECONDS, 0), (2 * HOUR_SECONDS - 0.5, 0), (2 * HOUR_SECONDS, 1)],
)
def test_an_hour_settles_an_hour_after_its_end(after: float, settled: int) -> None:
    assert settled_before(MIDNIGHT + after) == MIDNIGHT + settled * HOUR_SECONDS


def test_a_reading_is_too_late_after_two_hours() -> None:
    assert not is_too_late(MIDNIGHT, MIDNIGHT + 2 * HOUR_SECONDS)
    assert is_too_late(MIDNIGHT, MIDNIGHT + 2 * HOUR_SECONDS + 0.5)


def test_a_raw_chunk_is_two_hours_and_a_rolled_up_one_a_day() -> None:
    tick = MIDNIGHT + 5 * HOUR_SECONDS + 17
    assert first_of(Tier.RAW, tick) == MIDNIGHT + 4 * HOUR_SECONDS
    assert first_of(Tier.FIVE_MINUTES, tick) == first_of(Tier.HOURS, tick) == MIDNIGHT
    assert all(DAY_SECONDS % tier.span_seconds == 0 for tier in Tier)


def test_the_numbers_of_tiers_are_stored_and_stay() -> None:
    assert {tier.name: tier.value for tier in Tier} == {"RAW": 0, "FIVE_MINUTES": 1, "HOURS": 2}
