from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.models import Upkeep
from dashboard.store import upkeep
from dashboard.store.upkeep import Done, Job, Lost, Outcome
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db


def test_of_two_workers_one_does_the_job() -> None:
    first = upkeep.lease(Job.BACKUP, NOON)
    assert first is not None and upkeep.lease(Job.BACKUP, later(1)) is None
    upkeep.finish(first, later(2), Done())
    assert upkeep.lease(Job.BACKUP, later(3)) is not None


def test_the_same_job_of_another_cluster_is_another_job() -> None:
    one, other = builders.cluster(), builders.cluster("other")
    assert upkeep.lease(Job.COMPACTION, NOON, cluster_id=one.pk)
    assert upkeep.lease(Job.COMPACTION, NOON, cluster_id=other.pk)
    assert upkeep.lease(Job.COMPACTION, NOON)
    assert Upkeep.objects.count() == 3


def test_who_was_killed_is_taken_over_when_its_lease_ends() -> None:
    upkeep.lease(Job.BACKUP, NOON)
    assert upkeep.lease(Job.BACKUP, NOON + upkeep.LEASE - timedelta(seconds=1)) is None
    assert upkeep.lease(Job.BACKUP, NOON + upkeep.LEASE) is not None


def test_who_lost_its_lease_may_not_renew_advance_or_finish() -> None:
    slept = upkeep.lease(Job.ROLL_UP, NOON)
    other = upkeep.lease(Job.ROLL_UP, NOON + upkeep.LEASE)
    assert slept is not None and other is not None
    with pytest.raises(Lost):
        upkeep.renew(slept, NOON)
    with pytest.raises(Lost):
        upkeep.advance(slept, 5)
    upkeep.finish(slept, NOON, Done(detail="mine"))
    row = Upkeep.objects.get()
    assert (row.fence, row.detail, row.done_before, row.lease_until) == (2, "", None, other.lease_until)


def test_a_lease_of_a_clock_that_was_set_back_since_holds_nobody_up() -> None:
    upkeep.lease(Job.BACKUP, NOON + timedelta(days=30))
    assert upkeep.lease(Job.BACKUP, NOON) is not None


def test_a_daily_job_is_done_once_a_day_and_tried_again_when_it_failed() -> None:
    day = timedelta(days=1)

    def fails(held: Upkeep) -> Done:
        raise ValueError("no room")

    with pytest.raises(ValueError):
        upkeep.run(Job.BACKUP, lambda: NOON, fails, every=day)
    assert upkeep.run(Job.BACKUP, lambda: later(60), lambda held: Done(), every=day) == Done()
    assert upkeep.run(Job.BACKUP, lambda: later(3600), lambda held: Done(), every=day) is None
    assert upkeep.run(Job.BACKUP, lambda: later(60) + day, lambda held: Done(), every=day) == Done()


def test_how_it_went_is_noted() -> None:
    moments = iter([NOON, later(90)])
    upkeep.run(Job.ROLL_UP, lambda: next(moments), lambda held: Done(detail="3 days", amount=7, done_before=5))
    row = Upkeep.objects.get()
    assert (row.outcome, row.detail, row.amount, row.done_before, row.seconds) == (Outcome.OK, "3 days", 7, 5, 90.0)
    assert (row.started_at, row.ended_at, row.succeeded_at, row.lease_until) == (NOON, later(90), later(90), None)


def test_what_it_raised_is_noted_and_raised_and_takes_nothing_back() -> None:
    upkeep.note_done(Job.ROLL_UP, 5)

    def fails(held: Upkeep) -> Done:
        raise ValueError("x" * 900)

    with pytest.raises(ValueError):
        upkeep.run(Job.ROLL_UP, lambda: NOON, fails)
    row = Upkeep.objects.get()
    assert (row.outcome, row.succeeded_at, row.done_before, row.lease_until) == (Outcome.FAILED, None, 5, None)
    assert row.detail.startswith("ValueError: xxx") and len(row.detail) == 500


def test_a_job_of_a_cluster_that_is_removed_meanwhile_ends_without_a_word() -> None:
    cluster = builders.cluster()

    def removed(held: Upkeep) -> Done:
        cluster.delete()
        upkeep.renew(held, NOON)
        return Done()

    assert upkeep.run(Job.COMPACTION, lambda: NOON, removed, cluster_id=cluster.pk) is None
    assert not Upkeep.objects.exists()
