"""One container: how it is, what it uses of what it may, now and over time, and what it belongs to."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard.charts import container_cpu, container_disk, container_memory, container_network, container_throttling
from dashboard.charts.lines import Figure
from dashboard.hostile_text import visible
from dashboard.models import Cluster
from dashboard.pages import app_metric_rows, container_facts
from dashboard.pages.ranges import ranges
from dashboard.queries import app_metrics, container, container_history, container_in_words, window
from dashboard.queries.container import Found
from dashboard.queries.container_history import History, known


def page(request: HttpRequest, cluster_name: str, host: str, container_id: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked = window.of(request.GET.get("range"), now, ranges=window.LONGER_RANGES)
    found = container.one(cluster, host, container_id, now)
    if found is None:
        raise Http404(f"no container {container_id} on {host} of {cluster_name}")
    state, say = container_in_words.verdict(found, now)
    history = container_history.history(found, asked)
    here = [cluster.name, host]
    context = {
        "cluster": cluster,
        "now": now,
        "found": found,
        "row": found.row,
        "own": found.container,
        "state": state,
        "say": say,
        "why_old": container_in_words.why_old(found),
        "ranges": ranges(asked.name, window.LONGER_RANGES),
        "window": asked,
        "amounts": container_facts.amounts(found),
        "born": container_facts.born(cluster, found),
        "facts": container_facts.facts(found, now),
        "unmeasured": container_in_words.unmeasured(found),
        "told": container_facts.told(found),
        "charts": _charts(found, history),
        **app_metric_rows.of_container(
            cluster, found.container, asked, found.sources.get(app_metrics.SOURCE), request.GET
        ),
        "history": history,
        "csv": f"{reverse('container_csv', args=[*here, container_id])}?range={asked.name}",
        "crumbs": [
            ("Nodes", reverse("nodes", args=[cluster_name])),
            (visible(host, one_line=True), reverse("node", args=here)),
            ("Containers", reverse("node_containers", args=here)),
            (f"{visible(found.row.name, one_line=True)} ({state.word})", ""),
        ],
    }
    return render(request, "pages/container.html", context)


def _charts(found: Found, history: History) -> list[dict[str, object]]:
    """Up to five pictures, in the order in which one looks; those with anything to show."""
    drawn: list[tuple[str, Figure, str, str]] = []
    if known(history.cpus_used):
        of_cpu = container_cpu
        drawn.append(("cpu", of_cpu.drawn(history), of_cpu.title(history), of_cpu.basis(history)))
    if known(history.throttled):
        held = container_throttling
        drawn.append(("throttling", held.drawn(history), held.title(history), held.BASIS))
    if known(history.memory_used):
        memory = container_memory
        drawn.append(("memory", memory.drawn(history), memory.title(history), memory.basis(history)))
    if known(history.network_in, history.network_out):
        network, unsent = container_network, container_in_words.why_nothing_sent(found)
        drawn.append(("traffic", network.drawn(history), network.title(history), network.basis(history, unsent)))
    if known(history.disk_read, history.disk_written):
        disk = container_disk
        drawn.append(("disk", disk.drawn(history), disk.title(history), disk.BASIS))
    return [{"id": name, "figure": figure, "title": title, "basis": basis} for name, figure, title, basis in drawn]
