"""Lists as CSV: `format=csv` on every list that offers it. Nested parts become columns with a dot in their name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from dashboard import csv_file
from dashboard.api import choosing, paging
from dashboard.api.problems import BadParameter

CSV = "csv"
PAGING = ("limit", "after")
Path = tuple[str, ...]


class TableQuery(paging.PagedQuery):
    format_ = serializers.ChoiceField(
        ["json", CSV],
        default="json",
        help_text="csv: every row that matches in one file, so without limit and after; what is not known is an empty cell.",
    )


def wants_csv(request: Request, asked: Mapping[str, Any]) -> bool:
    """Whether a CSV was asked for. Raises BadParameter where a part of one was."""
    if asked["format"] != CSV:
        return False
    for name in (*PAGING, choosing.NAME):
        if name in request.query_params:
            raise BadParameter(f"A CSV holds every row and column: leave out {name}.", parameter=name)
    return True


def answer(
    name: str, row: type[serializers.Serializer[Any]], rows: Iterable[Any], now: datetime
) -> StreamingHttpResponse:
    """The rows, each as its serializer has it, written while they are read."""
    serializer = row(context={"now": now})
    columns = list(_columns(serializer))
    lines = ([_cell(written, path) for path in columns] for written in map(serializer.to_representation, rows))
    return csv_file.response(f"{name}.csv", [".".join(path) for path in columns], lines)


def _columns(serializer: serializers.Serializer[Any], above: Path = ()) -> Iterator[Path]:
    for name, field in serializer.fields.items():
        if isinstance(field, serializers.Serializer):
            yield from _columns(field, (*above, name))
        else:
            yield (*above, name)


def _cell(written: Any, path: Path) -> csv_file.Cell:
    for name in path:
        written = None if written is None else written[name]
    if isinstance(written, bool):
        return "true" if written else "false"
    if isinstance(written, list | dict):
        return json.dumps(written, ensure_ascii=False)
    return written if isinstance(written, float | int) or written is None else str(written)
