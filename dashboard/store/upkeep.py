"""Who does a job of the store's upkeep, and how it went: `Upkeep` rows, leased by a conditional UPDATE with a fence.

Messages are hints here too: two schedulers or two workers may start a job at once, and one of them does it. Who was killed
is taken over when its lease ends; who only slept finds its fence old and may write nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from dashboard.models import Upkeep

LEASE = timedelta(minutes=2)
"""A job renews it more often than that: at each slice of its work."""
FURTHEST = timedelta(hours=1)
"""A lease that ends further ahead is of a clock that was set back since."""

Job = Upkeep.Job
Outcome = Upkeep.Outcome


class Lost(Exception):
    """The lease passed to another worker, or the cluster was removed: nothing more may be written."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of a job."""

    outcome: Outcome = Outcome.OK
    detail: str = ""
    amount: int | None = None
    done_before: int | None = None
    """None leaves what is noted."""


def run(
    job: Job,
    clock: Callable[[], datetime],
    work: Callable[[Upkeep], Done],
    *,
    cluster_id: int | None = None,
    every: timedelta | None = None,
    lasting: timedelta = LEASE,
) -> Done | None:
    """Lease the job, do it, note how it went; None where another worker has it or, with `every`, it succeeded that lately.

    What does not renew its lease says how long it may take, at most `FURTHEST`.

    What `work` raises is noted as failed and raised again; only Lost is not: there is nobody left to be told.
    """
    held = lease(job, clock(), cluster_id=cluster_id, every=every, lasting=lasting)
    if held is None:
        return None
    try:
        done = work(held)
    except Lost:
        return None
    except Exception as error:
        finish(held, clock(), Done(outcome=Outcome.FAILED, detail=f"{type(error).__name__}: {error}"))
        raise
    finish(held, clock(), done)
    return done


def lease(
    job: Job,
    now: datetime,
    *,
    cluster_id: int | None = None,
    every: timedelta | None = None,
    lasting: timedelta = LEASE,
) -> Upkeep | None:
    """The job's row, held from now on; None where another worker holds it, or it is not due. Three to four queries."""
    row, _ = Upkeep.objects.get_or_create(job=job, cluster_id=cluster_id)
    free = Q(lease_until=None) | Q(lease_until__lte=now) | Q(lease_until__gt=now + FURTHEST)
    due = Q() if every is None else Q(succeeded_at=None) | Q(succeeded_at__lte=now - every) | Q(succeeded_at__gt=now)
    taken = Upkeep.objects.filter(free, due, pk=row.pk, fence=row.fence)
    if not taken.update(fence=F("fence") + 1, lease_until=now + lasting, started_at=now):
        return None
    return Upkeep.objects.filter(pk=row.pk, fence=row.fence + 1).first()


def renew(held: Upkeep, now: datetime) -> None:
    """Hold it for another `LEASE`; raises Lost. In a transaction this locks the row: whoever takes over waits for its end."""
    if not _mine(held).update(lease_until=now + LEASE):
        raise Lost(f"{held} passed to another worker")


def advance(held: Upkeep, done_before: int) -> None:
    """Note that all that is older than this tick is done; raises Lost."""
    if not _mine(held).update(done_before=done_before):
        raise Lost(f"{held} passed to another worker")
    held.done_before = done_before


def finish(held: Upkeep, now: datetime, done: Done) -> None:
    """Note how it went and let go; nothing is noted of a job that passed to another worker."""
    noted = {
        "lease_until": None,
        "ended_at": now,
        "outcome": done.outcome,
        "detail": done.detail[:500],
        "seconds": (now - held.started_at).total_seconds() if held.started_at else None,
        "amount": done.amount,
    }
    if done.outcome == Outcome.OK:
        noted["succeeded_at"] = now
    if done.done_before is not None:
        noted["done_before"] = done.done_before
    _mine(held).update(**noted)


def done_before(job: Job, cluster_id: int | None = None) -> int | None:
    """The tick before which all is done; None where nothing is. One query."""
    return Upkeep.objects.filter(job=job, cluster=cluster_id).values_list("done_before", flat=True).first()


def note_done(job: Job, tick: int, *, cluster_id: int | None = None) -> None:
    """Note it from outside of the job: of history that was written whole."""
    Upkeep.objects.update_or_create(job=job, cluster_id=cluster_id, defaults={"done_before": tick})


def _mine(held: Upkeep) -> QuerySet[Upkeep]:
    return Upkeep.objects.filter(pk=held.pk, fence=held.fence, lease_until__isnull=False)
