"""What the page of a unit on a node says before it shows. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from dashboard import figures
from dashboard.models.components import WORST_FIRST, Health
from dashboard.queries import marks
from dashboard.queries.units import UnitOnNode


def since(found: UnitOnNode, now: datetime) -> str:
    """Since when it is as it is; and what it was before, where that is all one knows."""
    row = found.row
    lasting = f"since {figures.instant(row.since, now)}, {figures.duration(now - row.since)}"
    unknown = row.health is Health.NO_DATA and row.last_known.word != row.state.word
    return f"{lasting}; was {row.last_known.word}" if unknown else lasting


def why(found: UnitOnNode) -> str:
    """What the neighbourhood tells: is it the unit everywhere, or this node."""
    parts = [f"No data because {found.row.reason}."] if found.row.reason else []
    counts = Counter(row.health for row in found.elsewhere)
    others = len(found.elsewhere)
    if others:
        told = [f"{marks.HEALTH[health].word} on {counts[health]}" for health in WORST_FIRST if counts[health]]
        where = "the other node" if others == 1 else f"the other {others} nodes"
        parts.append(f"The same unit on {where}: {', '.join(told)}.")
    if found.row.node_health not in (found.row.health, Health.HEALTHY):
        parts.append(f"The node as a whole: {found.row.node_overall.word}.")
    return " ".join(parts)


def output(found: UnitOnNode) -> str:
    """The unit's output as the cluster gave it. DC/OS gives none for a healthy unit, and its own pages say OK then."""
    if found.output.strip():
        return found.output
    return "OK" if found.row.last_known.mark == "good" else "diagnostics gave no output"
