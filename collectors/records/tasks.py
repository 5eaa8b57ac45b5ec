"""Tasks of every framework, as the leading master lists them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from collectors.records.mesos import Resources


class TaskRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One task. Mesos keeps those that ended for a while, a thousand of each framework at most."""

    task_id: str
    framework_id: str
    executor_id: str
    """Empty where the task is its own executor: then the executor bears the task's id."""
    agent_id: str
    container_id: str
    """Of its root container; empty where Mesos does not say it yet."""
    name: str
    role: str
    """Its resources are allocated to; empty where the version does not say."""
    state: str
    """`TASK_RUNNING` and its kin, as Mesos writes it."""
    healthy: bool | None
    """None where nobody checks it."""
    reason: str
    """Of its last status, as Mesos writes it (`REASON_COMMAND_EXECUTOR_FAILED`); empty where none is given."""
    message: str
    """Of its last status, cut at 4,000 characters."""
    source: str
    """Who said the last status: `SOURCE_MASTER`, `SOURCE_AGENT`, `SOURCE_EXECUTOR`; empty where not said."""
    allocated: Resources
    cpus_limit: float | None
    """Infinity where unlimited; None where the request is all that is said."""
    mem_limit_bytes: float | None
    first_status_at: datetime | None
    """When its first known status was told; Mesos does not say when it was launched."""
    running_at: datetime | None
    """When it was first told to run."""
    last_status_at: datetime | None
    is_active: bool
    """Listed among those that run or may run again (unreachable ones too), not among the completed."""


class ClusterTasks(msgspec.Struct, frozen=True, kw_only=True):
    """All tasks that the leading master knew at one moment, active ones first."""

    taken_at: datetime
    tasks: tuple[TaskRecord, ...]
    whole: bool
    """False where some could not be read, or were too many: one that is missing may be among those."""
