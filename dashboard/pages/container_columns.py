"""The columns of the list of a node's containers, and by what each is sorted."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.pages.sorting import Column
from dashboard.queries.containers import ContainerRow

NONE = -1.0
"""What is not known is less than everything that is: the columns fall first, so it comes last."""


def _by(value: Callable[[ContainerRow], float | None]) -> Callable[[ContainerRow], float]:
    def key(row: ContainerRow) -> float:
        found = value(row)
        return NONE if found is None else found

    return key


def _now(name: str) -> Callable[[ContainerRow], float]:
    """A figure of the container as it is now."""
    return _by(lambda row: getattr(row.use, name, None))


def _measured_at(row: ContainerRow) -> float:
    return row.container.measured_at.timestamp()


COLUMNS: tuple[Column[ContainerRow], ...] = (
    Column(title="Task", key="task", by=lambda row: row.name.lower()),
    Column(title="State", key="state", by=lambda row: (row.ended, row.state.mark, row.state.word)),
    Column(title="Framework", key="framework", by=lambda row: row.framework.lower(), css="wide-only"),
    Column(title="CPU"),
    Column(title="limit", key="cpu_limit", by=_now("cpus_limit"), under="CPU", falls=True),
    Column(title="used", key="cpu", by=_now("cpus_used"), under="CPU", falls=True),
    Column(title="Memory"),
    Column(title="limit", key="mem_limit", by=_now("mem_limit_bytes"), under="Memory", falls=True),
    Column(title="used", key="mem", by=_now("mem_used_bytes"), under="Memory", falls=True),
    Column(title="Held back", key="held", by=_now("throttled_ratio"), css="num", falls=True),
    Column(title="Disk", key="disk", by=_now("disk_used_bytes"), css="num", falls=True),
    Column(title="Age", key="age", by=_measured_at, css="num wide-only"),
)
USUAL = "cpu"
