"""Readings: subjects, layouts, and one row per subject per tick."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection

from dashboard import codec
from dashboard.models import Cluster, Layout, Reading, Subject

SubjectKey = tuple[str, str]
"""Kind and key."""
LONGEST_KEY = 255


def layout_id(names: tuple[str, ...]) -> int:
    """The id of the layout with exactly these names in this order. One query once it exists.

    Not remembered: an id made in a transaction that rolls back would be remembered wrongly.
    """
    digest = hashlib.sha1(json.dumps(names).encode(), usedforsecurity=False).hexdigest()
    return Layout.objects.get_or_create(digest=digest, defaults={"names": list(names)})[0].pk


def subjects(
    cluster: Cluster, wanted: Mapping[SubjectKey, str], *, seen_at: datetime, parent: Subject | None = None
) -> dict[SubjectKey, int]:
    """Ids of the wanted subjects (kind, key → name), created where they are new, marked as seen. Three queries."""
    kept = {(kind, key[:LONGEST_KEY]): name[:500] for (kind, key), name in wanted.items()}
    kinds = {kind for kind, _ in wanted}
    Subject.objects.bulk_create(
        [
            Subject(
                cluster=cluster,
                kind=kind,
                key=key,
                name=name,
                parent=parent,
                first_seen=seen_at,
                last_seen=seen_at,
            )
            for (kind, key), name in kept.items()
        ],
        update_conflicts=True,
        unique_fields=["cluster", "kind", "key"],
        update_fields=["name", "last_seen"],
    )
    found = Subject.objects.filter(cluster=cluster, kind__in=kinds, last_seen=seen_at)
    ids = {(kind, key): pk for kind, key, pk in found.values_list("kind", "key", "pk")}
    return {(kind, key): ids[kind, key[:LONGEST_KEY]] for kind, key in wanted}


def write(tick: int, names: tuple[str, ...], rows: Iterable[tuple[int, Sequence[float | None]]]) -> int:
    """Write one tick's readings of subjects that share a layout; a repeat replaces its own rows. Returns how many."""
    return write_many(names, ((tick, subject, values) for subject, values in rows))


def write_many(names: tuple[str, ...], rows: Iterable[tuple[int, int, Sequence[float | None]]]) -> int:
    """Write readings of many ticks (tick, subject id, values in layout order), replacing what those keys held."""
    layout = layout_id(names)
    packed = [(tick, subject, layout, codec.pack(values)) for tick, subject, values in rows]
    table = connection.ops.quote_name(Reading._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} (tick, subject_id, layout_id, data) VALUES (%s, %s, %s, %s) "  # noqa: S608  our table
            "ON CONFLICT (tick, subject_id) DO UPDATE SET layout_id = excluded.layout_id, data = excluded.data",
            packed,
        )
    return len(packed)
