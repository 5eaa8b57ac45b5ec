from __future__ import annotations

import pytest

from dashboard.models.components import Health
from dashboard.pages import health_filter

COUNTS = {Health.HEALTHY: 50, Health.NO_DATA: 2}


def test_the_classic_three_are_always_there_and_the_others_only_when_there_are_any() -> None:
    assert [(one.word, one.count) for one in health_filter.choices(COUNTS, None, {})] == [
        ("All", 52), ("Healthy", 50), ("Unhealthy", 0), ("No data", 2)
    ]  # fmt: skip
    assert [one.word for one in health_filter.choices({}, None, {})] == ["All", "Healthy", "Unhealthy"]


def test_the_counts_add_up_to_all() -> None:
    every = {health: place + 1 for place, health in enumerate(Health)}
    shown = health_filter.choices(every, None, {})
    assert shown[0].count == sum(one.count for one in shown[1:]) == 15


def test_a_choice_that_is_chosen_stays_though_nothing_is_so() -> None:
    shown = health_filter.choices(COUNTS, Health.WARNING, {})
    assert [one.word for one in shown if one.current] == ["Warning"]


def test_a_choice_keeps_the_rest_of_the_address() -> None:
    hrefs = [one.href for one in health_filter.choices(COUNTS, None, {"q": "net", "sort": "name", "health": "healthy"})]
    assert hrefs[:2] == ["?q=net&sort=name", "?q=net&sort=name&health=healthy"]


@pytest.mark.parametrize("word", ["", "green", "HEALTHY", "0"])
def test_a_word_that_is_no_state_shows_all(word: str) -> None:
    assert health_filter.asked(word) is None


def test_the_counts_in_words() -> None:
    assert health_filter.in_words(COUNTS) == "50 healthy, 2 no data"
    assert health_filter.in_words({Health.NOT_AVAILABLE: 1, Health.UNHEALTHY: 1}) == "1 unhealthy, 1 N/A"
