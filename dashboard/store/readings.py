"""Readings: subjects, layouts, and one row per subject per tick."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from django.db import connection
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Concat
from numpy.typing import NDArray

from dashboard import codec
from dashboard.models import Cluster, Layout, Reading, Subject
from dashboard.store import copying, layouts
from dashboard.store.upserts import insert_many, upsert_values
from dashboard.subject_keys import LONGEST_KEY, key_of

Whole = NDArray[np.int64]
SubjectKey = tuple[str, str]
"""Kind and key."""

MARKED_EVERY = timedelta(minutes=10)
"""Subjects are many, and only pruning asks when they were last seen: it need not be known to the second."""


def layout_id(names: tuple[str, ...]) -> int:
    """The id of the layout with exactly these names in this order. One query once it exists.

    Not remembered: an id made in a transaction that rolls back would be remembered wrongly.
    """
    digest = layouts.digest_of(names)
    return Layout.objects.get_or_create(digest=digest, defaults={"names": list(names)})[0].pk


def subjects(
    cluster: Cluster,
    wanted: Mapping[SubjectKey, str],
    *,
    seen_at: datetime,
    parents: Mapping[SubjectKey, int] | None = None,
) -> dict[SubjectKey, int]:
    """Ids of the wanted subjects (kind, key → name), created where they are new, marked as seen. One query where all were
    seen of late, else three."""
    if not wanted:
        return {}
    recent = _known(cluster, wanted, after=seen_at - MARKED_EVERY)
    found = {key: pk for key, (pk, name) in recent.items() if name == wanted[key][:500]}
    stale = wanted.keys() - found.keys()
    if not stale:
        return found
    rows = [
        (
            cluster.pk,
            kind,
            key[:LONGEST_KEY],
            (parents or {}).get((kind, key)),
            wanted[kind, key][:500],
            seen_at,
            seen_at,
        )
        for kind, key in wanted
        if (kind, key) in stale
    ]
    upsert_values(Subject, COLUMNS, rows, unique=["cluster", "kind", "key"], update=["name", "last_seen"])
    return found | {key: pk for key, (pk, _) in _known(cluster, stale).items()}


def subject_of(cluster: OuterRef, kind: str, key: OuterRef | Concat, *, now: datetime) -> Subquery:
    """The subject of a row, found where the row is read: at a sixth of the price of asking for it by its key.

    NULL where there is none, where its key had to be cut, and where it is to be marked as seen again.
    """
    found = Subject.objects.filter(cluster=cluster, kind=kind, key=key, last_seen__gt=now - MARKED_EVERY)
    return Subquery(found.values("pk"))


COLUMNS = ("cluster", "kind", "key", "parent", "name", "first_seen", "last_seen")
Known = tuple[int, str]
"""A subject's id and its name."""


def _known(
    cluster: Cluster, wanted: Collection[SubjectKey], *, after: datetime | None = None
) -> dict[SubjectKey, Known]:
    """By the key as it was wanted: those too long for the column are kept cut. Where `after` is given, those marked later."""
    keys = {(kind, key[:LONGEST_KEY]): (kind, key) for kind, key in wanted}
    rows = Subject.objects.filter(
        cluster=cluster, kind__in={kind for kind, _ in keys}, key__in={key for _, key in keys}
    )
    if after is not None:
        rows = rows.filter(last_seen__gt=after)
    return {
        keys[kind, key]: (pk, name)
        for pk, kind, key, name in rows.values_list("pk", "kind", "key", "name")
        if (kind, key) in keys
    }


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
    """Write readings of many ticks (tick, subject id, values in layout order), replacing what those keys held.

    Of one key that comes twice the last stays.
    """
    last = {(tick, subject): values for tick, subject, values in rows}
    matrix = np.array(list(last.values()), dtype=codec.FLOAT64).reshape(-1, len(names))
    return _write(names, [tick for tick, _ in last], [subject for _, subject in last], matrix)


def write_matrix(tick: int, names: tuple[str, ...], ids: Sequence[int], matrix: codec.Matrix) -> int:
    """The same of one tick: subjects' ids, each once, and a row of the matrix for each, NaN where nothing was measured."""
    return _write(names, [tick] * len(ids), ids, matrix)


def write_free(tick: int, rows: Iterable[tuple[int, tuple[str, ...], Sequence[float]]]) -> int:
    """The same of subjects that each have a layout of their own (subject id, names, values); those of one width at once.

    One query for the layouts, three where some are new.
    """
    by_width = defaultdict(list)
    for row in rows:
        by_width[len(row[1])].append(row)
    held = layouts.ids_of({names for same in by_width.values() for _, names, _ in same}) if by_width else {}
    for same in by_width.values():
        of = np.array([held[names] for _, names, _ in same], dtype=np.int64)
        matrix = np.array([values for *_, values in same], dtype=codec.FLOAT64)
        _put([tick] * len(same), [subject for subject, *_ in same], of, matrix)
    return sum(map(len, by_width.values()))


def _write(names: tuple[str, ...], ticks: Sequence[int], ids: Sequence[int], matrix: codec.Matrix) -> int:
    if matrix.shape != (len(ids), len(names)):
        raise ValueError(f"{matrix.shape} values where there are {len(ids)} subjects and {len(names)} names")
    if not len(ids):
        return 0
    _put(ticks, ids, np.full(len(ids), layout_id(names)), matrix)
    return len(ids)


def _put(ticks: Sequence[int], ids: Sequence[int], of: Whole, matrix: codec.Matrix) -> None:
    """By PostgreSQL's COPY, or by a statement for a few hundred rows: the only place where the databases differ (house, §4)."""
    order = np.argsort(ids, kind="stable")  # as in the index: then neighbours are written together
    at, subject, layout = np.asarray(ticks, dtype=np.int64)[order], np.asarray(ids, dtype=np.int64)[order], of[order]
    whole = f"V{codec.FLOAT64.itemsize * matrix.shape[1]}"
    packed = np.ascontiguousarray(matrix[order], dtype=codec.FLOAT64).view(whole)[:, 0]
    if connection.vendor == "postgresql":
        copying.replace(at, subject, layout, packed)
    else:
        _insert(zip(at.tolist(), subject.tolist(), layout.tolist(), packed.tolist(), strict=True))


def _insert(rows: Iterable[tuple[int, int, int, bytes]]) -> None:
    table = connection.ops.quote_name(Reading._meta.db_table)
    insert_many(
        f"INSERT INTO {table} (tick, subject_id, layout_id, data)",
        list(rows),
        "ON CONFLICT (tick, subject_id) DO UPDATE SET layout_id = excluded.layout_id, data = excluded.data",
    )
