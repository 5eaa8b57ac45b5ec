"""`/metrics/snapshot` of a Mesos 1.11 master: every name such a master has, for a leader and for its followers.

Document: https://mesos.apache.org/documentation/latest/monitoring/. Counters begin at zero in each life of a process,
and under each leader; a follower's `master/…` gauges are 0. Percentages are ratios.
"""

from __future__ import annotations

from functools import cache

from collectors.simulator.incidents import Kind, Outage
from collectors.simulator.metric_names import FRAMEWORK_NAMES, PROCESS_NAMES, TIMER_PARTS
from collectors.simulator.plan import Master
from collectors.simulator.presence import Presence
from collectors.simulator.rhythm import noise, risen, scatter
from collectors.simulator.roles import roles
from collectors.simulator.state import ENDED_PER_HOUR, FrameworkNow, Moment

BYTES_PER_AGENT_IN_REGISTRY = 302
MESSAGES_PER_HOUR = {
    "decline_offers": 1_900.0,
    "launch_tasks": 34.0,
    "kill_task": 8.0,
    "reconcile_tasks": 60.0,
    "revive_offers": 24.0,
    "suppress_offers": 22.0,
    "status_update": 140.0,
    "status_update_acknowledgement": 138.0,
}


def snapshot(moment: Moment, master: Master) -> dict[str, float] | None:
    """All values of one master at one moment; None while its process is dead."""
    started_at = moment.timeline.started_at(master.host, moment.at)
    if started_at is None:
        return None
    values = dict.fromkeys(PROCESS_NAMES, 0.0)
    values.update(_of_process(moment, master, started_at))
    if moment.leader is master:
        values.update(_agents(moment))
        values.update(_resources(moment))
        values.update(_tasks(moment))
        values.update(_counters(moment))
        values.update(_leader_only(moment))
        for framework in moment.frameworks:
            values.update(_framework(moment, framework))
    return values


def _of_process(moment: Moment, master: Master, started_at: float) -> dict[str, float]:
    at, key = moment.at, moment.plan.key + 1_000 * (master.index + 1)
    leads = moment.leader is master
    busy = 1.0 if leads else 0.25
    runs = risen(key, max(started_at, moment.elected_at if leads else started_at), at, per_hour=3_600 * busy)
    alive = sum(moment.timeline.started_at(each.host, at) is not None for each in moment.plan.masters)
    load = busy * (1.6 + 0.9 * noise(key, at, 300))
    return {
        "master/elected": float(leads),
        "master/uptime_secs": round(at - started_at, 6),
        "master/event_queue_messages": float(int(busy * 4 * scatter(key, int(at)))),
        "master/event_queue_dispatches": float(int(busy * (24 + 12 * noise(key + 1, at, 30)))),
        "master/event_queue_http_requests": float(int(busy * 2 * scatter(key + 2, int(at)))),
        "allocator/mesos/allocation_runs": float(runs),
        "registrar/log/recovered": 1.0,
        "registrar/log/ensemble_size": float(alive),
        "system/cpus_total": 8.0,
        "system/load_1min": round(load, 3),
        "system/load_5min": round(busy * (1.6 + 0.6 * noise(key, at, 900)), 3),
        "system/load_15min": round(busy * (1.6 + 0.3 * noise(key, at, 2_700)), 3),
        "system/mem_total_bytes": 33_600_000_000.0,
        "system/mem_free_bytes": float(int(5.2e9 + 1.4e9 * noise(key + 3, at, 7_200))),
        **_timer("allocator/mesos/allocation_run_ms", 1.1 * busy, runs),
        **_timer("allocator/mesos/allocation_run_latency_ms", 0.05 * busy, runs),
    }


def _timer(name: str, typical_ms: float, count: int) -> dict[str, float]:
    values = {f"{name}/{part}": round(typical_ms * factor, 6) for part, factor in TIMER_PARTS.items()}
    return {name: typical_ms, f"{name}/count": float(count), **values}


