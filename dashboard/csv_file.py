"""CSV that is safe to open in a spreadsheet: what a cluster supplied never becomes a formula (RFC 4180, UTF-8)."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence

from django.http import StreamingHttpResponse

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
"""What a spreadsheet takes for the beginning of a formula."""

Cell = str | float | int | None


class _Echo:
    """A file for csv.writer that hands each line on instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def response(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> StreamingHttpResponse:
    """The rows as a download; `name` is ours or a cluster's checked name, never text a cluster supplied."""
    writer = csv.writer(_Echo())
    lines = (writer.writerow([safe(cell) for cell in row]) for row in (header, *rows))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def safe(cell: Cell) -> str:
    """A number as it is, nothing as an empty cell, text with an apostrophe before a risky first character."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(RISKY) else cell
    return "" if math.isnan(cell) else f"{cell:.15g}"
