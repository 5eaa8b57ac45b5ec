"""Nothing that is owed is lost, by an outage or by a death. The whole figures are made by tests/bench/notices.py."""

from __future__ import annotations

import pytest

from tests.faults import notices_outage, notices_senders


@pytest.mark.django_db
def test_an_hour_without_a_receiver_loses_nothing_and_is_made_up_for_in_ten_minutes() -> None:
    figures = notices_outage.hour(200, per_minute=30)
    assert (figures.owed, figures.lost, figures.twice, figures.out_of_order) == (200, 0, 0, 0)
    assert figures.drained_seconds <= 600
    assert figures.tries_in_vain <= 60, "a receiver that is down is asked now and then, however much waits for it"


@pytest.mark.engine
def test_senders_killed_at_random_moments_lose_nothing_and_repeat_at_most_one_notice_each() -> None:
    figures = notices_senders.killed(20, owed=240, seed=4)
    assert (figures.owed, figures.lost, figures.unknown, figures.out_of_order) == (240, 0, 0, 0)
    assert figures.twice <= figures.kills
    assert figures.taken_under_kills >= notices_senders.LIFE_NOTICES, "some died at work"


@pytest.mark.engine
def test_several_senders_at_once_send_each_notice_once_and_in_order() -> None:
    figures = notices_senders.together(4, owed=120)
    assert (figures.owed, figures.lost, figures.twice, figures.out_of_order) == (120, 0, 0, 0)
