"""What the page of a node says of its Mesos agent process: facts, what its flags mean, and the machine as it tells it."""

from __future__ import annotations

from datetime import datetime

from dashboard import figures
from dashboard.models import AgentProcess
from dashboard.queries import certificates, flags_in_words, provenance
from dashboard.queries.agent_process import Agent
from dashboard.queries.certificates import Certificate
from dashboard.queries.flags_in_words import Meaning

Facts = list[tuple[str, str]]


def process(agent: Agent) -> Facts:
    """The process by name and value, as it last told; what it does not tell is left out."""
    own = agent.process
    if own is None:
        return []
    told = [
        ("Process up", figures.duration(own.uptime_seconds)),
        ("Registered", "yes" if own.registered else "no: no master knows it at this moment"),
        ("Executors running", figures.count(own.executors_running)),
        ("Executors ended", figures.count(own.executors_terminated)),
        ("Launch errors", figures.count(own.container_launch_errors)),
        ("Tasks failed", figures.count(own.tasks_failed)),
        ("Recovery took", figures.took(own.recovery_seconds)),
    ]
    return [(name, value) for name, value in told if value != figures.ABSENT]


def machine(agent: Agent) -> Facts:
    """The machine, as the kernel tells the process: all that plain Mesos tells of it. Nothing once that is old."""
    own = agent.now
    if own is None:
        return []
    told = [
        ("Load over 1 minute", _load(own)),
        ("Memory free", _memory(own)),
        ("Cores", figures.cores(own.host_cpus)),
    ]
    return [(name, value) for name, value in told if value != figures.ABSENT]


def _load(own: AgentProcess) -> str:
    if own.host_load_1min is None:
        return figures.ABSENT
    load = figures.cores(own.host_load_1min)
    return f"{load}, {figures.cores(own.host_load_1min / own.host_cpus)} per core" if own.host_cpus else load


def _memory(own: AgentProcess) -> str:
    if own.host_mem_free_bytes is None:
        return figures.ABSENT
    free = figures.byte_size(own.host_mem_free_bytes)
    return free if own.host_mem_total_bytes is None else f"{free} of {figures.byte_size(own.host_mem_total_bytes)}"


def meanings(agent: Agent) -> list[Meaning]:
    """What its flags mean for the figures; empty where they are not known."""
    return flags_in_words.meanings(agent.flags) if agent.flags is not None else []


def born(agent: Agent) -> list[Certificate]:
    """Where those of its figures come from that are told."""
    own = agent.process
    if own is None:
        return []
    told = {name: getattr(own, name) for name in provenance.AGENT_PROCESS}
    return [one for one in certificates.of_process(own, told).values() if one.value is not None]


def taken_at(agent: Agent) -> datetime | None:
    return agent.process.taken_at if agent.process else None
