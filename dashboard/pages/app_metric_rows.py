"""The table of what applications tell of themselves, of an app, a container or a task: a row for each metric of each set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from dashboard import figures
from dashboard.amounts import amount
from dashboard.charts.sparkline import Sparkline, sparkline
from dashboard.hostile_text import visible
from dashboard.models import Cluster, Container
from dashboard.pages import paging
from dashboard.pages.sorting import query
from dashboard.queries import app_metrics, reasons, window
from dashboard.queries.app_metrics import Asking, Series, Told
from dashboard.queries.formula import Formula, Match
from dashboard.queries.freshness import SourceAge
from dashboard.queries.window import Window

MOST_ROWS, MOST_CHARACTERS = 100, 200
POINTS = 60
"""Of a sparkline."""
KIND = "app_metrics"


@dataclass(frozen=True, kw_only=True)
class Row:
    told: Told
    text: str
    """Its newest value, in the unit that its name tells."""
    spark: Sparkline
    label: str
    """What the sparkline shows."""
    explore: str
    """Where it is drawn large."""


def listed(
    cluster: Cluster, every: Sequence[Series], asked: Window, source: SourceAge | None, given: Mapping[str, str]
) -> dict[str, Any]:
    """Those that hold the words of `find`, a page of them; the other parameters stay in the links. As many queries as `told`."""
    text = given.get("find", "").strip()[:MOST_CHARACTERS]
    matching = [one for one in every if one.holds(text)]
    kept = {name: given.get(name, "") for name in ("tab", "range")}
    table = paging.cut(matching, given.get("page", "1"), {**kept, "find": text}, most=MOST_ROWS)
    coarse = window.of(asked.name, asked.ends_at, points=POINTS, ranges=window.LONGER_RANGES)
    found = app_metrics.told(cluster, table.rows, coarse, source)
    return {
        "series": every,
        "table": table,
        "find": text,
        "kept": {name: value for name, value in kept.items() if value},
        "rows": [_row(cluster, one, asked) for one in found],
        "all": query(kept),
        "names": len({one.name for one in every}),
        "words": asked.words,
    }


def of_container(
    cluster: Cluster, own: Container, asked: Window, source: SourceAge | None, given: Mapping[str, str]
) -> dict[str, Any]:
    """What parts/app_metrics_here.html shows of one container. Two queries and those of `listed`."""
    asking = app_metrics.asking_container(own)
    return {
        "asking": asking,
        "why_none": empty(asking, source, asked.ends_at),
        **listed(cluster, app_metrics.of_containers([own], asked.starts_at), asked, source, given),
    }


def _row(cluster: Cluster, told: Told, asked: Window) -> Row:
    # Whatever goes below zero has no place in the picture: it is lifted, and the words say between what it was.
    known = [value for value in told.past.tolist() if value == value]
    least, most = (min(known), max(known)) if known else (None, None)
    base = min(least or 0.0, 0.0)
    name = visible(told.series.name, one_line=True)
    in_unit = partial(amount, unit=told.series.unit)
    return Row(
        told=told,
        text=in_unit(told.value),
        spark=sparkline((told.past - base).tolist()),
        label=f"{name} over {asked.words}: {in_unit(least)} to {in_unit(most)}",
        explore=f"{reverse('explore', args=[cluster.name])}?{formula_query(told.series, asked)}",
    )


def formula_query(series: Series, asked: Window) -> str:
    """Of the page that draws it: of an app's metric all its sets, of any other this one."""
    app = series.of.app
    which = Match("app", app.app_id) if app else Match("key", series.of.subject.key)
    return urlencode({"q": Formula(series.name, (Match("kind", KIND), which)).text, "range": asked.name})


def empty(asking: Asking, source: SourceAge | None, now: datetime) -> tuple[str, str]:
    """Why there is none: the fact, and what is behind it."""
    if source is None:
        return "None are told here", "Application metrics come from dcos-metrics, which plain Mesos does not have."
    if not asking.answered:
        why = reasons.why_old(source.outcome, source.detail)
        return "Not asked yet", (
            "A container is asked after its first minute."
            if source.freshness.current
            else f"Application metrics of the cluster: {why}."
        )
    if asking.silent == asking.answered:
        again = "" if asking.next_at is None else f", next at {figures.instant(asking.next_at, now)} UTC"
        return "Its application tells none", (
            f"{figures.counted(asking.answered, 'container')} answered that there is none. Applications tell metrics by statsd; "
            f"containers of the Docker engine cannot. They are asked again within the hour{again}."
        )
    return "None in this time", "What was told before is kept: choose a longer range."
