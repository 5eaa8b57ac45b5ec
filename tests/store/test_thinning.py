from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from dashboard.models import Reading, Subject, Thinning
from dashboard.store import readings, retention, thinning
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db
HOUR, DAY = 3600, 86_400
START = int(NOON.timestamp())


def subject(kind: str = "cluster", key: str = "") -> int:
    cluster = Subject.objects.first().cluster if Subject.objects.exists() else builders.cluster()  # type: ignore[union-attr]
    return readings.subjects(cluster, {(kind, key): key or kind}, seen_at=NOON)[kind, key]


def measured(of: int, *seconds: float) -> None:
    readings.write_many(("cpus_total",), ((START + int(at), of, [1.0]) for at in seconds))


def kept(of: int) -> list[int]:
    return [tick - START for tick in Reading.objects.filter(subject=of).order_by("tick").values_list("tick", flat=True)]


def test_within_two_days_everything_stays() -> None:
    total = subject()
    measured(total, 0, 10, 20)
    assert thinning.thin(later(2 * DAY)) == 0
    assert kept(total) == [0, 10, 20]


def test_after_two_days_one_reading_of_a_total_in_five_minutes_stays_the_first() -> None:
    total = subject()
    measured(total, *range(0, HOUR, 10))
    assert thinning.thin(later(2 * DAY + HOUR)) == 360 - 12
    assert kept(total) == list(range(0, HOUR, 300))


def test_where_the_first_poll_of_five_minutes_failed_the_next_reading_stands_for_them() -> None:
    total = subject()
    measured(total, 20, 30, 310, 900)
    thinning.thin(later(2 * DAY + HOUR))
    assert kept(total) == [20, 310, 900]


@pytest.mark.parametrize("kind", ["zone", "role", "framework", "use", "container_use"])
def test_each_total_is_thinned_by_itself(kind: str) -> None:
    one, other = subject(kind, "a"), subject(kind, "b")
    measured(one, 0, 10)
    measured(other, 10, 20)
    thinning.thin(later(2 * DAY + HOUR))
    assert (kept(one), kept(other)) == ([0], [10])


@pytest.mark.parametrize("kind", ["node", "host", "filesystem", "master", "container"])
def test_what_is_no_total_goes_after_two_days(kind: str) -> None:
    many = subject(kind, "10.0.0.1")
    measured(many, 0, HOUR)
    assert thinning.thin(later(2 * DAY + HOUR)) == 1
    assert kept(many) == [HOUR]


def test_after_thirty_days_one_in_an_hour_stays_and_after_two_years_none() -> None:
    total = subject()
    measured(total, *range(0, 2 * HOUR, 300))
    thinning.thin(later(30 * DAY + 2 * HOUR))
    assert kept(total) == [0, HOUR]
    thinning.thin(later(730 * DAY + HOUR))
    assert kept(total) == [HOUR]


def test_a_turn_looks_only_at_what_came_of_age_since_the_last() -> None:
    total = subject()
    measured(total, *range(0, 3 * HOUR, 600))
    thinning.thin(later(2 * DAY + HOUR))
    with CaptureQueriesContext(connection) as captured:
        thinning.thin(later(2 * DAY + 2 * HOUR))
    deletes = [query["sql"] for query in captured if query["sql"].startswith("DELETE")]
    looked_at = {int(tick) for text in deletes for tick in re.findall(r"tick >= (\d+)", text)}
    assert looked_at == {START + HOUR + stretch for stretch in range(0, HOUR, 600)}


def test_a_turn_that_was_missed_is_made_up_in_stretches_of_their_own() -> None:
    total = subject()
    measured(total, *range(0, 5 * HOUR, 10))
    with CaptureQueriesContext(connection) as captured:
        thinning.thin(later(2 * DAY + 5 * HOUR))
    assert len(kept(total)) == 5 * 12
    assert sum(query["sql"].startswith("SAVEPOINT") for query in captured) >= 5 * 6


def test_thinning_again_changes_nothing() -> None:
    total = subject()
    measured(total, *range(0, 2 * HOUR, 10))
    thinning.thin(later(3 * DAY))
    assert thinning.thin(later(3 * DAY)) == 0


def test_history_that_was_written_thinned_is_not_looked_through_but_what_was_there_is() -> None:
    thinning.mark_thinned(later(30 * DAY))
    assert Thinning.objects.get(every_seconds=300).before == START + 28 * DAY
    Thinning.objects.all().delete()
    measured(subject(), 0)
    thinning.mark_thinned(later(30 * DAY))
    assert not Thinning.objects.exists()


def test_the_ages_are_settings_and_none_is_younger_than_the_one_before(settings: Settings) -> None:
    settings.READINGS_KEPT_HOURS, settings.TOTALS_FINE_DAYS, settings.TOTALS_KEPT_DAYS = 72, 1, 10
    total = subject()
    measured(total, *range(0, HOUR, 300))
    thinning.thin(later(2 * DAY))
    assert len(kept(total)) == 12
    thinning.thin(later(3 * DAY + HOUR))
    assert kept(total) == [0]


def test_a_total_keeps_its_subject_as_long_as_its_readings_and_others_lose_theirs() -> None:
    total, many = subject(), subject("host", "10.0.0.1")
    retention.prune(later(100 * DAY))
    assert set(Subject.objects.values_list("pk", flat=True)) == {total} != {many}
    retention.prune(later(731 * DAY))
    assert not Subject.objects.exists()
