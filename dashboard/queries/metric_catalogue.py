"""What the stored metrics of each kind of subject are called, in what unit, and what they mean. Nothing is read here.

A share of two metrics is written as one name, the parts of the whole added up: `used_bytes÷used_bytes+free_bytes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collectors import metrics
from dashboard.models import Subject

Kind = Subject.Kind
AGE = "sample.age_seconds"
OVER, PLUS = "÷", "+"
RESOURCES = {"cpus": ("CPU", "cores"), "mem": ("memory", "bytes"), "disk": ("disk", "bytes"), "gpus": ("GPUs", "GPUs")}
BASES = ("total", "allocated", "offered", "used", "measured", "reserved", "guarantee", "limit")
SOURCES: Mapping[Kind, str] = {
    Kind.CLUSTER: "summary",
    Kind.MASTER: "masters",
    Kind.NODE: "summary",
    Kind.FRAMEWORK: "summary",
    Kind.ZONE: "summary",
    Kind.COMPONENTS: "component_health",
    Kind.HOST: "nodes",
    Kind.FILESYSTEM: "nodes",
    Kind.INTERFACE: "nodes",
    Kind.USE: "nodes",
    Kind.AGENT: "agents",
    Kind.CONTAINER: "containers",
    Kind.CONTAINER_USE: "containers",
    Kind.ROLE: "roles",
    Kind.APP: "apps",
    Kind.QUEUE: "queue",
    Kind.MARATHON: "marathon",
    Kind.APP_METRICS: "app_metrics",
}
"""Which source brings the readings of a kind: its period says how old they may be."""
LEAST_SECONDS: Mapping[Kind, int] = {Kind.NODE: 60}
"""Readings of these are kept no more often than this, however often they are brought (store/summary.py)."""
UPTIME = {
    Kind.AGENT: "slave/uptime_secs",
    Kind.MASTER: "master/uptime_secs",
    Kind.HOST: "system.uptime",
    Kind.MARATHON: "leadership.duration.gauge.seconds",
}
"""Which value falls when all counters of such a subject begin anew; Marathon's do with each leader."""


@dataclass(frozen=True)
class Known:
    """One metric: `words` is what an operator calls it. Only a counter has a rate and an increase."""

    name: str
    words: str
    unit: str
    counter: bool = False


def _of_wire(listed: Iterable[metrics.Metric]) -> dict[str, Known]:
    return {one.name: Known(one.name, one.meaning, one.unit, one.kind == "counter") for one in listed}


def _of_fields(listed: Iterable[metrics.Metric], names: Mapping[str, str], what: str) -> dict[str, Known]:
    found = {one.name: one for one in listed}
    return {
        name: Known(name, f"{what} {found[wire].meaning}", found[wire].unit, found[wire].kind == "counter")
        for name, wire in names.items()
    }


