"""Once a UTC day and cluster, a little after midnight: what is known of it is written into the chain.

An entry says for which day it stands, when it was made and from when to when it has the events. A day on which none could be
made has none: it is not invented later, and its events are in the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings

from dashboard import __version__, figures, keys
from dashboard.audit_chain import Broken, Signer, canonical, read
from dashboard.models import AuditEntry, Cluster, Upkeep
from dashboard.queries import audit_capacity, audit_changes, audit_entries, audit_events, audit_health, audit_inventory
from dashboard.store import audit, upkeep
from dashboard.store.upkeep import Done

FORMAT = 1
AFTER_MIDNIGHT = timedelta(minutes=5)
SETTLED = timedelta(minutes=2)
"""Events that were seen so long ago have been written: a poll's transaction is given up long before."""
LEARNING = timedelta(minutes=10)
"""A new cluster's first entry waits so long: every source but its flags has answered by then, if it answers at all."""
LONGEST = timedelta(minutes=20)
"""So long a worker may be at it before another takes over."""
FIRST_REACHES = timedelta(hours=24)
"""The first entry has the events of so long before it at most."""

log = structlog.get_logger("daytwo.auditing")


def make_due(clock: Callable[[], datetime]) -> int:
    """Make the entries that are due, unless another worker is at it; how many were made."""
    if not due(clock()):
        return 0
    done = upkeep.run(Upkeep.Job.AUDIT, clock, lambda _: _make_all(clock), lasting=LONGEST)
    return 0 if done is None else done.amount or 0


def due(now: datetime) -> list[Cluster]:
    """Clusters, paused ones too, whose entry of today has to be made. Two queries."""
    done = audit_entries.done_on(now.astimezone(UTC).date())
    return [cluster for cluster in Cluster.objects.exclude(pk__in=done).order_by("pk") if is_due(cluster, now)]


def _make_all(clock: Callable[[], datetime]) -> Done:
    """One cluster that cannot be told costs the others nothing; the job's row names it."""
    made: list[AuditEntry] = []
    failed: list[str] = []
    for cluster in due(clock()):
        try:
            entry = make(cluster, clock())
        except Exception as error:
            log.exception("no audit entry was made", cluster=cluster.name)
            failed.append(f"no entry of {cluster.name}: {type(error).__name__}: {error}")
        else:
            made += [entry] if entry else []
    said = [f"number {entry.number}, of {entry.cluster_name}: {figures.byte_size(len(entry.data))}" for entry in made]
    outcome = Upkeep.Outcome.FAILED if failed else Upkeep.Outcome.OK
    return Done(outcome=outcome, detail="; ".join([*failed, *said]), amount=len(made))


def is_due(cluster: Cluster, now: datetime) -> bool:
    """Whether it is time for an entry of a cluster that has none today."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return now >= max(midnight + AFTER_MIDNIGHT, cluster.created_at + LEARNING)


def make(cluster: Cluster, now: datetime) -> AuditEntry | None:
    """Today's entry of the cluster, of what is known now; None where another worker has made it."""
    signer = Signer(keys.audit_keys(settings.DATA_DIR)[0])
    last = next(iter(audit_entries.latest(cluster, limit=1)), None)
    return audit.append(cluster, gather(cluster, now, last), day=now.astimezone(UTC).date(), made_at=now, signer=signer)


def gather(cluster: Cluster, now: datetime, last: AuditEntry | None) -> dict[str, Any]:
    """What an entry says, but for its place in the chain. Some 35 queries."""
    before = _content(last)
    since = _since(cluster, before, now)
    found: dict[str, Any] = {
        "format": FORMAT,
        "day_two": __version__,
        "kind": cluster.kind,
        "inventory": audit_inventory.inventory(cluster),
        "health": audit_health.health(cluster, now),
        "capacity": audit_capacity.capacity(cluster, now),
        "events": audit_events.between(cluster, since, max(since, now - SETTLED)),
    }
    plain = read(canonical(found))
    return plain | {
        "compared_with": before["day"] if before else None,
        "changes": audit_changes.between(before, plain) if before else [],
    }


def _content(entry: AuditEntry | None) -> dict[str, Any] | None:
    """What the entry says; None where there is none, or it cannot be read: that is for the check to tell."""
    if entry is None:
        return None
    try:
        return read(audit_entries.content(entry))
    except Broken:
        log.error("the entry before cannot be read", number=entry.number)
        return None


def _since(cluster: Cluster, before: Mapping[str, Any] | None, now: datetime) -> datetime:
    """From when on the entry has the events. One that a clock ahead of this one made says nothing of when it was made: events
    may then stand in two entries, but none in no entry."""
    until = datetime.fromisoformat(before["events"]["until"]) if before else None
    return until if until and until <= now else max(cluster.created_at, now - FIRST_REACHES)
