"""The launch queue: which apps wait, since when and why; a reading of each while it does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from collectors.records import MarathonQueue, UnusedOffer, Waiting
from dashboard import applications, subject_keys
from dashboard.applications import DECLINED, OTHER
from dashboard.models import App, Cluster, LaunchWait, Marathon, Subject
from dashboard.store import app_states, marathons, readings
from dashboard.store.upserts import upsert
from dashboard.store.writing import Writing

KIND = Subject.Kind.QUEUE.value
LAYOUT = (
    *("count", "delay_seconds", "is_overdue", "waited_seconds", "offers_processed", "offers_unused"),
    *(f"declined.{reason}" for reason in (*DECLINED, OTHER)),
    "sample.age_seconds",
)
"""Values of a waiting app's reading: `declined.…` are of the last offer of each agent."""
UPDATED = [
    *(
        "count",
        "overdue",
        "delay_seconds",
        "since",
        "offers_processed",
        "offers_unused",
        "last_unused_at",
        "last_used_at",
    ),
    *("last_offers", "since_launch", "nearest", "taken_at"),
]


def write(writing: Writing, said: MarathonQueue) -> int:
    """Bring the waits of one Marathon up to its queue; returns how many wait. An app that is not listed yet has no row to
    wait in: it has one with the next list of apps. Six queries, and one for each app whose state changes by it."""
    marathon = marathons.row_of(writing, said.key)
    listed = {one.app_id: one for one in said.waiting}
    waiting_now = App.objects.filter(marathon=marathon, gone_at=None, app_id__in=listed)
    apps = {app.app_id: app for app in waiting_now}
    known = {wait.app_id: wait for wait in LaunchWait.objects.filter(app__marathon=marathon).select_related("app")}
    waits = [_wait(app, listed[app_id], known.get(app.pk), said.taken_at) for app_id, app in apps.items()]
    upsert(waits, unique=["app"], update=UPDATED)
    over = [wait for pk, wait in known.items() if wait.app.app_id not in listed] if said.whole else []
    LaunchWait.objects.filter(pk__in=[wait.pk for wait in over]).delete()
    _restate(writing, marathon, waits, over, at=said.taken_at)
    Marathon.objects.filter(pk=marathon.pk).update(queue_taken_at=said.taken_at)
    _write_readings(writing.cluster, said.key, writing.tick, waits, seen_at=said.taken_at)
    return len(waits)


def _wait(app: App, said: Waiting, known: LaunchWait | None, at: datetime) -> LaunchWait:
    return LaunchWait(
        app=app,
        count=said.count,
        overdue=said.overdue,
        delay_seconds=said.delay_seconds,
        since=said.since or (known.since if known else at),
        offers_processed=said.offers_processed,
        offers_unused=said.offers_unused,
        last_unused_at=said.last_unused_at,
        last_used_at=said.last_used_at,
        last_offers=[msgspec.structs.asdict(one) for one in said.last_offers],
        since_launch=[msgspec.structs.asdict(one) for one in said.since_launch],
        nearest=[_offer(one) for one in said.nearest],
        taken_at=at,
    )


def _offer(one: UnusedOffer) -> dict[str, Any]:
    return {
        "host": one.host,
        "agent_id": one.agent_id,
        "role": one.role,
        **msgspec.structs.asdict(one.offered),
        "reasons": list(one.reasons),
        "received_at": one.received_at.isoformat() if one.received_at else None,
    }


def _restate(
    writing: Writing, marathon: Marathon, waits: Iterable[LaunchWait], over: Iterable[LaunchWait], *, at: datetime
) -> None:
    changed = []
    for app, wait in [*((wait.app, wait) for wait in waits), *((wait.app, None) for wait in over)]:
        app.marathon = marathon
        if app_states.restate(writing, app, wait, at=at, silent=marathon.queue_taken_at is None):
            changed.append(app)
    App.objects.bulk_update(changed, ["state", "state_since", "state_rank"])


def _write_readings(
    cluster: Cluster, marathon_key: str, tick: int, waits: Sequence[LaunchWait], *, seen_at: datetime
) -> None:
    keys = {w.app.app_id: subject_keys.key_of(applications.subject_key(marathon_key, w.app.app_id)) for w in waits}
    ids = readings.subjects(cluster, {(KIND, key): app_id for app_id, key in keys.items()}, seen_at=seen_at)
    readings.write(tick, LAYOUT, [(ids[KIND, keys[wait.app.app_id]], _values(wait, tick)) for wait in waits])


def _values(wait: LaunchWait, tick: int) -> list[float | None]:
    declined = {one["reason"]: one["declined"] for one in wait.last_offers}
    told = bool(wait.last_offers)
    other = sum(count for reason, count in declined.items() if reason not in DECLINED)
    return [
        *(wait.count, wait.delay_seconds, float(wait.overdue), (wait.taken_at - wait.since).total_seconds()),
        *(wait.offers_processed, wait.offers_unused),
        *((declined.get(reason, 0) if told else None) for reason in DECLINED),
        *(other if told else None, tick - wait.taken_at.timestamp()),
    ]
