"""What a Mesos 1.11 master answers about agents, frameworks and itself: the bodies of its v0 endpoints as dictionaries.

Document: https://mesos.apache.org/documentation/latest/endpoints/ (Mesos says MB and means mebibytes).
"""

from __future__ import annotations

from typing import Any

from collectors.simulator.plan import FRAMEWORKS, PUBLIC_ROLE, Agent, Amount
from collectors.simulator.presence import Presence
from collectors.simulator.state import AgentNow, FrameworkNow, Moment, Tally

Document = dict[str, Any]

MESOS_VERSION = "1.11.0"
PORT = 5050
AGENT_PORT = 5051
AGENT_CAPABILITIES = [
    "MULTI_ROLE",
    "HIERARCHICAL_ROLE",
    "RESERVATION_REFINEMENT",
    "RESOURCE_PROVIDER",
    "RESIZE_VOLUME",
    "AGENT_OPERATION_FEEDBACK",
    "AGENT_DRAINING",
    "TASK_RESOURCE_LIMITS",
]
NOTHING = Amount(0, 0, 0)
DRAIN_INFO = {
    "state": "DRAINING",
    "config": {"mark_gone": False, "max_grace_period": {"nanoseconds": 3_600_000_000_000}},
}


def version() -> Document:
    return {
        "build_date": "2020-11-17 03:12:40",
        "build_time": 1605582760.0,
        "build_user": "build",
        "git_sha": "0" * 40,
        "git_tag": MESOS_VERSION,
        "version": MESOS_VERSION,
    }


def state_summary(moment: Moment) -> Document:
    """`/state-summary` of the leader; only asked of a moment that has one."""
    assert moment.leader is not None
    return {
        "hostname": moment.leader.host,
        "cluster": moment.plan.cluster,
        "slaves": [_summary_of_agent(agent, moment) for agent in moment.listed],
        "frameworks": [
            _summary_of_framework(framework, moment)
            for framework in moment.frameworks
            if framework.subscribed or framework.disconnected or framework.agent_ids
        ],
    }


def slaves(moment: Moment) -> Document:
    """`/slaves`: the listed agents in full, and those the registry knows that have not come back yet."""
    return {
        "slaves": [_agent(agent) | _in_full(agent) for agent in moment.listed],
        "recovered_slaves": [
            {
                "id": agent.agent.agent_id,
                "hostname": agent.agent.host,
                "port": AGENT_PORT,
                "attributes": agent.agent.attributes,
                "domain": _domain(agent.agent),
            }
            for agent in moment.agents
            if agent.presence is Presence.RECOVERED
        ],
    }


def _summary_of_agent(agent: AgentNow, moment: Moment) -> Document:
    ids = [f"{moment.plan.run_id}-{index:04d}" for index in sorted(agent.tallies)]
    return _agent(agent) | _task_counts(agent.used) | {"framework_ids": ids}


def _summary_of_framework(now: FrameworkNow, moment: Moment) -> Document:
    web = moment.plan.masters[0].host
    return {
        "id": now.framework_id,
        "name": now.framework.name,
        "used_resources": _resources(now.tally),
        "offered_resources": _resources(NOTHING),
        "capabilities": list(now.framework.capabilities),
        "hostname": web,
        "webui_url": f"http://{web}{now.framework.web_path}",
        "active": now.subscribed,
        "connected": now.subscribed,
        "recovered": not now.subscribed and not now.disconnected,
        **_task_counts(now.tally, unreachable=now.unreachable),
        "slave_ids": now.agent_ids,
    }


def _agent(now: AgentNow) -> Document:
    agent, nothing = now.agent, _resources(NOTHING)
    total = _resources(agent.total) | {"ports": agent.ports}
    times = {"registered_time": now.registered_at}
    if now.reregistered_at is not None:
        times["reregistered_time"] = now.reregistered_at
    return {
        "id": agent.agent_id,
        "hostname": agent.host,
        "port": AGENT_PORT,
        "attributes": agent.attributes,
        "domain": _domain(agent),
        "pid": f"slave(1)@{agent.host}:{AGENT_PORT}",
        **times,
        "resources": total,
        "used_resources": _resources(now.used),
        "offered_resources": nothing,
        "reserved_resources": {PUBLIC_ROLE: total} if agent.public else {},
        "unreserved_resources": nothing if agent.public else total,
        "active": now.presence is Presence.ACTIVE,
        "deactivated": now.presence in (Presence.DEACTIVATED, Presence.DRAINING),
        **({"drain_info": DRAIN_INFO} if now.presence is Presence.DRAINING else {}),
        "version": MESOS_VERSION,
        "capabilities": AGENT_CAPABILITIES,
    }


def _domain(agent: Agent) -> Document:
    return {"fault_domain": {"region": {"name": "eu-west"}, "zone": {"name": agent.zone}}}


def _resources(amount: Amount | Tally) -> Document:
    return {
        "disk": float(amount.disk_mb),
        "mem": float(amount.mem_mb),
        "gpus": float(amount.gpus),
        "cpus": amount.cpus_milli / 1_000,
    }


def _task_counts(tally: Tally, *, unreachable: int = 0) -> Document:
    return {
        "TASK_STAGING": tally.staging,
        "TASK_STARTING": 0,
        "TASK_RUNNING": tally.running,
        "TASK_KILLING": 0,
        "TASK_FINISHED": tally.finished,
        "TASK_KILLED": tally.killed,
        "TASK_FAILED": tally.failed,
        "TASK_LOST": 0,
        "TASK_ERROR": 0,
        "TASK_UNREACHABLE": unreachable,
    }


def _in_full(now: AgentNow) -> Document:
    """The same amounts as protobuf resources, which `/slaves` adds."""
    role = PUBLIC_ROLE if now.agent.public else "*"
    reserved = {"reservations": [{"type": "STATIC", "role": role}]} if now.agent.public else {}
    total = [r | reserved for r in (*_scalars(now.agent.total, role), _ports(now.agent.ports, role))]
    used = [
        r | {"allocation_info": {"role": FRAMEWORKS[index].role}} | reserved
        for index, tally in now.tallies.items()
        for r in _scalars(tally, role)
    ]
    return {
        "reserved_resources_full": {role: total} if now.agent.public else {},
        "unreserved_resources_full": [] if now.agent.public else total,
        "used_resources_full": used,
        "offered_resources_full": [],
    }


def _scalars(amount: Amount | Tally, role: str) -> list[Document]:
    values = _resources(amount)
    return [
        {"name": name, "type": "SCALAR", "scalar": {"value": values[name]}, "role": role}
        for name in ("cpus", "mem", "disk", "gpus")
        if values[name]
    ]


def _ports(ports: str, role: str) -> Document:
    spans = [span.strip().split("-") for span in ports.strip("[]").split(",")]
    ranges = [{"begin": int(begin), "end": int(end)} for begin, end in spans]
    return {"name": "ports", "type": "RANGES", "ranges": {"range": ranges}, "role": role}
