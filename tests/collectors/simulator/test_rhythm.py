from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from collectors.simulator.rhythm import load, noise, risen, scatter, scatters

moments = st.floats(min_value=1.6e9, max_value=2e9)
keys = st.integers(min_value=0, max_value=2**48)


@given(keys, moments, st.floats(min_value=0, max_value=1e6), st.floats(min_value=0, max_value=1e6))
def test_a_counter_never_falls_as_time_goes_on(key: int, since: float, first: float, second: float) -> None:
    assert risen(key, since, since + first, per_hour=40) <= risen(key, since, since + first + second, per_hour=40)


@given(keys, moments)
def test_load_and_noise_keep_their_bounds(key: int, at: float) -> None:
    assert 0 <= load(key, at) <= 1
    assert -1 <= noise(key, at, 600) <= 1


def test_a_counter_rises_at_about_its_rate_in_a_week() -> None:
    assert abs(risen(7, 1.7e9, 1.7e9 + 7 * 86_400, per_hour=10) - 1_680) < 30


def test_the_afternoon_is_busier_than_the_night() -> None:
    midnight = 1_800_000_000 // 86_400 * 86_400
    assert load(1, midnight + 14 * 3_600) > load(1, midnight + 2 * 3_600) + 0.2


def test_scattered_numbers_differ() -> None:
    assert len({scatter(1, step) for step in range(1_000)}) == 1_000


@given(keys, st.integers(min_value=-(2**40), max_value=2**40))
def test_many_numbers_at_once_are_the_same_to_the_bit(key: int, first: int) -> None:
    steps = np.arange(first, first + 20)
    assert scatters(key, steps).tolist() == [scatter(key, step) for step in steps.tolist()]
