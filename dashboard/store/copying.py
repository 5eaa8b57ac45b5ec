"""Readings and chunks written by PostgreSQL's binary COPY: a whole tick, or all chunks of a slice, as one buffer.

Document: https://www.postgresql.org/docs/15/sql-copy.html (File Formats, Binary Format)
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from dashboard.models import Chunk, Reading

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
COLUMNS = (("tick", ">i4"), ("subject_id", ">i8"), ("layout_id", ">i8"))
"""Before the values, as wide as the table's own columns."""
CHUNK_COLUMNS = "subject_id, tier, begins_at, rows, layout_id, data"
CHUNK_ROW = Struct(">h iq ih ii ii iq i")
"""How many values, each with its length before it: the first five of CHUNK_COLUMNS, as wide as the table's own, and then
the length of the data."""

Ticks = NDArray[np.int64]


def replace(ticks: Ticks, ids: NDArray[np.int64], layouts: NDArray[np.int64], packed: NDArray[np.void]) -> None:
    """Write readings of one width; `packed` holds the bytes of each. What their keys held goes first: COPY replaces nothing."""
    table = connection.ops.quote_name(Reading._meta.db_table)
    names = ", ".join([*(name for name, _ in COLUMNS), "data"])
    with connection.cursor() as cursor:
        for tick in np.unique(ticks):
            cursor.execute(
                f"DELETE FROM {table} WHERE tick = %s AND subject_id = ANY(%s)",  # noqa: S608  our table
                [int(tick), ids[ticks == tick].tolist()],
            )
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(HEAD + _rows(ticks, ids, layouts, packed) + END)


def _rows(ticks: Ticks, ids: NDArray[np.int64], layouts: NDArray[np.int64], packed: NDArray[np.void]) -> bytes:
    """Every row: how many values, then each with its length before it."""
    values = {"tick": ticks, "subject_id": ids, "layout_id": layouts, "data": packed}
    widths = {name: np.dtype(kind) for name, kind in COLUMNS} | {"data": packed.dtype}
    parts = [part for name, kind in widths.items() for part in ((f"{name} length", ">i4"), (name, kind))]
    rows = np.zeros(len(ids), dtype=[("values", ">i2"), *parts])
    rows["values"] = len(widths)
    for name, kind in widths.items():
        rows[f"{name} length"], rows[name] = kind.itemsize, values[name]
    return rows.tobytes()


ChunkRow = tuple[int, int, int, int, int, bytes]
"""The values of CHUNK_COLUMNS, in their order."""


def upsert_chunks(chunks: Iterable[ChunkRow]) -> None:
    """Write chunks, replacing those of the same subject, tier and beginning; of one key that comes twice the last stays.

    COPY replaces nothing: they go into a table of this session first. Three queries and the COPY.
    """
    table, last = connection.ops.quote_name(Chunk._meta.db_table), {chunk[:3]: chunk for chunk in chunks}
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE daytwo_chunks (LIKE {table})")
        with cursor.copy(f"COPY daytwo_chunks ({CHUNK_COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(b"".join([HEAD, *map(_chunk, last.values()), END]))
        cursor.execute(
            f"INSERT INTO {table} ({CHUNK_COLUMNS}) SELECT {CHUNK_COLUMNS} FROM daytwo_chunks "  # noqa: S608  our tables
            "ON CONFLICT (subject_id, tier, begins_at) DO UPDATE "
            "SET rows = excluded.rows, layout_id = excluded.layout_id, data = excluded.data"
        )
        cursor.execute("DROP TABLE daytwo_chunks")


def _chunk(chunk: ChunkRow) -> bytes:
    subject, tier, begins_at, rows, layout, data = chunk
    return CHUNK_ROW.pack(6, 8, subject, 2, tier, 4, begins_at, 4, rows, 8, layout, len(data)) + data
