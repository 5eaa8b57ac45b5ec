"""Why offers were declined while an app waited: an area for each reason, all of them stacked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from django.utils.text import capfirst

from dashboard import figures
from dashboard.charts import lines, machine_lines, scales
from dashboard.charts.lines import Figure
from dashboard.charts.scales import latest
from dashboard.queries.app_history import Declined
from dashboard.queries.waiting_in_words import reason

HEADROOM = 1.06
LOOKS: dict[str, tuple[lines.Role, lines.Resource]] = {
    "InsufficientCpus": ("stacked", "cpu"),
    "InsufficientMemory": ("stacked", "mem"),
    "InsufficientDisk": ("stacked", "disk"),
    "InsufficientGpus": ("stacked", "gpu"),
    "InsufficientPorts": ("stacked", "net"),
    "UnfulfilledRole": ("stacked", "time"),
    "UnfulfilledConstraint": ("stacked_other", "time"),
    "NoCorrespondingReservationFound": ("stacked_other", "disk"),
    "AgentMaintenance": ("stacked_other", "net"),
    "DeclinedScarceResources": ("stacked_other", "gpu"),
}
OTHER: tuple[lines.Role, lines.Resource] = ("stacked_other", "cpu")
UNKNOWN = "its Marathon told nothing"


def shown(declined: Declined) -> list[str]:
    """Reasons for which any offer was declined, in the order in which Marathon checks them."""
    return [word for word, values in declined.reasons.items() if scales.highest(values) > 0]


def drawn(declined: Declined) -> Figure:
    """Agents whose last offer was declined, by reason, on top of each other: an offer counts for the first reason it failed
    by alone. Hatched where nobody knows; blank where it did not wait."""
    words = shown(declined)
    each = []
    for word in words:
        role, resource = LOOKS.get(word, OTHER)
        name, values = capfirst(reason(word)), declined.reasons[word]
        each.append(machine_lines.line(declined, name, values, role=role, resource=resource))
    top = scales.highest(_together(declined, words)) * HEADROOM or None
    return machine_lines.figure(declined, each, unit="", digits=0, top=top, gaps=_unknown(declined))


def _together(declined: Declined, words: Sequence[str]) -> scales.Values:
    """NaN where no reason is told."""
    values = np.array([declined.reasons[word] for word in words]).reshape(len(words), -1)
    return np.where(np.isfinite(values).any(axis=0), np.nansum(values, axis=0), np.nan)


def _unknown(declined: Declined) -> list[dict[str, object]]:
    known = np.where(declined.is_known, 1.0, np.nan)
    told = machine_lines.line(declined, "", known, role="line", resource="time")
    return [gap | {"why": UNKNOWN} for gap in machine_lines.unmeasured(declined, told)]


def title(declined: Declined) -> str:
    """The reason that holds most now, else that it waits no more."""
    now = {word: latest(declined.reasons[word][-3:]) for word in shown(declined)}
    worst = max((word for word in now if now[word]), key=lambda word: now[word] or 0.0, default="")
    if not worst:
        return "No offer is declined now"
    return f"{figures.counted(round(now[worst] or 0), 'offer')} declined: {reason(worst)}"


def measured(declined: Declined) -> bool:
    """Whether it waited in this time and any offer was declined."""
    return any(np.isfinite(values).any() and scales.highest(values) > 0 for values in declined.reasons.values())
