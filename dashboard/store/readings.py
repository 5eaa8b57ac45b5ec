"""Readings: subjects, layouts, and one row per subject per tick."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection

from dashboard import codec
from dashboard.models import Cluster, Layout, Reading, Subject
from dashboard.store.upserts import upsert

SubjectKey = tuple[str, str]
"""Kind and key."""
LONGEST_KEY = 255

MARKED_EVERY = timedelta(minutes=10)
"""Subjects are many, and only pruning asks when they were last seen: it need not be known to the second."""


def key_of(text: str) -> str:
    """The text as a subject's key; one that is too long ends in its digest, so that it stays one of its own."""
    if len(text) <= LONGEST_KEY:
        return text
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return f"{text[: LONGEST_KEY - len(digest) - 1]}#{digest}"


def layout_id(names: tuple[str, ...]) -> int:
    """The id of the layout with exactly these names in this order. One query once it exists.

    Not remembered: an id made in a transaction that rolls back would be remembered wrongly.
    """
    digest = hashlib.sha1(json.dumps(names).encode(), usedforsecurity=False).hexdigest()
    return Layout.objects.get_or_create(digest=digest, defaults={"names": list(names)})[0].pk


def subjects(
    cluster: Cluster,
    wanted: Mapping[SubjectKey, str],
    *,
    seen_at: datetime,
    parents: Mapping[SubjectKey, int] | None = None,
) -> dict[SubjectKey, int]:
    """Ids of the wanted subjects (kind, key → name), created where they are new, marked as seen. Two to three queries."""
    found = _known(cluster, wanted)
    stale = [
        Subject(
            cluster=cluster,
            kind=kind,
            key=key[:LONGEST_KEY],
            name=name[:500],
            parent_id=(parents or {}).get((kind, key)),
            first_seen=seen_at,
            last_seen=seen_at,
        )
        for (kind, key), name in wanted.items()
        if (kind, key) not in found or _is_stale(found[kind, key], name, seen_at)
    ]
    if stale:
        upsert(stale, unique=["cluster", "kind", "key"], update=["name", "last_seen"])
        found = _known(cluster, wanted)
    return {key: pk for key, (pk, _, _) in found.items()}


Known = tuple[int, str, datetime]
"""A subject's id, its name, when it was last marked as seen."""


def _known(cluster: Cluster, wanted: Iterable[SubjectKey]) -> dict[SubjectKey, Known]:
    """By the key as it was wanted: those that are too long for the column are kept cut."""
    keys = {(kind, key[:LONGEST_KEY]): (kind, key) for kind, key in wanted}
    rows = Subject.objects.filter(
        cluster=cluster, kind__in={kind for kind, _ in keys}, key__in={key for _, key in keys}
    )
    return {
        keys[kind, key]: (pk, name, last_seen)
        for pk, kind, key, name, last_seen in rows.values_list("pk", "kind", "key", "name", "last_seen")
        if (kind, key) in keys
    }


def _is_stale(known: Known, name: str, seen_at: datetime) -> bool:
    return known[1] != name[:500] or seen_at - known[2] >= MARKED_EVERY


def write_totals(
    cluster: Cluster,
    kind: Subject.Kind,
    names: tuple[str, ...],
    ticks: Sequence[tuple[int, Mapping[str, Sequence[float]]]],
    *,
    seen_at: datetime,
) -> int:
    """Write the totals of several ticks (tick, key → values in layout order), subjects of one kind.

    A subject's name is what follows the colon of its key (`zone:eu-a`), or the key where there is none.
    """
    keys = {key: key_of(key) for _, totals in ticks for key in totals}
    wanted = {(kind.value, cut): key.partition(":")[2] or key for key, cut in keys.items()}
    ids = subjects(cluster, wanted, seen_at=seen_at)
    rows = [(tick, ids[kind, keys[key]], values) for tick, totals in ticks for key, values in totals.items()]
    return write_many(names, rows)


def write(tick: int, names: tuple[str, ...], rows: Iterable[tuple[int, Sequence[float | None]]]) -> int:
    """Write one tick's readings of subjects that share a layout; a repeat replaces its own rows. Returns how many."""
    return write_many(names, ((tick, subject, values) for subject, values in rows))


def write_many(names: tuple[str, ...], rows: Iterable[tuple[int, int, Sequence[float | None]]]) -> int:
    """Write readings of many ticks (tick, subject id, values in layout order), replacing what those keys held."""
    rows, layout = list(rows), layout_id(names)
    data = codec.pack_many([values for _, _, values in rows])
    packed = [(tick, subject, layout, one) for (tick, subject, _), one in zip(rows, data, strict=True)]
    table = connection.ops.quote_name(Reading._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} (tick, subject_id, layout_id, data) VALUES (%s, %s, %s, %s) "  # noqa: S608  our table
            "ON CONFLICT (tick, subject_id) DO UPDATE SET layout_id = excluded.layout_id, data = excluded.data",
            packed,
        )
    return len(packed)