def _agents(moment: Moment) -> dict[str, float]:
    by_presence = dict.fromkeys(Presence, 0)
    for agent in moment.agents:
        by_presence[agent.presence] += 1
    active, lost = by_presence[Presence.ACTIVE], by_presence[Presence.INACTIVE]
    # Mesos counts those an operator keeps from offers as inactive, though they are connected.
    kept_away = by_presence[Presence.DEACTIVATED] + by_presence[Presence.DRAINING]
    removals, returns = _removals_and_returns(moment)
    first = moment.elected_at == moment.timeline.begins_at
    back = 0 if first else len(moment.agents) - by_presence[Presence.RECOVERED] - _never_back(moment)
    return {
        "master/slaves_active": float(active),
        "master/slaves_connected": float(active + kept_away),
        "master/slaves_inactive": float(lost + kept_away),
        "master/slaves_disconnected": float(lost),
        "master/slaves_unreachable": float(by_presence[Presence.UNREACHABLE]),
        "master/slave_registrations": float(len(moment.agents) if first else 0),
        "master/slave_reregistrations": float(back + returns),
        "master/messages_reregister_slave": float(back + returns),
        "master/messages_update_slave": float(back + returns),
        "master/slave_removals": float(removals),
        "master/slave_removals/reason_unhealthy": float(removals),
        "master/slave_unreachable_scheduled": float(removals),
        "master/slave_unreachable_completed": float(removals),
    }


def _removals_and_returns(moment: Moment) -> tuple[int, int]:
    """Agents this leader gave up, and agents that came back to it, so far."""
    removals = returns = 0
    for agent in moment.agents:
        for outage in moment.timeline.away(agent.agent.host):
            given_up_at = outage.begins_at + moment.timeline.timing.ping_timeout_seconds
            in_reign = outage.begins_at >= moment.elected_at
            lost = in_reign and given_up_at <= min(moment.at, outage.ends_at) and not _is_wanted(moment, outage)
            back = in_reign and outage.ends_at + moment.timeline.timing.reregister_seconds <= moment.at
            removals += lost
            returns += back and (lost or outage.kind is Kind.AGENT_DEAD)
    return removals, returns


def _is_wanted(moment: Moment, outage: Outage) -> bool:
    """Whether the process ended because its agent was marked gone or its machine taken down: no ping was missed then."""
    kinds = (Kind.AGENT_GONE, Kind.MACHINE_DOWN)
    return any(moment.timeline.broken(kind, outage.host, outage.begins_at) for kind in kinds)


def _never_back(moment: Moment) -> int:
    """Agents that were away when this leader was elected and still are."""
    return sum(
        any(o.begins_at < moment.elected_at and o.covers(moment.at) for o in moment.timeline.away(agent.agent.host))
        for agent in moment.agents
        if agent.presence is Presence.UNREACHABLE
    )


def _resources(moment: Moment) -> dict[str, float]:
    values: dict[str, float] = {}
    for name, field, scale in (
        ("cpus", "cpus_milli", 1_000),
        ("mem", "mem_mb", 1),
        ("disk", "disk_mb", 1),
        ("gpus", "gpus", 1),
    ):
        total = sum(getattr(agent.agent.total, field) for agent in moment.listed) / scale
        used = sum(getattr(agent.used, field) for agent in moment.listed) / scale
        values[f"master/{name}_total"] = total
        values[f"master/{name}_used"] = used
        values[f"master/{name}_percent"] = used / total if total else 0.0
        if name != "gpus":
            values[f"allocator/mesos/resources/{name}/total"] = total
            values[f"allocator/mesos/resources/{name}/offered_or_allocated"] = used
    return values


def _tasks(moment: Moment) -> dict[str, float]:
    frameworks = moment.frameworks
    finished, failed, killed = (float(sum(f.ended[way] for f in frameworks)) for way in range(3))
    unreachable, gone = (float(sum(getattr(f, name) for f in frameworks)) for name in ("unreachable", "gone"))
    return {
        "master/tasks_running": float(sum(f.tally.running for f in frameworks)),
        "master/tasks_staging": float(sum(f.tally.staging for f in frameworks)),
        "master/tasks_unreachable": unreachable,
        "master/tasks_finished": finished,
        "master/tasks_failed": failed,
        "master/tasks_killed": killed,
        "master/tasks_gone_by_operator": gone,
        "master/task_failed/source_executor/reason_command_executor_failed": failed,
        "master/task_killed/source_slave/reason_executor_unregistered": float(int(killed / 3)),
        "master/frameworks_active": float(sum(f.subscribed for f in frameworks)),
        "master/frameworks_connected": float(sum(f.subscribed for f in frameworks)),
        "master/frameworks_inactive": float(sum(_is_away(f) for f in frameworks)),
        "master/frameworks_disconnected": float(sum(_is_away(f) for f in frameworks)),
        "master/outstanding_offers": float(int(3 * scatter(moment.plan.key, int(moment.at)))),
    }


