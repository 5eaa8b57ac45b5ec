"""One node: how it is, what is allocated on it and what it uses, over time and now, and what runs there."""

from __future__ import annotations

import numpy as np
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard.charts import machine_cpu, machine_filesystems, machine_load, machine_memory, machine_network
from dashboard.charts.lines import Figure
from dashboard.hostile_text import visible
from dashboard.models import Cluster
from dashboard.pages import node_facts
from dashboard.pages.links import ways
from dashboard.pages.ranges import ranges
from dashboard.queries import components, machine, machine_history, machine_in_words, use, window
from dashboard.queries.machine import Node
from dashboard.queries.machine_history import History, Values


def page(request: HttpRequest, cluster_name: str, host: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked = window.of(request.GET.get("range"), now)
    found = machine.node(cluster, host, now)
    if found is None:
        raise Http404(f"no node {host} in {cluster_name}")
    history = machine_history.history(cluster, host, found.ports, asked)
    state, say = machine_in_words.verdict(found, now)
    context = {
        "cluster": cluster,
        "now": now,
        "node": found,
        "row": found.allocating,
        "state": state,
        "say": say,
        "kind": machine_in_words.title(found.row),
        "size": machine_in_words.size(found),
        "unmeasured_mark": "unk" if use.offered(cluster) else "mute",
        "unmeasured": machine_in_words.why_unmeasured(found),
        "ranges": ranges(asked.name),
        "window": asked,
        "amounts": node_facts.amounts(found),
        "facts": node_facts.facts(found, now),
        "charts": _charts(found, history),
        "csv": f"{reverse('node_csv', args=[cluster.name, host])}?range={asked.name}",
        "events": ways(cluster.name, found.events),
        "no_units": _no_units(cluster),
        "units_healthy": sum(unit.state.mark == "good" for unit in found.units),
        "crumbs": [
            ("Nodes", reverse("nodes", args=[cluster_name])),
            (f"{visible(host, one_line=True)} ({state.word})", ""),
        ],
    }
    return render(request, "pages/node.html", context)


def _no_units(cluster: Cluster) -> str:
    if components.offered(cluster):
        return "No health report has listed this node."
    return "Component health comes from dcos-diagnostics, which plain Mesos does not have."


def _charts(found: Node, history: History) -> list[dict[str, object]]:
    """Up to five pictures, in the order in which one looks: processor, memory, disk, network; those with anything to show."""
    own = found.machine
    cores, generation = (own.cores, own.generation) if own else (None, "")
    drawn: list[tuple[str, Figure, str, str]] = []
    if _any(history.cpu_used, history.cpu_allocated):
        drawn.append(
            ("cpu", machine_cpu.drawn(history), machine_cpu.title(history), machine_cpu.basis(cores, generation))
        )
    if _any(history.load):
        drawn.append(
            ("load", machine_load.drawn(history, cores), machine_load.title(history, cores), machine_load.basis(cores))
        )
    if _any(history.memory_used, history.memory_allocated):
        drawn.append(
            ("memory", machine_memory.drawn(history), machine_memory.title(history), machine_memory.basis(history))
        )
    if history.filesystems:
        of = machine_filesystems
        drawn.append(("fullest", of.drawn(history), of.title(history), of.basis(history)))
    if _any(history.network_in, history.network_out):
        drawn.append(("traffic", machine_network.drawn(history), machine_network.title(history), machine_network.BASIS))
    return [{"id": name, "figure": figure, "title": title, "basis": basis} for name, figure, title, basis in drawn]


def _any(*lines: Values) -> bool:
    return any(np.isfinite(values).any() for values in lines)
