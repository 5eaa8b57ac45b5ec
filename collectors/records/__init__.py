"""Everything a source may yield: frozen records, units in their names, times in UTC.

A record holds what the cluster said and when it was true; it never holds a guess. `None` is "not said", never zero.
"""

from collectors.records.app_metrics import AppContainer, AppMetricsReading, MetricSetReading
from collectors.records.containers import AgentContainers, ContainerReading
from collectors.records.harvest import AGENT_PORT, MASTER_PORT, AgentPlace, Harvest, NodeOutcome, Record, Turn, place
from collectors.records.health import HealthReport, NodeHealth, UnitOnNode
from collectors.records.machines import FilesystemReading, HostMetrics, InterfaceReading
from collectors.records.marathon import (
    AppSummary,
    Deployment,
    LifeStats,
    MarathonApps,
    MarathonDeployments,
    MarathonQueue,
    MarathonSnapshot,
    Rejection,
    RunKind,
    TaskFailure,
    UnusedOffer,
    Waiting,
)
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
from collectors.records.streams import StreamOpened, StreamRecord, TaskAdded, TaskChange, WorthALook
from collectors.records.tasks import ClusterTasks, TaskRecord

__all__ = [
    "AGENT_PORT",
    "MASTER_PORT",
    "AgentContainers",
    "AgentPlace",
    "AgentSnapshot",
    "AgentSummary",
    "AppContainer",
    "AppMetricsReading",
    "AppSummary",
    "Bounds",
    "ClusterRegistry",
    "ClusterRoles",
    "ClusterSummary",
    "ClusterTasks",
    "ClusterVersion",
    "ContainerReading",
    "Deployment",
    "FilesystemReading",
    "Flags",
    "FrameworkSummary",
    "Harvest",
    "HealthReport",
    "HostMetrics",
    "InterfaceReading",
    "LifeStats",
    "MachineMode",
    "MarathonApps",
    "MarathonDeployments",
    "MarathonQueue",
    "MarathonSnapshot",
    "MasterSnapshot",
    "MetricSetReading",
    "Mode",
    "NodeHealth",
    "NodeOutcome",
    "Record",
    "Rejection",
    "Resources",
    "RoleSummary",
    "RunKind",
    "StreamOpened",
    "StreamRecord",
    "TaskAdded",
    "TaskChange",
    "TaskCounts",
    "TaskFailure",
    "TaskRecord",
    "Turn",
    "UnitOnNode",
    "UnusedOffer",
    "Waiting",
    "WorthALook",
    "place",
]
