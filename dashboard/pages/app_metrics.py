"""The Metrics tab of an app: what its containers use, together and each, and what its application tells of itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from dashboard import csv_file, figures
from dashboard.charts import container_cpu, container_memory, container_network, container_throttling
from dashboard.charts.lines import Figure
from dashboard.charts.scales import Values, latest
from dashboard.charts.sparkline import Sparkline, sparkline
from dashboard.models import Cluster
from dashboard.pages import app_metric_rows
from dashboard.pages.app_look import Look, found_at
from dashboard.queries import app_containers, app_metrics, freshness, window
from dashboard.queries.app_containers import Instance
from dashboard.queries.app_metrics import Series
from dashboard.queries.container_history import History, known
from dashboard.queries.readings import loaded
from dashboard.queries.window import Window

HEADER = ("begins_at", "metric", "unit", "host", "container_id", "tags", "value")
SETS_AT_ONCE = 100
"""So many are in memory while a CSV is written."""
TOGETHER = "of all instances that run now"


@dataclass(frozen=True)
class Cell:
    """A figure of an instance and how it was over the range."""

    resource: str
    word: str
    text: str
    spark: Sparkline


NOBODY = ("No container to ask", "An application tells its metrics in the container of an instance that runs.")


@dataclass(frozen=True)
class Used:
    instance: Instance
    cells: tuple[Cell, ...]


def tab(look: Look) -> dict[str, Any]:
    own, source = look.found.app, look.sources.get(app_metrics.SOURCE)
    used = app_containers.of(own, look.window)
    every = app_metrics.of_app(own, look.window.starts_at)
    asking = app_metrics.asking_app(own)
    place = [own.cluster.name, own.marathon.key, own.app_id.removeprefix("/")]
    return {
        "used": used,
        "window": used.window,
        "charts": _charts(used.together) if used.together else [],
        "instances": [Used(one, _cells(one.history)) for one in used.instances],
        "asking": asking,
        "why_none": app_metric_rows.empty(asking, source, look.now) if used.instances or not source else NOBODY,
        "metrics_csv": f"{reverse('app_metrics_csv', args=place)}?range={look.window.name}",
        **app_metric_rows.listed(own.cluster, every, look.window, source, look.given),
    }


def _charts(history: History) -> list[dict[str, object]]:
    """Those with anything to show."""
    drawn: list[tuple[str, Figure, str, str]] = []
    if known(history.cpus_used):
        cpu = container_cpu
        drawn.append(("cpu", cpu.drawn(history), cpu.title(history), cpu.basis(history)))
    if known(history.memory_used):
        memory = container_memory
        drawn.append(("memory", memory.drawn(history), memory.title(history), memory.basis(history)))
    if known(history.throttled):
        held = container_throttling
        drawn.append(("throttling", held.drawn(history), held.title(history), held.BASIS))
    if known(history.network_in, history.network_out):
        net = container_network
        drawn.append(("traffic", net.drawn(history), net.title(history), net.basis(history, "sent is not told")))
    return [
        {"id": name, "figure": figure, "title": title, "basis": f"{basis}; {TOGETHER}"}
        for name, figure, title, basis in drawn
    ]


def _cells(history: History) -> tuple[Cell, ...]:
    """The newest figure within the range, and the range as a line."""
    return (
        _cell("cpu", "CPU used", figures.counted_cores(latest(history.cpus_used)), history.cpus_used),
        _cell("mem", "Memory in use", figures.byte_size(latest(history.memory_used)), history.memory_used),
        _cell("cpu", "Held back", figures.percent(latest(history.throttled)), history.throttled),
        _cell("net", "Received", figures.byte_rate(latest(history.network_in)), history.network_in),
        _cell("net", "Sent", figures.byte_rate(latest(history.network_out)), history.network_out),
    )


def _cell(resource: str, word: str, text: str, values: Values) -> Cell:
    return Cell(resource, word, text, sparkline(values.tolist()))


def table(request: HttpRequest, cluster_name: str, marathon_key: str, app_id: str) -> HttpResponseBase:
    """Every metric of every set over the range, or those called `metric`; steps at which nothing was told are left out."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    own = found_at(cluster, marathon_key, app_id, freshness.of(cluster, now), now).app
    asked = window.of(request.GET.get("range"), now, ranges=window.LONGER_RANGES)
    name = request.GET.get("metric", "")
    every = [one for one in app_metrics.of_app(own, asked.starts_at) if name in ("", one.name)]
    return csv_file.response(f"{cluster.name}-app-metrics.csv", HEADER, _lines(every, asked))


def _lines(every: Sequence[Series], asked: Window) -> Iterator[list[csv_file.Cell]]:
    for begin in range(0, len(every), SETS_AT_ONCE):
        some = every[begin : begin + SETS_AT_ONCE]
        read = loaded(sorted({one.of.pk for one in some}), asked, names=sorted({one.name for one in some}))
        for one in some:
            who = [one.container.host, one.container.container_id] if one.container else ["", ""]
            for step, value in enumerate(read.series(one.of.pk, [one.name])[one.name].tolist()):
                if value == value:
                    moment = figures.iso(read.window.moment(step))
                    yield [moment, one.name, one.unit, *who, one.tags, value]
