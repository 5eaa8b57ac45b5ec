"""Why a task ended, in an operator's words. Pure.

Names are Mesos' own, of `TaskStatus.Reason` and `TaskState` (include/mesos/v1/mesos.proto, 1.11); schedulers of the older
API are told of slaves instead of agents. What is newer than this table is told as it is written, in small letters.
"""

from __future__ import annotations

from typing import Final

REASONS: Final = {
    "COMMAND_EXECUTOR_FAILED": "its command failed",
    "CONTAINER_LAUNCH_FAILED": "its container could not be started",
    "CONTAINER_LIMITATION": "its container broke a limit",
    "CONTAINER_LIMITATION_DISK": "it used more disk than its limit",
    "CONTAINER_LIMITATION_MEMORY": "it was killed at its memory limit",
    "CONTAINER_PREEMPTED": "its resources went to somebody else",
    "CONTAINER_UPDATE_FAILED": "the resources of its container could not be changed",
    "EXECUTOR_REGISTRATION_TIMEOUT": "its executor did not register in time",
    "EXECUTOR_REREGISTRATION_TIMEOUT": "its executor did not come back to the agent in time",
    "EXECUTOR_TERMINATED": "its executor ended",
    "EXECUTOR_UNREGISTERED": "its executor is not registered",
    "FRAMEWORK_REMOVED": "its framework was removed",
    "GC_ERROR": "its sandbox could not be kept",
    "INVALID_FRAMEWORKID": "its framework's id is not valid",
    "INVALID_OFFERS": "the offers it was to use were gone",
    "IO_SWITCHBOARD_EXITED": "what carries its input and output ended",
    "MASTER_DISCONNECTED": "the master was not connected",
    "MAX_COMPLETION_TIME_REACHED": "it ran for longer than it may",
    "RECONCILIATION": "told when its scheduler asked",
    "RESOURCES_UNKNOWN": "the agent does not have the resources it asks for",
    "AGENT_DISCONNECTED": "its agent was not connected",
    "AGENT_DRAINING": "its agent is being drained",
    "AGENT_REMOVED": "its agent was removed",
    "AGENT_REMOVED_BY_OPERATOR": "an operator marked its agent gone",
    "AGENT_REREGISTERED": "its agent came back",
    "AGENT_RESTARTED": "its agent restarted",
    "AGENT_UNKNOWN": "its agent is not known to the master",
    "TASK_CHECK_STATUS_UPDATED": "its check was told",
    "TASK_GROUP_INVALID": "its group of tasks is not valid",
    "TASK_GROUP_UNAUTHORIZED": "its group of tasks may not be started",
    "TASK_HEALTH_CHECK_STATUS_UPDATED": "its health check was told",
    "TASK_INVALID": "it is not valid",
    "TASK_KILLED_DURING_LAUNCH": "it was killed while it was being started",
    "TASK_UNAUTHORIZED": "it may not be started",
    "TASK_UNKNOWN": "nobody knows it",
}
"""By what follows `REASON_`."""
STATES: Final = {
    "FAILED": "failed",
    "ERROR": "was refused",
    "DROPPED": "was never started",
    "LOST": "was lost",
    "GONE": "is gone",
    "GONE_BY_OPERATOR": "is gone",
    "UNREACHABLE": "is out of reach",
    "UNKNOWN": "is not known",
    "KILLED": "was killed",
    "KILLING": "is being killed",
    "FINISHED": "finished",
    "RUNNING": "runs",
    "STARTING": "is starting",
    "STAGING": "is being staged",
}
"""What a task did, by what follows `TASK_`."""
OF_AGENT: Final = frozenset(
    f"REASON_{who}_{what}"
    for who in ("AGENT", "SLAVE")
    for what in ("DISCONNECTED", "DRAINING", "REMOVED", "REMOVED_BY_OPERATOR", "RESTARTED", "UNKNOWN")
)
"""Ends that belong to the task's agent, and not to the task."""
NO_REASON: Final = "no reason was given"
MEMORY: Final = "REASON_CONTAINER_LIMITATION_MEMORY"


def why(reason: str) -> str:
    """Part of a sentence: "it was killed at its memory limit"; empty where no reason is told."""
    key = reason.removeprefix("REASON_").replace("SLAVE_", "AGENT_")
    return REASONS.get(key, key.replace("_", " ").lower())


def did(state: str) -> str:
    """Part of a sentence: "failed", "was killed"."""
    key = state.removeprefix("TASK_")
    return STATES.get(key, f"is {key.replace('_', ' ').lower()}")


def told(state_and_reason: str) -> str:
    """Of an event of a failed task what came of it: "failed: it was killed at its memory limit"."""
    state, _, reason = state_and_reason.partition(" ")
    words = why(reason)
    return f"{did(state)}: {words}" if words else did(state)


def shown(state_and_reason: str) -> str:
    """The same where it is read at once and never kept: that there is no reason is said too, for it may come later."""
    words = told(state_and_reason)
    return words if state_and_reason.partition(" ")[2] else f"{words}, and {NO_REASON}"


def is_of_agent(state_and_reason: str) -> bool:
    """Whether the end belongs to the agent the task ran on."""
    return state_and_reason.partition(" ")[2] in OF_AGENT
