"""What the `dcos` command line prints of a task, with its own formulas, beside what is so. Pure but for `read`.

Document: https://github.com/dcos/dcos-core-cli (task_metrics_summary.go, task_metrics_details.go). It takes what its answer
does not tell for zero, fetches no `mem.file_bytes` and prints bytes of disk as GiB; it prints N/A for a share of nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from collectors.metrics import CONTAINER_METRICS
from dashboard import figures, subject_keys
from dashboard.models import Cluster, Subject, Task
from dashboard.queries import dcos_cli
from dashboard.queries.containers import ContainerRow
from dashboard.queries.dcos_cli import Detail, Printed, Values

SUMMARY = "dcos task metrics summary"
NOTHING = "N/A"
MEASURED = "its container, as its agent measures it"
OF_DEVICES = "blkio_"
"""What begins so is printed once for each device; Day Two keeps their sums."""
COUNTS = ("processes", "threads")
"""These two are of the container, and not of one of its resources."""


def read(cluster: Cluster, task: Task) -> Values:
    """The latest reading of its container, by the names of CONTAINER_METRICS; empty where there is none.

    As many queries as `newest_of`; none where the task tells no container.
    """
    if not (task.host and task.container_id):
        return {}
    key = subject_keys.key_of(f"{task.host}/{task.container_id}")
    return dcos_cli.newest_of(cluster, Subject.Kind.CONTAINER, key)


def summary(task: Task, container: ContainerRow | None, values: Values) -> list[Printed]:
    """The three columns of `dcos task metrics summary`; ours are dashes unless the container's figures are the present."""
    return [_cpu(task, container, values), _memory(container, values), _disk(container, values)]


def _cpu(task: Task, container: ContainerRow | None, values: Values) -> Printed:
    used = values.get("cpus_user_time_secs", 0.0) + values.get("cpus_system_time_secs", 0.0)
    whole = used + values.get("cpus_throttled_time_secs", 0.0)
    now = container.use.cpus_used if container and container.use else None
    share = now / task.cpus_allocated if now is not None and task.cpus_allocated else None
    allocated = figures.counted_cores(task.cpus_allocated)
    return Printed(
        column="CPU",
        printed=f"{used:.2f} ({_share(used, whole)})",
        formula="user + system seconds (÷ those and throttled seconds)",
        ours=f"{figures.counted_cores(now)} used, {figures.percent(share)} of {allocated} allocated",
        basis=f"{MEASURED}: seconds of CPU per second; allocated by Mesos",
        why="It prints all seconds of CPU since the start, not how many cores are used now.",
    )


def _memory(container: ContainerRow | None, values: Values) -> Printed:
    own, ratio = (container.use, container.mem_used_ratio) if container else (None, None)
    used = figures.byte_size(own.mem_used_bytes if own else None)
    return Printed(
        column="MEM",
        printed=f"{0.0:.2f}GiB ({_share(0.0, values.get('mem_total_bytes', 0.0))})",
        formula="mem.file_bytes, which it never fetched (÷ mem.total_bytes)",
        ours=f"{used} in use, {figures.percent(ratio)} of {_of(own.mem_limit_bytes if own else None)}",
        basis=f"{MEASURED}, without file cache",
        why="It is zero whatever the task uses, and it is held against what is used, never against the limit.",
    )


def _disk(container: ContainerRow | None, values: Values) -> Printed:
    own, ratio = (container.use, container.disk_used_ratio) if container else (None, None)
    used, limit = values.get("disk_used_bytes", 0.0), values.get("disk_limit_bytes", 0.0)
    now = figures.byte_size(own.disk_used_bytes if own else None)
    return Printed(
        column="DISK",
        printed=f"{used:.2f}GiB ({_share(used, limit)})",
        formula="disk.used_bytes, called GiB (÷ disk.limit_bytes)",
        ours=f"{now} used, {figures.percent(ratio)} of {_of(own.disk_limit_bytes if own else None)}",
        basis=f"{MEASURED}: sandbox and volumes",
        why="It prints bytes and calls them GiB; its share is right.",
    )


def details(values: Values, told: Sequence[tuple[str, float]] = ()) -> list[Detail]:
    """The rows of `dcos task metrics details`, the container's by name and then `told`, which are its application's."""
    return [*sorted(_rows(_named(values)), key=lambda row: row.name), *_rows(told)]


def _named(values: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for name in (metric.name for metric in CONTAINER_METRICS):
        if name in values and not name.startswith(OF_DEVICES):
            yield (f"container.{name}" if name in COUNTS else name.replace("_", ".", 1)), values[name]


def _rows(named: Iterator[tuple[str, float]] | Sequence[tuple[str, float]]) -> Iterator[Detail]:
    """Whole numbers as they are, others with two decimals; neither units nor tags."""
    for name, value in named:
        yield Detail(name, f"{value:.0f}" if value.is_integer() else f"{value:.2f}", "")


def _of(limit: float | None) -> str:
    return "no limit told" if limit is None else f"the limit of {figures.byte_size(limit)}"


def _share(part: float, whole: float) -> str:
    return f"{part / whole * 100:.2f}%" if whole else NOTHING
