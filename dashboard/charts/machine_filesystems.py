"""How full a machine's fullest filesystems were."""

from __future__ import annotations

import numpy as np

from dashboard import figures
from dashboard.charts.lines import Figure, Role
from dashboard.charts.machine_lines import PERCENT, events, figure, line
from dashboard.hostile_text import visible
from dashboard.queries.machine_history import History
from dashboard.queries.nodes import FULL_RATIO

ROLES: tuple[Role, ...] = ("line", "other")
"""The fullest is drawn as the one that matters, the second beside it; all stand in the table below the charts."""


def drawn(history: History) -> Figure:
    """Percents used of what their users may have, under the limit of 90 %; of a machine with at least one filesystem."""
    lines = [
        line(history, visible(share.path, one_line=True), share.values * PERCENT, role=role, resource="disk")
        for role, share in zip(ROLES, history.filesystems, strict=False)
    ]
    limit = np.where(np.isnan(history.filesystems[0].values), np.nan, FULL_RATIO * PERCENT)
    name = f"Limit {figures.percent(FULL_RATIO)}"
    lines.append(line(history, name, limit, role="limit", resource="disk"))
    return figure(history, lines, unit="%", top=PERCENT * 1.02, events=events(history))


def title(history: History) -> str:
    fullest = history.filesystems[0]
    return f"{visible(fullest.path, one_line=True)} is {figures.percent(fullest.latest)} full"


def basis(history: History) -> str:
    count = history.filesystems_known
    which = "" if count <= len(ROLES) else f", the {len(ROLES)} fullest of {count}"
    return f"percent used of used and free{which}"
