"""Appending to the audit chain, and forgetting its oldest entries: nothing else ever writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Min

from dashboard.audit_chain import ORIGIN, Signer, canonical, packed
from dashboard.models import AuditEntry, Cluster, Upkeep

SAID = ("number", "previous_digest", "digest", "signature", "key_id")


def append(
    cluster: Cluster, content: Mapping[str, Any], *, day: date, made_at: datetime, signer: Signer
) -> AuditEntry | None:
    """The cluster's entry of that day, at the end of the chain; None where it has one already.

    One transaction, which locks the job's row, whoever holds its lease: appending is one after the other, so the chain never
    forks.
    """
    with transaction.atomic():
        _wait_for_others()
        if AuditEntry.objects.filter(cluster_key=cluster.pk, day=day).exists():
            return None
        last = AuditEntry.objects.order_by("-number").only("number", "digest").first()
        number, previous = (last.number + 1, last.digest) if last else (1, ORIGIN)
        said = {
            **content,
            "number": number,
            "previous_digest": previous,
            "cluster_key": cluster.pk,
            "cluster_name": cluster.name,
            "day": day,
            "made_at": made_at,
            "public_key": signer.public,
        }
        text = canonical(said)
        link = asdict(signer.link(number, previous, text))
        return AuditEntry.objects.create(
            cluster=cluster,
            cluster_key=cluster.pk,
            cluster_name=cluster.name,
            day=day,
            made_at=made_at.replace(microsecond=0),
            data=packed(text),
            **{name: link[name] for name in SAID},
        )


def forget(before: date | None) -> int:
    """Delete the entries of days before that one, the oldest first and never the last; None: none. How many went.

    Only ever a beginning of the chain goes: what stays follows each other without a gap.
    """
    if before is None:
        return 0
    kept = AuditEntry.objects.filter(day__gte=before).aggregate(first=Min("number"))["first"]
    first = kept or AuditEntry.objects.aggregate(last=Max("number"))["last"]
    return 0 if first is None else AuditEntry.objects.filter(number__lt=first).delete()[0]


def _wait_for_others() -> None:
    """Until the transaction's end nobody else appends. On SQLite the transaction itself does that (IMMEDIATE)."""
    job, _ = Upkeep.objects.get_or_create(job=Upkeep.Job.AUDIT, cluster=None)
    Upkeep.objects.select_for_update().get(pk=job.pk)
