"""Celery's doors: fetch, call, nothing else. Arguments are ids; each task may run twice without harm."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from dashboard import polling
from dashboard.store import retention


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
    """Delete what is past its time."""
    retention.prune(timezone.now())
