"""One node: how it is, what is allocated on it and what it uses, over time and now, and what runs there."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard.charts import agent_strip, machine_filesystems
from dashboard.hostile_text import visible
from dashboard.models import Cluster
from dashboard.pages import agent_facts, node_born, node_charts, node_facts, node_trouble
from dashboard.pages.links import ways
from dashboard.pages.ranges import ranges
from dashboard.queries import (
    agent_process,
    agent_states,
    components,
    containers,
    containers_of_node,
    dcos_cli,
    machine,
    machine_history,
    machine_in_words,
    tasks,
    use,
)
from dashboard.queries.machine import Node
from dashboard.queries.window import Window


def page(request: HttpRequest, cluster_name: str, host: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked = machine_history.asked(request.GET.get("range"), now)
    found = machine.node(cluster, host, now)
    if found is None:
        raise Http404(f"no node {host} in {cluster_name}")
    drawn = [disk.filesystem.path for disk in found.disks[: len(machine_filesystems.ROLES)] if disk.current]
    history = machine_history.history(cluster, host, found.ports, asked, paths=drawn)
    state, say = machine_in_words.verdict(found, now)
    context = {
        "cluster": cluster,
        "now": now,
        "node": found,
        "row": found.allocating,
        "state": state,
        "say": say,
        "trouble": node_trouble.trouble(cluster, host, now),
        "kind": machine_in_words.title(found.row),
        "size": machine_in_words.size(found),
        "unmeasured_mark": "unk" if use.offered(cluster) else "mute",
        "unmeasured": machine_in_words.why_unmeasured(found),
        "ranges": ranges(asked.name, machine_history.MACHINE_RANGES),
        "at_risk": machine_in_words.at_risk(found),
        "window": asked,
        "history": history,
        "amounts": node_facts.amounts(found),
        "facts": node_facts.facts(found, now),
        "charts": node_charts.charts(found, history),
        **_states(cluster, found, asked, now),
        **_printed(cluster, found),
        "csv": f"{reverse('node_csv', args=[cluster.name, host])}?range={asked.name}",
        **_of_agent(cluster, found, now),
        "events": ways(cluster.name, found.events),
        **_units(cluster, found),
        "crumbs": [
            ("Nodes", reverse("nodes", args=[cluster_name])),
            (f"{visible(host, one_line=True)} ({state.word})", ""),
        ],
    }
    return render(request, "pages/node.html", context)


def _of_agent(cluster: Cluster, found: Node, now: datetime) -> dict[str, object]:
    """Where the figures come from, and what an agent adds: tasks, containers, its own process. Eight queries at most."""
    born, agent = node_born.born(cluster, found), found.allocating.agent
    if agent is None:
        return {"born": born}
    process = agent_process.agent(cluster, found.host, agent.port, found.sources[agent_process.SOURCE], now)
    return {
        "born": born,
        "tasks": tasks.on_host(cluster, found.host, found.sources[tasks.SOURCE]),
        "tasks_source": found.sources[tasks.SOURCE],
        "containers": containers_of_node.here(cluster, found.host, found.sources[containers.SOURCE], now),
        "agent": process,
        "of_process": agent_facts.process(process),
        "of_machine": agent_facts.machine(process) if found.allocating.use is None else [],
        "meanings": agent_facts.meanings(process),
        "born_of_agent": agent_facts.born(process),
    }


def _units(cluster: Cluster, found: Node) -> dict[str, object]:
    return {
        "no_units": _no_units(cluster),
        "units_healthy": sum(unit.state.mark == "good" for unit in found.units),
    }


def _no_units(cluster: Cluster) -> str:
    if components.offered(cluster):
        return "No health report has listed this node."
    return "Component health comes from dcos-diagnostics, which plain Mesos does not have."


def _states(cluster: Cluster, found: Node, asked: Window, now: datetime) -> dict[str, object]:
    """How the agent was over the range, as a strip and in words; nothing of a master. One query."""
    if found.agent is None:
        return {}
    stretches = agent_states.stretches(cluster, found.agent, found.sources[agent_states.SOURCE], asked)
    return {
        "states": agent_strip.blocks(stretches, asked),
        "states_told": agent_strip.told(stretches, now),
        "states_title": agent_strip.title(stretches),
    }


def _printed(cluster: Cluster, found: Node) -> dict[str, object]:
    """What the command line of DC/OS prints of this node; nothing on plain Mesos, which it does not know. One query."""
    if not use.offered(cluster):
        return {}
    values = dcos_cli.read(cluster, found.host) if found.machine else {}
    return {
        "listed": dcos_cli.listed(found),
        "printed": dcos_cli.summary(found, values) if values else [],
        "details": dcos_cli.details(found, values) if values else [],
    }
