"""Tables, constraints, indexes; no behaviour. One noun a file."""

from dashboard.models.alerts import Alert, AlertGroup
from dashboard.models.app_metrics import AppMetrics, MetricSet
from dashboard.models.apps import App, AppVersion, Deployment, LaunchWait, Marathon
from dashboard.models.audit import AuditEntry
from dashboard.models.clusters import Cluster, Credential, MarathonUrl, MasterUrl
from dashboard.models.components import Component, NodeHealth, UnitState
from dashboard.models.containers import Container, ContainerListing
from dashboard.models.events import Event
from dashboard.models.frameworks import Framework
from dashboard.models.incidents import Incident, IncidentEvent, IncidentNote
from dashboard.models.machines import Filesystem, Interface, Machine
from dashboard.models.masters import Master
from dashboard.models.nodes import Attribute, Node
from dashboard.models.notices import Attempt, Channel, Notice, NoticeLine
from dashboard.models.paces import Pace
from dashboard.models.polls import Collection, Poll
from dashboard.models.processes import AgentProcess, ProcessFlags
from dashboard.models.readings import Chunk, Layout, Reading, Subject
from dashboard.models.roles import Role, RoleMember
from dashboard.models.rules import Rule, Severity
from dashboard.models.sign_ins import SignInTry
from dashboard.models.silences import Silence
from dashboard.models.streams import Stream
from dashboard.models.task_failures import TaskFailures
from dashboard.models.tasks import Task
from dashboard.models.tokens import ApiToken
from dashboard.models.upkeep import Retention, StoredSize, Upkeep
from dashboard.models.watching import Watch

__all__ = [
    "AgentProcess",
    "Alert",
    "AlertGroup",
    "ApiToken",
    "App",
    "AppMetrics",
    "AppVersion",
    "Attempt",
    "Attribute",
    "AuditEntry",
    "Channel",
    "Chunk",
    "Cluster",
    "Collection",
    "Component",
    "Container",
    "ContainerListing",
    "Credential",
    "Deployment",
    "Event",
    "Filesystem",
    "Framework",
    "Incident",
    "IncidentEvent",
    "IncidentNote",
    "Interface",
    "LaunchWait",
    "Layout",
    "Machine",
    "Marathon",
    "MarathonUrl",
    "Master",
    "MasterUrl",
    "MetricSet",
    "Node",
    "NodeHealth",
    "Notice",
    "NoticeLine",
    "Pace",
    "Poll",
    "ProcessFlags",
    "Reading",
    "Retention",
    "Role",
    "RoleMember",
    "Rule",
    "Severity",
    "SignInTry",
    "Silence",
    "StoredSize",
    "Stream",
    "Subject",
    "Task",
    "TaskFailures",
    "UnitState",
    "Upkeep",
    "Watch",
]
