"""The metrics kept of masters and machines, in the order in which a reading stores them.

Names are the cluster's own. An order is a storage layout: add at the end. What a version lacks is absent (NaN), never 0.
Documents: https://mesos.apache.org/documentation/latest/monitoring/ (masters), https://github.com/dcos/dcos-metrics (machines)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One number. A counter starts at 0 with each life of its process or machine, a gauge is what it is."""

    name: str
    unit: str
    kind: Literal["gauge", "counter"]
    meaning: str
    since: str = ""
    """The first Mesos version that has it; empty where all supported ones do."""


def gauge(name: str, unit: str, meaning: str, since: str = "") -> Metric:
    return Metric(name, unit, "gauge", meaning, since)


def counter(name: str, unit: str, meaning: str, since: str = "") -> Metric:
    return Metric(name, unit, "counter", meaning, since)


MASTER_METRICS: tuple[Metric, ...] = (
    gauge("master/elected", "0 or 1", "whether this master leads"),
    gauge("master/uptime_secs", "s", "how long this process has lived"),
    gauge("master/cpus_total", "cores", "CPUs of the active agents"),
    gauge("master/cpus_used", "cores", "CPUs allocated to tasks and executors"),
    gauge("master/cpus_percent", "ratio", "allocated share of the CPUs; over 1 with oversubscription"),
    gauge("master/mem_total", "MiB", "memory of the active agents"),
    gauge("master/mem_used", "MiB", "memory allocated"),
    gauge("master/mem_percent", "ratio", "allocated share of the memory"),
    gauge("master/disk_total", "MiB", "disk of the active agents"),
    gauge("master/disk_used", "MiB", "disk allocated"),
    gauge("master/disk_percent", "ratio", "allocated share of the disk"),
    gauge("master/gpus_total", "GPUs", "GPUs of the active agents", "1.0"),
    gauge("master/gpus_used", "GPUs", "GPUs allocated", "1.0"),
    gauge("master/gpus_percent", "ratio", "allocated share of the GPUs", "1.0"),
    gauge("master/slaves_active", "agents", "agents that offer resources"),
    gauge("master/slaves_inactive", "agents", "agents that offer none: disconnected, draining or deactivated"),
    gauge("master/slaves_connected", "agents", "agents with a connection to the leader"),
    gauge("master/slaves_disconnected", "agents", "agents whose connection broke a moment ago"),
    gauge("master/slaves_unreachable", "agents", "agents given up after missed pings", "1.7"),
    gauge("master/frameworks_active", "frameworks", "frameworks that receive offers"),
    gauge("master/frameworks_inactive", "frameworks", "frameworks that receive none"),
    gauge("master/frameworks_connected", "frameworks", "frameworks with a connected scheduler"),
    gauge("master/frameworks_disconnected", "frameworks", "frameworks whose scheduler is away"),
    gauge("master/outstanding_offers", "offers", "offers nobody has answered yet"),
    gauge("master/tasks_staging", "tasks", "tasks being handed to an agent"),
    gauge("master/tasks_starting", "tasks", "tasks starting"),
    gauge("master/tasks_running", "tasks", "tasks running"),
    gauge("master/tasks_killing", "tasks", "tasks being killed", "1.1"),
    gauge("master/tasks_unreachable", "tasks", "tasks on unreachable agents", "1.1"),
    counter("master/tasks_finished", "tasks", "tasks that ended well"),
    counter("master/tasks_failed", "tasks", "tasks that failed"),
    counter("master/tasks_killed", "tasks", "tasks killed on request"),
    counter("master/tasks_error", "tasks", "tasks refused as invalid"),
    counter("master/tasks_lost", "tasks", "tasks lost with their agent"),
    counter("master/tasks_dropped", "tasks", "tasks that never started", "1.1"),
    counter("master/tasks_gone", "tasks", "tasks known to be gone", "1.1"),
    counter("master/tasks_gone_by_operator", "tasks", "tasks on agents an operator marked gone", "1.1"),
    gauge("master/event_queue_messages", "events", "messages waiting for the master"),
    gauge("master/event_queue_dispatches", "events", "dispatches waiting for the master"),
    gauge("master/event_queue_http_requests", "events", "HTTP requests waiting for the master"),
    counter("master/dropped_messages", "messages", "messages thrown away"),
    counter("master/slave_registrations", "agents", "agents registered for the first time"),
    counter("master/slave_reregistrations", "agents", "agents that came back"),
    counter("master/slave_removals", "agents", "agents removed, for any reason"),
    counter("master/slave_removals/reason_unhealthy", "agents", "agents removed after missed pings"),
    counter("master/slave_removals/reason_unregistered", "agents", "agents that signed off"),
    counter("master/slave_removals/reason_registered", "agents", "agents replaced by a new one at their address"),
    counter("master/recovery_slave_removals", "agents", "agents that did not return after a fail-over"),
    counter("master/slave_unreachable_scheduled", "agents", "agents about to be marked unreachable", "1.1"),
    counter("master/slave_unreachable_completed", "agents", "agents marked unreachable", "1.1"),
    counter("master/slave_unreachable_canceled", "agents", "agents that answered just in time", "1.1"),
    counter("master/valid_status_updates", "messages", "task status updates accepted"),
    counter("master/invalid_status_updates", "messages", "task status updates refused"),
    counter("master/messages_register_framework", "messages", "frameworks asking to register"),
    counter("master/messages_reregister_framework", "messages", "frameworks asking to come back"),
    counter("master/messages_kill_task", "messages", "requests to kill a task"),
    counter("master/messages_launch_tasks", "messages", "requests to launch tasks"),
    counter("master/http_cache_hits", "requests", "answers shared between equal requests", "1.9"),
    gauge("registrar/queued_operations", "operations", "writes waiting for the registry"),
    gauge("registrar/registry_size_bytes", "bytes", "size of the registry"),
    gauge("registrar/state_fetch_ms", "ms", "the last read of the registry"),
    gauge("registrar/state_store_ms", "ms", "the last write of the registry"),
    gauge("registrar/state_store_ms/p99", "ms", "slow writes of the registry"),
    gauge("registrar/log/recovered", "0 or 1", "whether this master's copy of the log is complete"),
    gauge("registrar/log/ensemble_size", "masters", "masters that hold the log", "1.2"),
    counter("allocator/mesos/allocation_runs", "runs", "allocation cycles"),
    gauge("allocator/mesos/allocation_run_ms", "ms", "the last allocation cycle"),
    gauge("allocator/mesos/allocation_run_latency_ms", "ms", "how long the last cycle waited to run", "1.2"),
    gauge("allocator/mesos/event_queue_dispatches", "events", "dispatches waiting for the allocator"),
    gauge("system/cpus_total", "cores", "CPUs of the master's host"),
    gauge("system/load_1min", "processes", "load of the master's host over 1 minute"),
    gauge("system/load_5min", "processes", "load over 5 minutes"),
    gauge("system/load_15min", "processes", "load over 15 minutes"),
    gauge("system/mem_total_bytes", "bytes", "memory of the master's host"),
    gauge("system/mem_free_bytes", "bytes", "memory free there, caches not counted"),
)

