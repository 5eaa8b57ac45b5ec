"""The one writer of chunks: many rows of a layout into as few chunks as they need, replaced, and deleted by their age."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from django.db import connection

from dashboard import codec
from dashboard.models import Chunk
from dashboard.rolling import Rows
from dashboard.store import copying, filling, partitions
from dashboard.store.copying import CHUNK_COLUMNS
from dashboard.store.upserts import insert_many
from dashboard.tiers import Tier, first_of

AT_ONCE_VALUES = 100_000
"""So many are packed at once: what that takes for the moment is some ten times their eight bytes, and stays in the cache."""


class Packed(NamedTuple):
    """A row of the table, in the order of its columns."""

    subject: int
    tier: int
    begins_at: int
    rows: int
    layout: int
    data: bytes


def packed(tier: Tier, layout: int, rows: Rows) -> Iterator[Packed]:
    """One chunk for each subject and stretch of the tier. `layout` is its id; rows are sorted by subject and tick."""
    stretches = rows.ticks // tier.span_seconds
    begun = (np.diff(stretches, prepend=-1) != 0) | (np.diff(rows.subjects, prepend=-1) != 0)
    starts = np.flatnonzero(begun)
    counts = np.diff(starts, append=len(rows.ticks))
    for count in np.unique(counts).tolist():
        alike = starts[counts == count]
        at_once = max(1, AT_ONCE_VALUES // max(1, count * rows.values.shape[1]))
        for first in range(0, len(alike), at_once):
            yield from _packed(tier, layout, rows, alike[first : first + at_once], count)


def _packed(tier: Tier, layout: int, rows: Rows, starts: codec.Ticks, count: int) -> Iterator[Packed]:
    """Chunks that begin at these rows and have as many as each other."""
    taken = starts[:, None] + np.arange(count)
    data = codec.encode_many(rows.ticks[taken], rows.values[taken])
    subjects, begins = rows.subjects[starts].tolist(), rows.begins[starts].tolist()
    for subject, begins_at, one in zip(subjects, begins, data, strict=True):
        yield Packed(subject, int(tier), begins_at, count, layout, one)


def write(chunks: Iterable[Packed]) -> int:
    """Write them; one of the same subject, tier and beginning is replaced. Returns how many. One query on SQLite."""
    chunks = list(chunks)
    if not chunks:
        return 0
    partitions.make((Tier(chunk.tier), chunk.begins_at) for chunk in chunks)
    if connection.vendor == "postgresql":
        copying.upsert_chunks(chunks)
    else:
        _upsert([chunks[place] for place in filling.order([len(chunk.data) for chunk in chunks])])
    return len(chunks)


def _upsert(chunks: Sequence[Packed]) -> None:
    table = connection.ops.quote_name(Chunk._meta.db_table)
    insert_many(
        f"INSERT INTO {table} ({CHUNK_COLUMNS})",
        chunks,
        "ON CONFLICT (subject_id, tier, begins_at) DO UPDATE "
        "SET rows = excluded.rows, layout_id = excluded.layout_id, data = excluded.data",
    )


def clear(subjects: Sequence[int], tier: Tier, tick: int) -> int:
    """Delete what these subjects have in the stretch of the tier in which the tick lies. One query."""
    begins_at = first_of(tier, tick)
    gone = Chunk.objects.filter(
        subject__in=subjects, tier=tier, begins_at__gte=begins_at, begins_at__lt=begins_at + tier.span_seconds
    )
    return gone._raw_delete(gone.db)
