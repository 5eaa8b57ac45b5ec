"""What the page of a container says of it in figures: what it uses of what it may, what it is, every number as it was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collectors.metrics import CONTAINER_METRICS
from dashboard import figures
from dashboard.models import Cluster, Container
from dashboard.queries import certificates, container_in_words, provenance
from dashboard.queries.certificates import Certificate
from dashboard.queries.container import Found


@dataclass(frozen=True, kw_only=True)
class Amount:
    """One resource as texts: what is used, the most it may be where there is such a thing, and what else is told."""

    key: str
    name: str
    used: str
    most: str = ""
    also: str = ""
    requested_ratio: float | None = None
    """Of the limit, as `used_ratio`; without a limit of what was requested."""
    used_ratio: float | None = None


@dataclass(frozen=True, kw_only=True)
class Told:
    """A number by the name Mesos gives it."""

    name: str
    value: float
    unit: str
    meaning: str


def amounts(found: Found) -> list[Amount]:
    """Processor and memory, and what else is measured of it, as of its last sample."""
    own = found.container
    every = (_cpu(own), _held_back(own), _memory(own), _disk(own), _network(own), _disk_io(own), _processes(own))
    return [amount for amount in every if amount is not None]


def _cpu(own: Container) -> Amount:
    limit, requested = own.cpus_limit, own.cpus_requested
    if limit is not None:
        most, also = figures.counted_cores(limit), ""
        if requested is not None and requested != limit:
            also = f"{figures.counted_cores(requested)} requested"
    else:
        most, also = "no limit told", "" if requested is None else f"{figures.counted_cores(requested)} requested"
    return Amount(
        key="cpu",
        name="CPU",
        used=figures.counted_cores(own.cpus_used),
        most=most,
        also=also,
        requested_ratio=_share(requested, limit or requested),
        used_ratio=_share(own.cpus_used, limit or requested),
    )


def _held_back(own: Container) -> Amount | None:
    if own.throttled_ratio is None:
        return None
    return Amount(
        key="cpu",
        name="Held back",
        used=figures.percent(own.throttled_ratio),
        also="of the scheduling periods it ran in",
    )


def _memory(own: Container) -> Amount:
    cache = own.mem_cached_bytes
    return Amount(
        key="mem",
        name="Memory",
        used=figures.byte_size(own.mem_used_bytes),
        most="no limit told" if own.mem_limit_bytes is None else figures.byte_size(own.mem_limit_bytes),
        also="" if cache is None else f"{figures.byte_size(cache)} of file cache beside it",
        used_ratio=_share(own.mem_used_bytes, own.mem_limit_bytes),
    )


def _disk(own: Container) -> Amount | None:
    if own.disk_used_bytes is None:
        return None
    return Amount(
        key="disk",
        name="Disk",
        used=figures.byte_size(own.disk_used_bytes),
        most="no limit told" if own.disk_limit_bytes is None else figures.byte_size(own.disk_limit_bytes),
        also="sandbox and volumes",
        used_ratio=_share(own.disk_used_bytes, own.disk_limit_bytes),
    )


def _network(own: Container) -> Amount | None:
    if own.in_bytes_per_second is None and own.out_bytes_per_second is None:
        return None
    sent = own.out_bytes_per_second
    return Amount(
        key="net",
        name="Network",
        used=f"{figures.byte_rate(own.in_bytes_per_second)} in",
        also="what was sent is not told" if sent is None else f"{figures.byte_rate(sent)} out",
    )


def _disk_io(own: Container) -> Amount | None:
    if own.read_bytes_per_second is None and own.write_bytes_per_second is None:
        return None
    return Amount(
        key="disk",
        name="Disk I/O",
        used=f"{figures.byte_rate(own.read_bytes_per_second)} read",
        also=f"{figures.byte_rate(own.write_bytes_per_second)} written",
    )


def _processes(own: Container) -> Amount | None:
    if own.processes is None and own.threads is None:
        return None
    return Amount(
        key="time",
        name="Processes",
        used=figures.count(own.processes),
        also="" if own.threads is None else figures.counted(own.threads, "thread"),
    )


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def born(cluster: Cluster, found: Found) -> list[Certificate]:
    """Where those of its figures come from that are told."""
    own = found.container
    told = {name: getattr(own, name) for name in provenance.CONTAINER if getattr(own, name) is not None}
    return [one for one in certificates.of_container(cluster, own, told).values() if one.value is not None]


def facts(found: Found, now: datetime) -> list[tuple[str, str]]:
    """What it is, by name and value; what is not known is left out."""
    own = found.container
    told = [
        ("Task", own.task_name),
        ("Executor", own.executor_name or own.executor_id),
        ("Executor id", own.executor_id if own.executor_name not in ("", own.executor_id) else ""),
        ("Framework", found.row.framework),
        ("Framework id", own.framework_id if own.framework_name not in ("", own.framework_id) else ""),
        ("Container id", own.container_id),
        ("First seen", f"{figures.instant(own.first_seen, now)}, {figures.ago(now - own.first_seen)}"),
        ("Read by", container_in_words.WAYS.get(own.route, own.route)),
        ("Not told that way", own.partial),
    ]
    return [(name, value) for name, value in told if value]


def told(found: Found) -> list[Told]:
    """Every number of its newest reading by the name Mesos gives it, in the catalogue's order."""
    return [
        Told(
            name=metric.name,
            value=found.latest[metric.name],
            unit=f"{metric.unit}, counter" if metric.kind == "counter" else metric.unit,
            meaning=metric.meaning,
        )
        for metric in CONTAINER_METRICS
        if metric.name in found.latest
    ]