FILESYSTEM = {f"{name}_bytes": f"filesystem.capacity.{name}" for name in ("total", "used", "free")} | {
    f"inodes_{name}": f"filesystem.inode.{name}" for name in ("total", "used", "free")
}
INTERFACE = {f"{way}_bytes": f"network.{way}" for way in ("in", "out")} | {
    f"{way}_{what}": f"network.{way}.{what}" for way in ("in", "out") for what in ("packets", "errors", "dropped")
}
WORKED_OUT = {
    "cores": Known("cores", "cores of the machine", "cores"),
    "cpus_used": Known("cpus_used", "used CPU", "cores"),
    "mem_used_bytes": Known("mem_used_bytes", "used memory", "bytes"),
    "disk_total_bytes": Known("disk_total_bytes", "size of all filesystems", "bytes"),
    "disk_used_bytes": Known("disk_used_bytes", "used disk", "bytes"),
}
APPS = {
    "instances": Known("instances", "instances wanted", "instances"),
    **{name: Known(name, f"{name} instances", "instances") for name in ("staged", "running", "healthy", "unhealthy")},
}
DECLINED = "declined."
WAITING = {
    "count": Known("count", "instances left to launch", "instances"),
    "delay_seconds": Known("delay_seconds", "time until Marathon launches again", "s"),
    "is_overdue": Known("is_overdue", "whether it waits for an offer that fits (1: it does)", "count"),
    "waited_seconds": Known("waited_seconds", "time in the launch queue", "s"),
    "offers_processed": Known("offers_processed", "offers looked at since it began to wait", "offers"),
    "offers_unused": Known("offers_unused", "offers declined since it began to wait", "offers"),
}
OF_APPLICATIONS: Mapping[str, str] = {
    **{f"{joint}bytes": "bytes" for joint in "._"},
    **{f"{joint}seconds": "s" for joint in "._"},
    **{f"{joint}ms": "ms" for joint in "._"},
}
"""How the names of applications' metrics end that tell their unit. No wire tells it: statsd has none."""
WIRE: Mapping[Kind, Mapping[str, Known]] = {
    Kind.APP: APPS,
    Kind.QUEUE: WAITING,
    Kind.MARATHON: _of_wire(metrics.MARATHON_METRICS),
    Kind.MASTER: _of_wire(metrics.MASTER_METRICS),
    Kind.HOST: WORKED_OUT | _of_wire(metrics.HOST_METRICS),
    Kind.AGENT: _of_wire(metrics.AGENT_METRICS),
    Kind.CONTAINER: {name: WORKED_OUT[name] for name in ("cpus_used", "mem_used_bytes")}
    | _of_wire(metrics.CONTAINER_METRICS),
    Kind.FILESYSTEM: _of_fields(metrics.FILESYSTEM_METRICS, FILESYSTEM, "room"),
    Kind.INTERFACE: _of_fields(metrics.INTERFACE_METRICS, INTERFACE, "traffic"),
}
ALLOCATED = {
    f"{key}_allocated{end}{OVER}{key}_total{end}": f"allocated share of {RESOURCES[key][0]}"
    for key, end in (("cpus", ""), ("mem", "_bytes"), ("disk", "_bytes"), ("gpus", ""))
}
USED = {
    f"{used}{OVER}{of}": f"used share of {words}"
    for used, of, words in (
        ("cpus_used", "cpus_measured", "CPU"),
        ("mem_used_bytes", "mem_measured_bytes", "memory"),
        ("disk_used_bytes", "disk_measured_bytes", "disk"),
    )
}
PER_CORE = f"load.5min{OVER}cores"
SHARES: Mapping[Kind, Mapping[str, str]] = {
    Kind.CLUSTER: ALLOCATED,
    Kind.ZONE: ALLOCATED,
    Kind.NODE: ALLOCATED,
    Kind.USE: USED,
    Kind.HOST: {
        f"cpus_used{OVER}cores": "used share of the cores",
        f"mem_used_bytes{OVER}memory.total": "used share of memory",
        PER_CORE: "load over 5 minutes per core",
        f"swap.used{OVER}swap.total": "used share of swap",
    },
    Kind.FILESYSTEM: {
        f"used_bytes{OVER}used_bytes{PLUS}free_bytes": "used share of the room",
        f"inodes_used{OVER}inodes_used{PLUS}inodes_free": "used share of the inodes",
    },
    Kind.CONTAINER: {
        f"mem_used_bytes{OVER}mem_limit_bytes": "used share of the memory limit",
        f"disk_used_bytes{OVER}disk_limit_bytes": "used share of the disk limit",
    },
    Kind.APP: {
        f"running{OVER}instances": "running share of the instances wanted",
        f"healthy{OVER}instances": "healthy share of the instances wanted",
    },
    Kind.MARATHON: {
        f"jvm.memory.heap.used.gauge.bytes{OVER}jvm.memory.heap.max.gauge.bytes": "used share of the heap",
    },
}


def parts(metric: str) -> tuple[str, ...]:
    """The names that a metric is made of: itself, or what is divided and then what it is divided by."""
    one, over, whole = metric.partition(OVER)
    return (one, *whole.split(PLUS)) if over else (one,)


def known(kind: Kind, metric: str) -> Known:
    """What is known of a metric; one that no catalogue has is called as it is, without a unit."""
    if kind is Kind.APP_METRICS:
        return of_application(metric)
    if OVER in metric:
        return Known(metric, SHARES.get(kind, {}).get(metric, metric.replace(OVER, f" {OVER} ")), _of_share(metric))
    return WIRE.get(kind, {}).get(metric) or _total(metric) or Known(metric, metric, "")


def of_application(metric: str) -> Known:
    """A metric that an application named: its unit where the name ends in one; whether it counts up nobody says."""
    ending = next((end for end in OF_APPLICATIONS if metric.endswith(end)), "")
    return Known(metric, "as the application said it", OF_APPLICATIONS.get(ending, ""))


def _of_share(metric: str) -> str:
    return "count" if metric == PER_CORE else "ratio"


def _total(metric: str) -> Known | None:
    """Totals are named by resource, basis and unit: mem_allocated_bytes is allocated memory."""
    first, _, rest = metric.removesuffix("_bytes").partition("_")
    if first in RESOURCES and rest in BASES:
        noun, unit = RESOURCES[first]
        return Known(metric, f"{rest} {noun}", unit)
    if first in ("tasks", "agents", "components", "containers", "frameworks"):
        return Known(metric, " ".join(filter(None, (rest.replace("_", " "), first))), first)
    if metric.startswith(DECLINED):
        return Known(metric, f"last offers declined for {metric.removeprefix(DECLINED)}", "offers")
    return None


def offered(kind: Kind, layout: Iterable[str]) -> list[Known]:
    """Shares first, then the metrics of a layout in its order; ages of samples are none."""
    names = [name for name in layout if name != AGE]
    shares = [known(kind, share) for share in SHARES.get(kind, {}) if set(parts(share)) <= set(names)]
    return [*shares, *(known(kind, name) for name in names)]
