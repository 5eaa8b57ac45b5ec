"""What something was allocated beside what its containers used, of one resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from dashboard import figures
from dashboard.charts import lines, machine_lines, scales
from dashboard.charts.lines import Figure
from dashboard.charts.scales import Values, latest
from dashboard.queries.window import Window

HEADROOM = 1.06
NAMES: dict[lines.Resource, str] = {"cpu": "CPU", "mem": "Memory", "disk": "Disk"}


class History(Protocol):
    """By resource, in cores and bytes, on the steps of one window; NaN where nothing was measured."""

    @property
    def window(self) -> Window: ...
    @property
    def allocated(self) -> Mapping[str, Values]: ...
    @property
    def used(self) -> Mapping[str, Values]: ...


def drawn(history: History, resource: lines.Resource, events: Sequence[dict[str, Any]] = ()) -> Figure:
    """Used where it was measured, and allocated; in cores or in the unit that suits so many bytes."""
    allocated, used = history.allocated[resource], history.used[resource]
    most = scales.highest(allocated, used)
    unit, divisor = ("cores", 1.0) if resource == "cpu" else scales.of_bytes(most)
    digits = scales.digits(most / divisor)
    named: list[tuple[str, Values, lines.Role]] = [("Allocated", allocated, "allocated")]
    if np.isfinite(used).any():
        named.append(("Used", used, "used"))
    both = [
        machine_lines.line(history, name, values / divisor, role=role, resource=resource, digits=digits + 2)
        for name, values, role in named
    ]
    top = most / divisor * HEADROOM or None
    return machine_lines.figure(history, both, unit=unit, digits=digits, top=top, events=events)


def title(history: History, resource: lines.Resource) -> str:
    """The latest of both, as a sentence."""
    write = figures.counted_cores if resource == "cpu" else figures.byte_size
    allocated, used = latest(history.allocated[resource]), latest(history.used[resource])
    of_use = "use not measured" if used is None else f"{write(used)} used"
    return f"{NAMES[resource]}: {write(allocated)} allocated, {of_use}"


def any_amount(history: History, resource: lines.Resource) -> bool:
    """Whether any of it was ever allocated or used."""
    return scales.highest(history.allocated[resource], history.used[resource]) > 0
