"""The names in `/metrics/snapshot` of a Mesos 1.11 master: those every process has, and those of each framework.

Document: https://mesos.apache.org/documentation/latest/monitoring/
"""

from __future__ import annotations

from collections.abc import Iterable

# How a timer's statistics relate to its last value: a long tail, as allocators have.
TIMER_PARTS = {
    "max": 4.2,
    "min": 0.02,
    "p50": 0.9,
    "p90": 1.4,
    "p95": 1.7,
    "p99": 2.9,
    "p999": 3.9,
    "p9999": 4.1,
}
OPERATIONS = (
    "create",
    "create_disk",
    "destroy",
    "destroy_disk",
    "grow_volume",
    "reserve",
    "shrink_volume",
    "unreserve",
)
OPERATION_STATES = (
    *("dropped", "error", "failed", "finished", "gone_by_operator", "pending", "recovering", "total", "unreachable"),
)


def _under(prefix: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{prefix}{name}" for name in names)


def _timer(name: str) -> tuple[str, ...]:
    return (name, f"{name}/count", *_under(f"{name}/", TIMER_PARTS))


RESOURCE_NAMES = tuple(
    f"master/{resource}_{kind}"
    for resource in ("cpus", "mem", "disk", "gpus")
    for kind in ("total", "used", "percent", "revocable_total", "revocable_used", "revocable_percent")
)
AGENT_NAMES = (
    *_under("master/slaves_", ("active", "connected", "disconnected", "inactive", "unreachable")),
    *_under("master/slave_", ("registrations", "reregistrations", "removals")),
    *_under("master/slave_removals/reason_", ("registered", "unhealthy", "unregistered")),
    *_under("master/slave_shutdowns_", ("canceled", "completed", "scheduled")),
    *_under("master/slave_unreachable_", ("canceled", "completed", "scheduled")),
    "master/recovery_slave_removals",
)
TASK_STATES = (
    *("dropped", "error", "failed", "finished", "gone", "gone_by_operator", "killed", "killing", "lost"),
    *("running", "staging", "starting", "unreachable"),
)
MESSAGES = (
    *("authenticate", "deactivate_framework", "decline_offers", "executor_to_framework", "exited_executor"),
    *("framework_to_executor", "kill_task", "launch_tasks", "operation_status_update"),
    *("operation_status_update_acknowledgement", "reconcile_operations", "reconcile_tasks", "register_framework"),
    *("register_slave", "reregister_framework", "reregister_slave", "resource_request", "revive_offers"),
    *("status_update", "status_update_acknowledgement", "suppress_offers", "unregister_framework"),
    *("unregister_slave", "update_slave"),
)
CHECKED_MESSAGES = (
    *("executor_to_framework_messages", "framework_to_executor_messages", "operation_status_update_acknowledgements"),
    *("operation_status_updates", "status_update_acknowledgements", "status_updates"),
)
ALLOCATOR_NAMES = (
    *("allocator/event_queue_dispatches", "allocator/mesos/event_queue_dispatches", "allocator/mesos/allocation_runs"),
    *_timer("allocator/mesos/allocation_run_ms"),
    *_timer("allocator/mesos/allocation_run_latency_ms"),
    *(
        f"allocator/mesos/resources/{resource}/{kind}"
        for resource in ("cpus", "disk", "mem")
        for kind in ("offered_or_allocated", "total")
    ),
)
PROCESS_NAMES = (
    *ALLOCATOR_NAMES,
    *RESOURCE_NAMES,
    *AGENT_NAMES,
    *_under("master/tasks_", TASK_STATES),
    *_under("master/messages_", MESSAGES),
    *_under("master/valid_", CHECKED_MESSAGES),
    *_under("master/invalid_", CHECKED_MESSAGES),
    *_under("master/frameworks_", ("active", "connected", "disconnected", "inactive")),
    *_under("master/event_queue_", ("dispatches", "http_requests", "messages")),
    *_under("master/operations/", OPERATION_STATES),
    *(f"master/operations/{operation}/{state}" for operation in OPERATIONS for state in OPERATION_STATES),
    *("master/dropped_messages", "master/http_cache_hits", "master/operator_event_stream_subscribers"),
    *("master/elected", "master/outstanding_offers", "master/uptime_secs"),
    *("registrar/log/ensemble_size", "registrar/log/recovered", "registrar/queued_operations"),
    *("system/cpus_total", "system/load_15min", "system/load_1min", "system/load_5min"),
    *("system/mem_free_bytes", "system/mem_total_bytes"),
)

CALLS = (
    *("accept", "accept_inverse_offers", "acknowledge", "acknowledge_operation_status", "decline"),
    *("decline_inverse_offers", "kill", "message", "reconcile", "reconcile_operations", "request", "revive"),
    *("shutdown", "subscribe", "suppress", "teardown", "update_framework"),
)
EVENTS = (
    *("error", "failure", "heartbeat", "inverse_offers", "message", "offers", "rescind", "rescind_inverse_offer"),
    *("subscribed", "update", "update_operation_status"),
)
ACTIVE_TASKS = ("killing", "running", "staging", "starting", "unknown", "unreachable")
TERMINAL_TASKS = ("dropped", "error", "failed", "finished", "gone", "gone_by_operator", "killed", "lost")
FRAMEWORK_NAMES = (
    *("subscribed", "calls", "events", "operations"),
    *_under("calls/", CALLS),
    *_under("events/", EVENTS),
    *_under("operations/", (*OPERATIONS, "launch", "launch_group")),
    *_under("offers/", ("accepted", "declined", "rescinded", "sent")),
    *_under("tasks/active/task_", ACTIVE_TASKS),
    *_under("tasks/terminal/task_", TERMINAL_TASKS),
)
