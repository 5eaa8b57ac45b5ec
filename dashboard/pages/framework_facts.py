"""What the pages of frameworks say in figures: shares of the cluster, tasks by state, roles with their quota."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard import figures
from dashboard.models import Framework, Role
from dashboard.queries.frameworks import FrameworkRow, column

NAMES = {"cpu": "CPU", "mem": "Memory", "disk": "Disk", "gpu": "GPU"}
NOUNS = {"cpu": "", "mem": " memory", "disk": " disk", "gpu": " GPU"}
"""What stands behind an amount that does not tell its resource by its unit."""
STATES = ("staging", "starting", "running", "killing", "unreachable")
"""Of tasks that have not ended; the others are what Mesos still remembers."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """One resource of a framework: ratios are of the cluster's active agents together."""

    key: str
    name: str
    allocated_ratio: float | None
    used_ratio: float | None
    allocated: str
    used: str


@dataclass(frozen=True, kw_only=True)
class Quota:
    """One role with what is bound of it; texts are empty where no bound is set."""

    name: str
    held: str
    """Of all its frameworks together."""
    guarantee: str
    limit: str
    used_ratio: float | None
    """What it holds of its limit, else of its guarantee; the resource nearest to it."""


def shares(row: FrameworkRow) -> list[Share]:
    """CPU, memory, disk; GPU where the cluster has any."""
    return [
        Share(
            key=key,
            name=name,
            allocated_ratio=row.allocated_ratio(key),
            used_ratio=row.used_ratio(key),
            allocated=amount(key, row.allocated(key)),
            used="not measured" if key == "gpu" else amount(key, row.used(key)),
        )
        for key, name in NAMES.items()
        if key != "gpu" or row.totals["gpu"]
    ]


def amount(key: str, value: float | None) -> str:
    if key in ("mem", "disk"):
        return figures.byte_size(value)
    return figures.counted_cores(value) if key == "cpu" else figures.cores(value)


def tasks_by_state(framework: Framework) -> list[tuple[str, int]]:
    """State and how many, of tasks that have not ended; running always, others where there are any."""
    counts = [(state, getattr(framework, f"tasks_{state}")) for state in STATES]
    return [(state, count) for state, count in counts if count or (state == "running" and count is not None)]


def quotas(roles: Sequence[Role]) -> list[Quota]:
    return [
        Quota(
            name=role.name,
            held=_amounts(role, "allocated"),
            guarantee=_amounts(role, "guarantee"),
            limit=_amounts(role, "limit"),
            used_ratio=_nearest(role),
        )
        for role in roles
    ]


def _amounts(role: Role, basis: str) -> str:
    """What is set or held, one resource after the other: "12 cores · 30.0 GiB memory"; a limit of 0 forbids, and is told."""
    told = [(key, noun, getattr(role, column(key, basis))) for key, noun in NOUNS.items()]
    return " · ".join(
        f"{amount(key, value)}{noun}" for key, noun, value in told if value is not None and (value or basis == "limit")
    )


def _nearest(role: Role) -> float | None:
    ratios = []
    for key in NAMES:
        held, limit = getattr(role, column(key, "allocated")), getattr(role, column(key, "limit"))
        bound = limit or getattr(role, column(key, "guarantee"))
        if held is not None and bound:
            ratios.append(held / bound)
    return max(ratios, default=None)
