"""`/metrics/snapshot` of a Mesos 1.11 agent: every name such an agent has, in agreement with what it runs and its machine.

Document: https://mesos.apache.org/documentation/latest/monitoring/. Counters begin at zero with each life of the process;
used means allocated to executors. An agent that the leader has not (re-)registered says so, and goes on with its tasks.
"""

from __future__ import annotations

from collectors.simulator.container_lives import EXECUTOR, containers_of
from collectors.simulator.hosts import figures_of_agent
from collectors.simulator.plan import Agent
from collectors.simulator.presence import Presence, presence_of
from collectors.simulator.rhythm import risen, scatter
from collectors.simulator.state import ENDED_PER_HOUR, AgentNow, World, place_tasks

GC_DELAY_SECONDS = 2 * 86_400.0
FETCHER_CACHE_BYTES = 2.0 * 1024**3
ENDS = ("finished", "failed", "killed")
AMOUNTS = (("cpus", "cpus_milli", 1_000), ("mem", "mem_mb", 1), ("disk", "disk_mb", 1), ("gpus", "gpus", 1))
OF_THE_MACHINE = {
    "system/cpus_total": "cpu.cores",
    "system/load_1min": "load.1min",
    "system/load_5min": "load.5min",
    "system/load_15min": "load.15min",
    "system/mem_total_bytes": "memory.total",
    "system/mem_free_bytes": "memory.free",
}
NEVER = (
    *("slave/container_launch_errors", "slave/executors_preempted", "slave/executors_terminating"),
    *("slave/invalid_framework_messages", "slave/invalid_status_updates"),
    *("slave/recovery_errors", "slave/tasks_gone", "slave/tasks_killing", "slave/tasks_lost", "slave/tasks_starting"),
    *("slave/valid_framework_messages", "containerizer/fetcher/cache_size_used_bytes"),
    *("containerizer/fetcher/task_fetches_failed", "containerizer/mesos/container_destroy_errors"),
    *("containerizer/mesos/provisioner/bind/remove_rootfs_errors", "gc/path_removals_failed"),
    *("containerizer/mesos/provisioner/remove_container_errors", "resource_provider_manager/events/disconnect"),
    *("resource_provider_manager/events/subscribe", "resource_provider_manager/subscribed"),
)
"""What does not happen here."""
REGISTERED = (Presence.ACTIVE, Presence.DEACTIVATED, Presence.DRAINING)


def snapshot(world: World, agent: Agent, at: float, *, started_at: float) -> dict[str, float]:
    """All values of one living agent at one moment."""
    now = AgentNow(agent, Presence.ACTIVE, at, None)
    place_tasks(world, now, at)
    executors = [each for each in containers_of(world, agent, at) if not each.parent_id]
    running = sum(each.is_measured for each in executors)
    values = {
        **dict.fromkeys(NEVER, 0.0),
        "slave/registered": float(is_registered(world, agent, at)),
        "slave/uptime_secs": round(at - started_at, 6),
        "slave/recovery_time_secs": round(0.002 + 2 * scatter(agent.index, int(started_at)), 9),
        "slave/executor_directory_max_allowed_age_secs": 0.9 * GC_DELAY_SECONDS,
        "slave/frameworks_active": float(len(now.tallies)),
        "slave/executors_registering": float(len(executors) - running),
        "slave/executors_running": float(running),
        "slave/tasks_running": float(now.used.running),
        "slave/tasks_staging": float(now.used.staging),
        "containerizer/fetcher/cache_size_total_bytes": FETCHER_CACHE_BYTES,
        **_resources(now, command_executors=sum(each.slot.app.tasks == 1 for each in executors)),
        **_ended(world, agent, started_at, at),
        **_machine(world, agent, at),
    }
    return dict(sorted(values.items()))


def is_registered(world: World, agent: Agent, at: float) -> bool:
    """Whether a master leads and has taken this agent, which is alive; one that was deactivated or drains is taken too."""
    moment = world.outline(at)
    return moment.leader is not None and presence_of(agent, moment).presence in REGISTERED


def _resources(now: AgentNow, *, command_executors: int) -> dict[str, float]:
    """What the leader tells, and for each task that is no pod the executor that no leader counts; nothing is revocable."""
    values: dict[str, float] = {}
    for name, field, scale in AMOUNTS:
        total = getattr(now.agent.total, field) / scale
        used = (getattr(now.used, field) + command_executors * getattr(EXECUTOR, field)) / scale
        values |= {
            f"slave/{name}_total": total,
            f"slave/{name}_used": used,
            f"slave/{name}_percent": used / total if total else 0.0,
            **{f"slave/{name}_revocable_{kind}": 0.0 for kind in ("total", "used", "percent")},
        }
    return values


def _ended(world: World, agent: Agent, since: float, at: float) -> dict[str, float]:
    """What has ended in this life of the process: a twelfth of the cluster's rates for each framework that runs here."""
    key = world.plan.key + 700_000 + 10 * agent.index
    rates = [sum(ENDED_PER_HOUR[index][way] for index in agent.frameworks) / 12 for way in range(len(ENDS))]
    ended = [risen(key + way, since, at, per_hour=rate) for way, rate in enumerate(rates)]
    old = [risen(key + way, since, at - GC_DELAY_SECONDS, per_hour=rate) for way, rate in enumerate(rates)]
    steady = len(agent.steady)
    return {
        **{f"slave/tasks_{end}": float(number) for end, number in zip(ENDS, ended, strict=True)},
        "slave/executors_terminated": float(sum(ended)),
        "slave/valid_status_updates": float(steady + 2 * sum(ended)),
        "containerizer/fetcher/task_fetches_succeeded": float(steady + sum(ended)),
        "gc/path_removals_pending": float(sum(ended) - sum(old)),
        "gc/path_removals_succeeded": float(sum(old)),
    }


def _machine(world: World, agent: Agent, at: float) -> dict[str, float]:
    """The host by Mesos' names; the same numbers as the machine measures of itself."""
    figures = figures_of_agent(world, agent, at)
    return {name: float(figures[measured]) for name, measured in OF_THE_MACHINE.items()}
