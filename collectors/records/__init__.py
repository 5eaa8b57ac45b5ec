"""Everything a source may yield: frozen records, units in their names, times in UTC.

A record holds what the cluster said and when it was true; it never holds a guess. `None` is "not said", never zero.
"""

from collectors.records.containers import AgentContainers, ContainerReading
from collectors.records.harvest import AGENT_PORT, MASTER_PORT, AgentPlace, Harvest, NodeOutcome, Record, Turn, place
from collectors.records.health import HealthReport, NodeHealth, UnitOnNode
from collectors.records.machines import FilesystemReading, HostMetrics, InterfaceReading
from collectors.records.mesos import (
    AgentSnapshot,
    AgentSummary,
    ClusterSummary,
    ClusterVersion,
    Flags,
    FrameworkSummary,
    MasterSnapshot,
    Resources,
    TaskCounts,
)
from collectors.records.registry import ClusterRegistry, MachineMode, Mode
from collectors.records.roles import Bounds, ClusterRoles, RoleSummary

__all__ = [
    "AGENT_PORT",
    "MASTER_PORT",
    "AgentContainers",
    "AgentPlace",
    "AgentSnapshot",
    "AgentSummary",
    "Bounds",
    "ClusterRegistry",
    "ClusterRoles",
    "ClusterSummary",
    "ClusterVersion",
    "ContainerReading",
    "FilesystemReading",
    "Flags",
    "FrameworkSummary",
    "Harvest",
    "HealthReport",
    "HostMetrics",
    "InterfaceReading",
    "MachineMode",
    "MasterSnapshot",
    "Mode",
    "NodeHealth",
    "NodeOutcome",
    "Record",
    "Resources",
    "RoleSummary",
    "TaskCounts",
    "Turn",
    "UnitOnNode",
    "place",
]
