"""All filesystems of a cluster: how full each is, how fast it grows, and when it is full at that pace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard import csv_file, figures
from dashboard.models import Cluster
from dashboard.pages import paging, sorting
from dashboard.pages.capacity_asked import Problem
from dashboard.pages.filesystem_rows import FilesystemRow
from dashboard.pages.ranges import ranges
from dashboard.pages.sorting import Column, Order, query
from dashboard.queries import filesystems, freshness, growth, growth_in_words, reasons, units, use
from dashboard.queries.growth import OVER

NEVER, UNKNOWN = 1e6, 2e6
"""Days until one is full that never is at this pace, and until one of which no pace is known: both come last."""
LONGEST_TEXT = 200


def _by(value: Callable[[FilesystemRow], float | None]) -> Callable[[FilesystemRow], float]:
    def key(row: FilesystemRow) -> float:
        found = value(row)
        return -1.0 if found is None else found

    return key


def _days(row: FilesystemRow) -> float:
    if row.pace.days_to_full is not None:
        return row.pace.days_to_full
    return UNKNOWN if row.pace.bytes_per_day is None else NEVER


def _per_day(row: FilesystemRow) -> float:
    return float("-inf") if row.pace.bytes_per_day is None else row.pace.bytes_per_day


COLUMNS: tuple[Column[FilesystemRow], ...] = (
    Column(title="Filesystem", key="path", by=lambda row: row.of.path),
    Column(title="Node", key="node", by=lambda row: units.by_address(row.host)),
    Column(title="Used", key="used", by=_by(lambda row: row.used_ratio), falls=True),
    Column(title="Inodes", key="inodes", by=_by(lambda row: row.inodes_ratio), css="num", falls=True),
    Column(title="Free", key="free", by=_by(lambda row: row.of.free_bytes), css="num"),
    Column(title="Size", key="size", by=_by(lambda row: row.of.total_bytes), css="num wide-only", falls=True),
    Column(title="Growth a day", key="growth", by=_per_day, css="num", falls=True),
    Column(title="Full in", key="full", by=_days, css="num"),
    Column(title="Age", key="age", by=lambda row: -row.of.measured_at.timestamp(), css="num wide-only", falls=True),
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The parameters, those that cannot be had left out and told as problems."""

    q: str
    range: str
    sort: str
    problems: tuple[Problem, ...]

    @property
    def parameters(self) -> dict[str, str]:
        return {"q": self.q, "range": self.range, "sort": self.sort}


def asked(request: HttpRequest) -> Asked:
    problems = []
    over, sort = request.GET.get("range", ""), request.GET.get("sort", "")
    keys = tuple(column.key for column in COLUMNS)
    if over and over not in OVER:
        problems.append(Problem("range", over, tuple(OVER)))
    if sort and sort.removeprefix("-") not in keys:
        problems.append(Problem("sort", sort, keys))
    return Asked(
        q=request.GET.get("q", "")[:LONGEST_TEXT].strip(),
        range=over if over in OVER else "",
        sort=sort if sort.removeprefix("-") in keys else "",
        problems=tuple(problems),
    )


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, at = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    wanted, sources = asked(request), freshness.of(cluster, at)
    found = filesystems.listing(cluster, at, text=wanted.q, period_seconds=use.period_seconds(sources))
    over, order = growth.asked(wanted.range), sorting.order(COLUMNS, wanted.sort, usual="used")
    paces = growth.of(found.rows, at, over)
    rows = order.sorted(FilesystemRow(one, paces[one.pk]) for one in found.rows)
    others = wanted.parameters
    source = sources.get(use.SOURCE)
    context = {
        "cluster": cluster,
        "at": at,
        "asked": wanted,
        "shown": paging.cut(rows, request.GET.get("page", ""), others),
        "measured": found.measured,
        "answer": _answer(rows),
        "heads": order.heads(others),
        "ranges": ranges(over, OVER, {**others, "range": ""}),
        "basis": growth_in_words.basis(over),
        "offered": use.offered(cluster),
        "source": source,
        "reason": reasons.why_old(source.outcome, source.detail) if source else "",
        "csv": f"filesystems.csv{query(others)}",
        "crumbs": [("Capacity", reverse("capacity", args=[cluster.name])), ("Filesystems", "")],
        "clear": query({**others, "q": ""}),
    }
    return render(request, "pages/capacity_filesystems.html", context)


def _answer(rows: Sequence[FilesystemRow]) -> str:
    """The page in one sentence: which is full first."""
    first = min(rows, key=_days, default=None)
    if first is None or first.pace.days_to_full is None:
        return ""
    return f"{first.of.path} of {first.host} is full first, in {first.full_in}"


CELLS = (
    "host",
    "path",
    "used_ratio",
    "inodes_ratio",
    "total_bytes",
    "used_bytes",
    "free_bytes",
    "growth_bytes_per_day",
    "days_to_full",
    "note",
    "measured_at",
)


def table(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """The filesystems that the filter shows, all pages together, in their order; what is not known as empty cells."""
    cluster, at = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    wanted, sources = asked(request), freshness.of(cluster, at)
    found = filesystems.listing(cluster, at, text=wanted.q, period_seconds=use.period_seconds(sources))
    over = growth.asked(wanted.range)
    paces = growth.of(found.rows, at, over)
    order: Order[FilesystemRow] = sorting.order(COLUMNS, wanted.sort, usual="used")
    rows = order.sorted(FilesystemRow(one, paces[one.pk]) for one in found.rows)
    return csv_file.response(f"{cluster.name}-filesystems-{over}.csv", CELLS, map(_cells, rows))


def _cells(row: FilesystemRow) -> list[csv_file.Cell]:
    of = row.of
    return [
        row.host,
        of.path,
        row.used_ratio,
        row.inodes_ratio,
        of.total_bytes,
        of.used_bytes,
        of.free_bytes,
        row.pace.bytes_per_day,
        row.pace.days_to_full,
        row.pace.why,
        figures.iso(of.measured_at),
    ]
