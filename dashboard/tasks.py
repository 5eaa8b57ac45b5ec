"""Celery's doors: fetch, call, nothing else. Arguments are ids; each task may run twice without harm."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from dashboard import polling
from dashboard.alerts import beat, deliver, refresh
from dashboard.alerts.evaluate import evaluate as judge
from dashboard.auditing import daily
from dashboard.backups import daily as daily_backup
from dashboard.incidents.follow import follow
from dashboard.queries import clusters
from dashboard.schedule import COMPACT_SECONDS, EVALUATE_SECONDS, FOLLOW_SECONDS
from dashboard.store import app_p95, compaction, integrity, retention, roll_up, sizes


@shared_task(ignore_result=True)
def dispatch() -> None:
    """Open the slots that are due and send each to a worker; the Poll rows say which were sent when."""
    for due in polling.due(timezone.now()):
        poll.apply_async((due.pk,), expires=due.expires_seconds)
        polling.mark_sent(due.pk, timezone.now())


@shared_task(ignore_result=True)
def poll(poll_id: int) -> None:
    """Do one due poll from end to end; its row tells how it went."""
    polling.run(poll_id, clock=timezone.now)


@shared_task(ignore_result=True)
def prune() -> None:
    """Delete what is past its time; of two workers one does."""
    retention.run(timezone.now)


@shared_task(ignore_result=True)
def compact_all() -> None:
    """Send each cluster, paused ones too, to have its settled hours made chunks and its days rolled up."""
    for cluster_id in clusters.ids():
        compact.apply_async((cluster_id,), expires=COMPACT_SECONDS)


@shared_task(ignore_result=True)
def compact(cluster_id: int) -> None:
    """One turn of one cluster's compaction and roll-up, and what is told of a day of its apps; how far the first two have come
    stands in their Upkeep rows."""
    compaction.run(cluster_id, timezone.now)
    roll_up.run(cluster_id, timezone.now)
    app_p95.work_out(cluster_id, timezone.now())


@shared_task(ignore_result=True)
def follow_all() -> None:
    """Send each cluster to have its events followed into incidents."""
    for cluster_id in clusters.enabled_ids():
        follow_events.apply_async((cluster_id,), expires=FOLLOW_SECONDS)


@shared_task(ignore_result=True)
def follow_events(cluster_id: int) -> None:
    """What changed in one cluster becomes incidents; how far it was followed stands in its Watch row."""
    follow(cluster_id, timezone.now())


@shared_task(ignore_result=True)
def evaluate_all() -> None:
    """Send each cluster to have its rules judged."""
    for cluster_id in clusters.enabled_ids():
        evaluate.apply_async((cluster_id,), expires=EVALUATE_SECONDS)


@shared_task(ignore_result=True)
def evaluate(cluster_id: int) -> None:
    """Judge one cluster's rules; alerts, their events and the notices they owe are written together."""
    judge(cluster_id, timezone.now())


@shared_task(ignore_result=True)
def send_notices() -> None:
    """Send what is owed and due; each notice is leased, so passes may overlap."""
    deliver.send_due(timezone.now)


@shared_task(ignore_result=True)
def keep_telling() -> None:
    """Tell the dead-man switches that all is well, and each Alertmanager what still fires; both know when it is time."""
    beat.beat(timezone.now)
    refresh.refresh(timezone.now)


@shared_task(ignore_result=True)
def audit() -> None:
    """Make the audit entries that are due; the job is leased."""
    daily.make_due(timezone.now)


@shared_task(ignore_result=True)
def check_integrity() -> None:
    """Look whether the database is whole, once a day; while it is known to be damaged at every turn."""
    integrity.check(timezone.now)


@shared_task(ignore_result=True)
def back_up() -> None:
    """Make the daily backup when it is due; one worker does."""
    daily_backup.run(timezone.now)


@shared_task(ignore_result=True)
def measure() -> None:
    """Measure how large the store is, once an hour; one worker does."""
    sizes.run(timezone.now)