COUNTERS = frozenset(metric.name for metric in MASTER_METRICS if metric.kind == "counter")

HOST_METRICS: tuple[Metric, ...] = (
    gauge("system.uptime", "s", "since the machine booted; the wire calls the unit count"),
    gauge("cpu.cores", "cores", "cores of the machine; Telegraf (DC/OS 1.12 and later) does not tell it"),
    gauge("cpu.total", "percent", "busy share of all cores: user and system by dcos-metrics, all but idle by Telegraf"),
    gauge("cpu.user", "percent", "share of all cores spent in processes"),
    gauge("cpu.system", "percent", "share of all cores spent in the kernel"),
    gauge("cpu.idle", "percent", "share of all cores with nothing to do"),
    gauge("cpu.wait", "percent", "share of all cores waiting for disks"),
    gauge("load.1min", "processes", "load over 1 minute"),
    gauge("load.5min", "processes", "load over 5 minutes"),
    gauge("load.15min", "processes", "load over 15 minutes"),
    gauge("memory.total", "bytes", "memory of the machine"),
    gauge("memory.free", "bytes", "memory nobody uses, caches not counted"),
    gauge("memory.buffers", "bytes", "memory that buffers disks"),
    gauge("memory.cached", "bytes", "memory that caches files"),
    gauge("swap.total", "bytes", "swap; 0 where the machine has none"),
    gauge("swap.used", "bytes", "swap in use"),
    gauge("swap.free", "bytes", "swap free"),
    gauge("process.count", "processes", "processes on the machine"),
)

FILESYSTEM_METRICS: tuple[Metric, ...] = (
    gauge("filesystem.capacity.total", "bytes", "size"),
    gauge("filesystem.capacity.used", "bytes", "in use"),
    gauge("filesystem.capacity.free", "bytes", "free for everybody: what is reserved for root is in neither"),
    gauge("filesystem.inode.total", "inodes", "inodes; absent where the filesystem has no fixed number"),
    gauge("filesystem.inode.used", "inodes", "inodes in use"),
    gauge("filesystem.inode.free", "inodes", "inodes free"),
)

INTERFACE_METRICS: tuple[Metric, ...] = (
    counter("network.in", "bytes", "received"),
    counter("network.out", "bytes", "sent"),
    counter("network.in.packets", "packets", "received"),
    counter("network.out.packets", "packets", "sent"),
    counter("network.in.errors", "packets", "received broken"),
    counter("network.out.errors", "packets", "not sent because of an error"),
    counter("network.in.dropped", "packets", "received and thrown away"),
    counter("network.out.dropped", "packets", "thrown away before they were sent"),
)
