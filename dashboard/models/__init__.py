"""Tables, constraints, indexes; no behaviour. One noun a file."""

from dashboard.models.clusters import Cluster, Credential, MasterUrl
from dashboard.models.components import Component, NodeHealth, UnitState
from dashboard.models.containers import Container
from dashboard.models.events import Event
from dashboard.models.frameworks import Framework
from dashboard.models.machines import Filesystem, Interface, Machine
from dashboard.models.masters import Master
from dashboard.models.nodes import Attribute, Node
from dashboard.models.paces import Pace
from dashboard.models.polls import Collection, Poll
from dashboard.models.processes import AgentProcess, ProcessFlags
from dashboard.models.readings import Layout, Reading, Subject, Thinning
from dashboard.models.roles import Role, RoleMember
from dashboard.models.sign_ins import SignInTry
from dashboard.models.tokens import ApiToken

__all__ = [
    "AgentProcess",
    "ApiToken",
    "Attribute",
    "Cluster",
    "Collection",
    "Component",
    "Container",
    "Credential",
    "Event",
    "Filesystem",
    "Framework",
    "Interface",
    "Layout",
    "Machine",
    "Master",
    "MasterUrl",
    "Node",
    "NodeHealth",
    "Pace",
    "Poll",
    "ProcessFlags",
    "Reading",
    "Role",
    "RoleMember",
    "SignInTry",
    "Subject",
    "Thinning",
    "UnitState",
]
