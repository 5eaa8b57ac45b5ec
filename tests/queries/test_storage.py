"""What is said of the store's size, its pace and its disk: what nobody measured is not known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard.models import StoredSize, Upkeep
from dashboard.queries import storage, storage_jobs
from dashboard.queries.storage import Part
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db
GIB = 1 << 30
DAY = timedelta(days=1)
Job, Outcome = Upkeep.Job, Upkeep.Outcome


def sized(days_ago: float, size: float, part: str = Part.ALL) -> None:
    at = NOON - days_ago * DAY
    StoredSize.objects.create(day=at.date(), part=part, bytes=int(size), measured_at=at)


def grown(days: int, per_day: float, *, free: float | None, now: float = 20 * GIB) -> None:
    """So many days of sizes up to now, and what is free on the disk; None: not known."""
    for ago in range(days):
        sized(ago, now - ago * per_day)
    if free is not None:
        sized(0, free, Part.DISK_FREE)


def test_what_was_never_measured_is_not_known(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        found = storage.look(NOON)
    assert (found.all, found.room_bytes, found.days, found.paces) == (None, None, [], {})
    assert found.full.why == "not measured yet" and not found.is_old(NOON)


def test_less_than_seven_days_tell_no_pace() -> None:
    grown(7, GIB, free=10 * GIB)  # from the first to the last are six days
    found = storage.look(NOON)
    assert found.paces == {} and (found.full.soonest_days, found.full.latest_days) == (None, None)
    assert found.full.why == "not known yet: it takes 7 days of sizes"
    sized(7, 13 * GIB)
    assert storage.look(NOON).full.why == ""


def test_an_even_growth_fills_the_disk_on_one_day() -> None:
    grown(10, GIB, free=10 * GIB)
    found = storage.look(NOON)
    assert found.paces[Part.ALL].median == pytest.approx(GIB)
    assert found.full.soonest_days == pytest.approx(10) and found.full.latest_days == pytest.approx(10)


def test_an_uneven_growth_tells_the_soonest_and_the_latest() -> None:
    for ago in range(14):
        sized(ago, (20 - ago + 0.8 * (ago % 2)) * GIB)
    sized(0, 10 * GIB, Part.DISK_FREE)
    full = storage.look(NOON).full
    assert full.soonest_days is not None and full.latest_days is not None
    assert full.soonest_days < 10 < full.latest_days


def test_one_odd_day_does_not_bend_the_pace() -> None:
    grown(20, GIB, free=10 * GIB)
    StoredSize.objects.filter(part=Part.ALL, day=(NOON - 9 * DAY).date()).update(bytes=500 * GIB)
    assert storage.look(NOON).paces[Part.ALL].median == pytest.approx(GIB, rel=0.01)


@pytest.mark.parametrize(
    ("per_day", "free", "why"),
    [
        (0, 10 * GIB, "not in sight: it does not grow"),
        (-GIB / 10, 10 * GIB, "not in sight: it does not grow"),
        (GIB / 10, 1000 * GIB, "not in sight: not within 10 years"),
        (GIB, None, "how much is free is not known from here"),
    ],
)
def test_where_no_day_is_told_it_says_why(per_day: float, free: float | None, why: str) -> None:
    grown(10, per_day, free=free)
    full = storage.look(NOON).full
    assert (full.soonest_days, full.latest_days, full.why) == (None, None, why)


def test_a_full_disk_is_full_now() -> None:
    grown(10, GIB, free=0)
    full = storage.look(NOON).full
    assert (full.soonest_days, full.latest_days) == (0.0, 0.0)


def test_a_disk_of_another_time_is_not_the_stores() -> None:
    """As after a move from a file to a server: the disk that was measured last is not that of the store now."""
    sized(1, 10 * GIB)
    sized(1, 10 * GIB, Part.DISK_FREE)
    assert storage.look(NOON).room_bytes == 20 * GIB
    sized(0, 11 * GIB)
    assert storage.look(NOON).room_bytes is None


def test_days_on_which_nothing_was_measured_are_left_out_and_so_is_what_is_older_than_ninety() -> None:
    for ago in (95, 40, 2, 0):
        sized(ago, (100 - ago) * GIB)
    assert [size // GIB for _, size in storage.look(NOON).days] == [60, 98, 100]
    assert storage.look(NOON).paces == {}, "two days of the last thirty"


def test_sizes_of_three_hours_ago_are_old() -> None:
    sized(0, GIB)
    assert not storage.look(NOON).is_old(later(3 * 3600))
    assert storage.look(NOON).is_old(later(3 * 3600 + 1))


def test_each_part_has_a_pace_of_its_own() -> None:
    grown(10, GIB, free=10 * GIB)
    for ago in range(10):
        sized(ago, (50 - 2 * ago) * GIB, Part.RAW)
    sized(0, GIB, Part.HOURS)
    paces = storage.look(NOON).paces
    assert paces[Part.RAW].median == pytest.approx(2 * GIB) and Part.HOURS not in paces


def job(name: Upkeep.Job, *, succeeded: float | None, outcome: Upkeep.Outcome = Outcome.OK, **said: Any) -> None:
    at = None if succeeded is None else NOON - timedelta(hours=succeeded)
    started = said.pop("started_at", at)
    Upkeep.objects.create(job=name, outcome=outcome, succeeded_at=at, started_at=started, **said)


def of(name: Upkeep.Job) -> storage_jobs.Done:
    cluster = builders.cluster("asked")
    return next(one for one in storage_jobs.of(cluster, NOON) if one.job == name)


def test_a_job_that_never_ran_is_not_late_but_not_yet() -> None:
    found = of(Job.MEASURE)
    assert (found.row, found.word, found.mark, found.next_at) == (None, "Not yet", "unk", None)
    assert not found.is_late


@pytest.mark.parametrize(("hours", "word"), [(1, "Done"), (3, "Done"), (3.01, "Late")])
def test_an_hourly_job_is_late_after_twice_its_time_and_an_hour(hours: float, word: str) -> None:
    job(Job.MEASURE, succeeded=hours)
    assert of(Job.MEASURE).word == word


def test_what_fails_again_and_again_is_late_since_it_last_succeeded() -> None:
    job(Job.BACKUP, succeeded=50, outcome=Outcome.FAILED, started_at=NOON, detail="no room")
    found = of(Job.BACKUP)
    assert found.is_late and (found.word, found.mark) == ("Failed", "bad")


def test_backups_that_nobody_wants_are_off_and_never_late(settings: Settings) -> None:
    settings.BACKUPS_KEPT = 0
    job(Job.BACKUP, succeeded=500)
    found = of(Job.BACKUP)
    assert (found.word, found.is_late, found.next_at) == ("Off", False, None)


def test_a_cluster_sees_its_own_jobs_and_those_of_the_store(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    prod, other = builders.cluster(), builders.cluster("other")
    job(Job.COMPACTION, succeeded=1, cluster=other)
    job(Job.DELETION, succeeded=1)
    with django_assert_num_queries(1):
        found = {one.job: one.row for one in storage_jobs.of(prod, NOON)}
    assert found[Job.COMPACTION] is None and found[Job.DELETION] is not None
    with django_assert_num_queries(1):
        every = [(name, one.job) for name, one in storage_jobs.of_all(NOON)]
    assert every == [("other", Job.COMPACTION), ("", Job.DELETION)]
