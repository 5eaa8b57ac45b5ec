"""A page with every part on it, for the browser tests: a URLconf to be put in the place of the product's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from django.contrib.messages import success
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from dashboard.charts import lines
from dashboard.charts.sparkline import sparkline
from dashboard.charts.strip import Span, strip
from dashboard.charts.ticks import ticks
from dashboard.pages.frame import Age

NOW = datetime(2026, 11, 24, 2, 16, tzinfo=UTC)
SINCE = NOW - timedelta(hours=6)
STEP_SECONDS = 60
SIZE = 361
requests = count(1)
TEMPLATE = Path(__file__).with_suffix(".html")


@dataclass(frozen=True)
class Sheet:
    """The charts of the page."""

    memory: lines.Figure
    cpu: lines.Figure
    bare: lines.Figure


def wave(base: float, swing: float) -> list[float]:
    values = [base + swing * math.sin(index / 40) for index in range(SIZE)]
    values[80:110] = [math.nan] * 30
    values[95] = base
    return values


def usage(resource: lines.Resource, allocated: float, used: float) -> lines.Figure:
    def one(name: str, values: list[float], role: lines.Role) -> dict[str, object]:
        return lines.line(name, values, role=role, resource=resource, begins_at=SINCE, step_seconds=STEP_SECONDS)

    drawn = [
        one("Used", wave(used, 6), "used"),
        one("Allocated", wave(allocated, 2), "allocated"),
        one("Limit 90 %", [90.0] * SIZE, "limit"),
    ]
    events = [lines.event(SINCE + timedelta(hours=3), "failure", "10.0.0.242 lost")]
    return lines.figure(
        drawn, unit="%", top=100, group="usage", window=(SINCE, NOW), gaps=lines.gaps(drawn[0]), events=events
    )


def sheet() -> Sheet:
    empty = lines.line("Used", [], role="used", resource="gpu", begins_at=SINCE, step_seconds=STEP_SECONDS)
    return Sheet(usage("mem", 83, 45), usage("cpu", 71, 29), lines.figure([empty], unit="%", top=100))


def tiles() -> list[dict[str, object]]:
    spark = sparkline(
        [value / 100 for value in wave(83, 2)], top=1.0, limit=0.9, area=[value / 100 for value in wave(45, 6)]
    )
    rows = [
        {"word": "10.0.0.242", "href": "#", "state": "bad", "status": "Silent 2 min"},
        {"word": "Failed, last hour", "status": "7"},
    ]
    return [
        {"title": "Memory Allocation", "href": "#", "number": "83", "unit": "% allocated", "basis": "2.36 TiB of 2.84 TiB",
         "spark": spark, "resource": "mem", "spark_label": "Memory, 24 h"},
        {"title": "Nodes", "number": "41", "unit": "active, 1 silent", "basis": "42 agents", "rows": rows},
    ]  # fmt: skip


def page(request: HttpRequest) -> HttpResponse:
    number = next(requests)
    if "said" in request.GET:
        success(request, "Saved.")
    charts = sheet()
    context = {
        "number": number,
        "word": "Degraded" if number % 2 else "Unknown",
        "now": NOW,
        "age": Age("warn", 12, "#"),
        "log": "\n".join(f"line {line}" for line in range(100)),
        "command": "curl -sS <script>",
        "since": NOW - timedelta(minutes=3),
        "crumbs": [("Nodes", "#"), ("10.0.0.242", "")],
        "ranges": [{"word": word, "href": "#", "current": word == "6 h"} for word in ("1 h", "6 h", "24 h")],
        "filters": [
            {"word": "All", "href": "#", "current": True, "count": 42},
            {"word": "Unhealthy", "href": "#", "count": 1, "state": "bad"},
        ],
        "tiles": tiles(),
        "blocks": strip(
            [
                Span("good", SINCE, SINCE + timedelta(hours=2)),
                Span("bad", SINCE + timedelta(hours=3), SINCE + timedelta(hours=4)),
                Span("warn", SINCE + timedelta(hours=4), NOW),
            ],
            SINCE,
            NOW,
        ),
        "ticks": ticks([(NOW - timedelta(hours=1), "bad"), (NOW - timedelta(hours=2), "warn")], SINCE, NOW),
        "memory": charts.memory,
        "cpu": charts.cpu,
        "bare": charts.bare,
    }
    return HttpResponse(engines["django"].from_string(TEMPLATE.read_text()).render(context, request))


urlpatterns = [path("sheet/", page, name="sheet"), path("", include("dashboard.urls"))]
