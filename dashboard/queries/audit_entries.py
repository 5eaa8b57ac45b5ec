"""The audit chain as it is stored: entries of a cluster, one with the one before it, and the chain in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from hashlib import sha256
from typing import Any

from django.db.models import Max, Min, QuerySet

from dashboard import audit_chain
from dashboard.audit_chain import Link
from dashboard.models import AuditEntry, Cluster

AT_ONCE = 20
"""Entries read at a time: one may be a megabyte."""


def latest(cluster: Cluster, *, limit: int, before: int | None = None) -> list[AuditEntry]:
    """The latest first, of those numbered before that one. One query."""
    found = _of(cluster) if before is None else _of(cluster).filter(number__lt=before)
    return list(found.order_by("-number")[:limit])


def count(cluster: Cluster) -> int:
    return _of(cluster).count()


def days(cluster: Cluster) -> list[date]:
    """Days of which there is an entry, the latest first. One query."""
    return list(_of(cluster).order_by("-number").values_list("day", flat=True))


def of_day(cluster: Cluster, day: date) -> AuditEntry | None:
    """One query."""
    return _of(cluster).filter(day=day).first()


def around(cluster: Cluster, number: int) -> tuple[AuditEntry | None, AuditEntry | None]:
    """The cluster's entries before and after the one of that number, without their content. Two queries."""
    bare = _of(cluster).defer("data")
    before = bare.filter(number__lt=number).order_by("-number").first()
    return before, bare.filter(number__gt=number).order_by("number").first()


def done_on(day: date) -> set[int]:
    """Ids of clusters that have an entry of that day. One query for all."""
    return set(AuditEntry.objects.filter(day=day).values_list("cluster_key", flat=True))


def in_order(first: int | None = None, last: int | None = None) -> Iterator[AuditEntry]:
    """The whole installation's entries, oldest first, from one number to another, both included; read bit by bit."""
    asked = {"number__gte": first, "number__lte": last}
    bounds = {name: value for name, value in asked.items() if value is not None}
    return AuditEntry.objects.filter(**bounds).order_by("number").iterator(chunk_size=AT_ONCE)


def numbers(cluster: Cluster | None, since: date | None, until: date | None) -> tuple[int, int] | None:
    """The first and the last number of entries that match, both days included; None where none does. One query."""
    found = AuditEntry.objects.all() if cluster is None else _of(cluster)
    asked = {"day__gte": since, "day__lte": until}
    matching = found.filter(**{name: day for name, day in asked.items() if day is not None})
    ends = matching.aggregate(first=Min("number"), last=Max("number"))
    return None if ends["first"] is None else (ends["first"], ends["last"])


def links(first: int, last: int) -> Sequence[tuple[int, str, str]]:
    """Number, digest and the digest before it, oldest first, of all clusters. One query."""
    found = AuditEntry.objects.filter(number__gte=first, number__lte=last).order_by("number")
    return list(found.values_list("number", "digest", "previous_digest"))


def link(entry: AuditEntry, content: str) -> Link:
    """The entry as the chain has it; its content digest is told from its content."""
    return Link(
        number=entry.number,
        previous_digest=entry.previous_digest,
        content_digest=sha256(content.encode()).hexdigest(),
        digest=entry.digest,
        signature=entry.signature,
        key_id=entry.key_id,
    )


def content(entry: AuditEntry) -> str:
    """Raises Broken."""
    return audit_chain.unpacked(bytes(entry.data))


def columns(entry: AuditEntry) -> dict[str, Any]:
    """What the row says beside its content, and the content must say too."""
    return {
        "cluster_key": entry.cluster_key,
        "cluster_name": entry.cluster_name,
        "day": entry.day,
        "made_at": entry.made_at,
    }


def _of(cluster: Cluster) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(cluster_key=cluster.pk)
