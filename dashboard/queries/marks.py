"""States as an operator sees them: one word and one of the five marks (good, warn, bad, unk, mute), in one place."""

from __future__ import annotations

from dataclasses import dataclass

from collectors.errors import Outcome
from dashboard.models import Framework, Node, Severity
from dashboard.models.components import Health
from dashboard.queries.freshness import Freshness


@dataclass(frozen=True)
class Mark:
    """`mark` is the shape and colour, `word` says the same: never one without the other."""

    mark: str
    word: str


SEVERITY = {Severity.CRITICAL: Mark("bad", "Critical"), Severity.WARNING: Mark("warn", "Warning")}
HEALTH = {
    Health.HEALTHY: Mark("good", "Healthy"),
    Health.UNHEALTHY: Mark("bad", "Unhealthy"),
    Health.WARNING: Mark("warn", "Warning"),
    Health.NOT_AVAILABLE: Mark("unk", "N/A"),
    Health.NO_DATA: Mark("unk", "No data"),
}
UNREACHABLE = Mark("bad", "Unreachable")
"""An agent that Mesos gave up waiting for: its summary no longer lists it, its metrics still count it, its registry names it."""
MAINTENANCE = Mark("mute", "Maintenance")
"""An agent that is away because its machine was taken down for maintenance."""
AGENT = {
    Node.State.ACTIVE: Mark("good", "Active"),
    Node.State.INACTIVE: Mark("bad", "Silent"),
    Node.State.DEACTIVATED: Mark("mute", "Deactivated"),
    Node.State.DRAINING: Mark("mute", "Draining"),
    Node.State.REREGISTERING: Mark("warn", "Re-registering"),
    Node.State.UNREGISTERED: Mark("mute", "Gone"),
    Node.State.UNREACHABLE: UNREACHABLE,
    Node.State.GONE: Mark("mute", "Marked gone"),
}
FRAMEWORK = {
    Framework.State.ACTIVE: Mark("good", "Active"),
    Framework.State.INACTIVE: Mark("warn", "Inactive"),
    Framework.State.REREGISTERING: Mark("warn", "Re-registering"),
    Framework.State.DISCONNECTED: Mark("bad", "Disconnected"),
    Framework.State.COMPLETED: Mark("mute", "Completed"),
}
FRESHNESS = {
    Freshness.FRESH: Mark("good", "On time"),
    Freshness.LATE: Mark("warn", "Late"),
    Freshness.NO_DATA: Mark("unk", "No data"),
    Freshness.NEVER: Mark("unk", "Not yet"),
}


def outcome(ended: Outcome | str | None) -> Mark:
    """A poll's end: answered, in part, not offered by this cluster, not asked yet, or failed."""
    match ended:
        case None | "":
            return Mark("unk", "Not yet")
        case Outcome.OK:
            return Mark("good", "Answered")
        case Outcome.PARTIAL:
            return Mark("warn", "In part")
        case Outcome.NOT_FOUND:
            return Mark("mute", "Not offered")
        case Outcome.EMPTY:
            return Mark("unk", "Nothing yet")
        case _:
            return Mark("bad", "Failed")
