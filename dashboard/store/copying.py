"""Readings written by PostgreSQL's binary COPY: a whole tick as one buffer, made without a step for each row.

Document: https://www.postgresql.org/docs/15/sql-copy.html (File Formats, Binary Format)
"""

from __future__ import annotations

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from dashboard.models import Reading

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
COLUMNS = (("tick", ">i4"), ("subject_id", ">i8"), ("layout_id", ">i8"))
"""Before the values, as wide as the table's own columns."""

Ticks = NDArray[np.int64]


def replace(ticks: Ticks, ids: NDArray[np.int64], layout: int, packed: NDArray[np.void]) -> None:
    """Write readings of one layout; `packed` holds the bytes of each. What their keys held goes first: COPY replaces nothing."""
    table = connection.ops.quote_name(Reading._meta.db_table)
    names = ", ".join([*(name for name, _ in COLUMNS), "data"])
    with connection.cursor() as cursor:
        for tick in np.unique(ticks):
            cursor.execute(
                f"DELETE FROM {table} WHERE tick = %s AND subject_id = ANY(%s)",  # noqa: S608  our table
                [int(tick), ids[ticks == tick].tolist()],
            )
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(HEAD + _rows(ticks, ids, layout, packed) + END)


def _rows(ticks: Ticks, ids: NDArray[np.int64], layout: int, packed: NDArray[np.void]) -> bytes:
    """Every row: how many values, then each with its length before it."""
    values = {"tick": ticks, "subject_id": ids, "layout_id": layout, "data": packed}
    widths = {name: np.dtype(kind) for name, kind in COLUMNS} | {"data": packed.dtype}
    parts = [part for name, kind in widths.items() for part in ((f"{name} length", ">i4"), (name, kind))]
    rows = np.zeros(len(ids), dtype=[("values", ">i2"), *parts])
    rows["values"] = len(widths)
    for name, kind in widths.items():
        rows[f"{name} length"], rows[name] = kind.itemsize, values[name]
    return rows.tobytes()