def _is_away(framework: FrameworkNow) -> bool:
    return framework.disconnected or (not framework.subscribed and bool(framework.agent_ids))


def _counters(moment: Moment) -> dict[str, float]:
    key, scale = moment.plan.key, len(moment.agents) / 12
    values = {
        f"master/messages_{name}": float(risen(key + place, moment.elected_at, moment.at, per_hour=rate * scale))
        for place, (name, rate) in enumerate(MESSAGES_PER_HOUR.items(), start=50)
    }
    values["master/valid_status_updates"] = values["master/messages_status_update"]
    values["master/valid_status_update_acknowledgements"] = values["master/messages_status_update_acknowledgement"]
    values["master/messages_reregister_framework"] = float(sum(f.subscribed for f in moment.frameworks))
    values["master/http_cache_hits"] = float(risen(key + 70, moment.elected_at, moment.at, per_hour=420))
    values["master/dropped_messages"] = float(risen(key + 71, moment.elected_at, moment.at, per_hour=0.2))
    return values


def _leader_only(moment: Moment) -> dict[str, float]:
    values = {
        "registrar/registry_size_bytes": float(BYTES_PER_AGENT_IN_REGISTRY * len(moment.agents)),
        "registrar/state_fetch_ms": 11.2,
        "registrar/state_store_ms": round(12 + 4 * noise(moment.plan.key, moment.at, 3_600), 3),
    }
    cluster_cpus = sum(agent.agent.total.cpus_milli for agent in moment.listed)
    for entry in roles(moment)["roles"]:
        role, share = entry["name"], entry["allocated"].get("cpus", 0.0) * 1_000
        values[f"allocator/mesos/roles/{role}/shares/dominant"] = (
            round(share / cluster_cpus, 6) if cluster_cpus else 0.0
        )
        values[f"allocator/mesos/offer_filters/roles/{role}/active"] = float(len(moment.listed))
        for resource in ("cpus", "mem", "disk"):
            name = f"allocator/mesos/quota/roles/{role}/resources/{resource}/consumed"
            values[name] = entry["quota"]["consumed"].get(resource, 0.0)
    return values


@cache
def _framework_keys(name: str, framework_id: str) -> tuple[str, ...]:
    return tuple(f"master/frameworks/{name}/{framework_id}/{part}" for part in FRAMEWORK_NAMES)


def _framework(moment: Moment, now: FrameworkNow) -> dict[str, float]:
    values = dict.fromkeys(_framework_keys(now.framework.name, now.framework_id), 0.0)
    begin = f"master/frameworks/{now.framework.name}/{now.framework_id}"
    declined = risen(moment.plan.key + 90 + now.index, moment.elected_at, moment.at, per_hour=380)
    finished, failed, killed = now.ended
    rate = (sum(ENDED_PER_HOUR[now.index]) + 0.5) * len(moment.agents) / 12
    launched = risen(moment.plan.key + 80 + now.index, moment.elected_at, moment.at, per_hour=rate)
    counts = {
        "subscribed": now.subscribed,
        "calls": declined + launched + now.subscribed,
        "calls/accept": launched,
        "calls/decline": declined,
        "calls/subscribe": now.subscribed,
        "offers/sent": declined + launched,
        "offers/accepted": launched,
        "offers/declined": declined,
        "operations": launched,
        "operations/launch": launched,
        "tasks/active/task_running": now.tally.running,
        "tasks/active/task_staging": now.tally.staging,
        "tasks/active/task_unreachable": now.unreachable,
        "tasks/terminal/task_finished": finished,
        "tasks/terminal/task_failed": failed,
        "tasks/terminal/task_killed": killed,
        "tasks/terminal/task_gone_by_operator": now.gone,
    }
    values.update({f"{begin}/{part}": float(count) for part, count in counts.items()})
    values[f"{begin}/roles/{now.framework.role}/suppressed"] = 0.0
    return values
