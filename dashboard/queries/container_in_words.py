"""What the page of a container says before it shows: how it is, what follows, and why a figure is missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from collectors.sources import containers_in_turn
from dashboard import figures
from dashboard.queries import containers, reasons
from dashboard.queries.container import Found
from dashboard.queries.containers import ContainerRow
from dashboard.queries.flags_in_words import DISK, NETWORK, isolates
from dashboard.queries.marks import Mark

DCOS_METRICS = "dcos-metrics"
WAYS = {
    "operator-api": "the agent’s operator API, GET_CONTAINERS",
    "containers": "the agent’s older endpoint, /containers",
    DCOS_METRICS: "DC/OS’ metrics service, one question a container",
}
REPEATED = "received only: dcos-metrics repeats it as what was sent, so what was sent is not known"
NOT_SENT = "received only: nothing was sent, or it is not told"


def verdict(found: Found, now: datetime) -> tuple[Mark, str]:
    """The container in a word and a sentence: the worst that is known of it."""
    row, own = found.row, found.container
    if row.state is containers.ENDED:
        ended = figures.instant(own.ended_at, now)
        return row.state, f"since {ended}: its agent answered without it. These are its last figures"
    if row.state is containers.NO_DATA:
        return row.state, f"last read at {figures.instant(own.listed_at, now)}, {figures.ago(now - own.listed_at)}"
    if row.state is containers.NOT_MEASURED:
        return row.state, f"its agent lists it with figures of {figures.instant(own.measured_at, now)}"
    if row.near_limit:
        return Mark("warn", "Near its limit"), _near(row)
    if row.held_back:
        share = figures.percent(own.throttled_ratio)
        return Mark("warn", "Held back"), f"by its CPU limit in {share} of the periods it ran in"
    if row.state is containers.LEARNING:
        return row.state, "a rate needs two samples, so CPU, network and disk I/O follow"
    return row.state, f"first seen {figures.instant(own.first_seen, now)}, {figures.ago(now - own.first_seen)}"


def why_old(found: Found) -> str:
    """Why there is nothing newer; empty while its figures are the present or it has ended."""
    if found.row.current or found.row.ended:
        return ""
    if found.collected is None:
        return "its agent has not been asked for containers by itself yet"
    return reasons.why_old(found.collected.outcome, found.collected.detail)


def why_nothing_sent(found: Found) -> str:
    """Why there is no figure of what it sent."""
    return REPEATED if containers_in_turn.DCOS_METRICS in found.container.partial else NOT_SENT


def _near(row: ContainerRow) -> str:
    own = row.container
    if (row.mem_used_ratio or 0.0) >= (row.disk_used_ratio or 0.0):
        amounts = f"{figures.byte_size(own.mem_used_bytes)} of {figures.byte_size(own.mem_limit_bytes)}"
        return f"{amounts} of memory, {figures.percent(row.mem_used_ratio)}, without file cache"
    amounts = f"{figures.byte_size(own.disk_used_bytes)} of {figures.byte_size(own.disk_limit_bytes)}"
    return f"{amounts} of disk, {figures.percent(row.disk_used_ratio)}"


def unmeasured(found: Found) -> list[tuple[str, str]]:
    """What this container was not measured for by name, and why, as far as its agent's flags and the way it is read tell."""
    told = found.latest.keys()
    if not told:
        return [("Everything", "its agent has listed it without any figure so far")]
    missing = [(name, why) for name, (metrics, why) in WHY_MISSING.items() if not metrics & told]
    if found.container.parent_id and not WHY_MISSING["CPU"][0] & told:
        return [(name, WITH_ITS_ROOT) for name, _ in missing]
    if found.container.route == DCOS_METRICS:
        return [(name, why(found.flags) if name in BELIEVED else NOTHING_OR_UNTOLD) for name, why in missing]
    return [(name, why(found.flags)) for name, why in missing]


WITH_ITS_ROOT = "its agent measures it only together with the container it is nested in"
NOTHING_OR_UNTOLD = "0, or not measured: the metrics service does not tell the two apart"
Flags = Mapping[str, str] | None


def _why_cpu(flags: Flags) -> str:
    return "its agent listed it without CPU time: it was just starting, or ending"


def _why_held_back(flags: Flags) -> str:
    if flags is None:
        return "scheduling periods are counted only where CPU limits are enforced"
    if not isolates(flags, "cgroups/cpu"):
        return "CPU is not limited here: the agent’s isolation has no cgroups/cpu"
    if flags.get("cgroups_enable_cfs") == "false":
        return "CPU is not limited here: the agent’s cgroups_enable_cfs is off"
    return "no scheduling period was counted yet"


def _why_memory(flags: Flags) -> str:
    return "its agent listed it without memory: it was just starting, or ending"


def _why_cache(flags: Flags) -> str:
    return _unless(flags, "cgroups/mem", "file cache is told apart only by cgroups/mem")


def _why_disk(flags: Flags) -> str:
    if flags is None:
        return "sandboxes are measured only by disk/du or disk/xfs"
    if not isolates(flags, *DISK):
        return "the agent’s isolation has neither disk/du nor disk/xfs"
    return "measured once it asks for disk; its agent does not tell it"


def _why_processes(flags: Flags) -> str:
    return "counted only with the agent’s flag cgroups_cpu_enable_pids_and_tids_count"


def _why_network(flags: Flags) -> str:
    return _unless(flags, NETWORK, f"counted only where containers have a network of their own, by {NETWORK}")


def _why_disk_io(flags: Flags) -> str:
    return _unless(flags, "cgroups/blkio", "counted only by cgroups/blkio")


def _unless(flags: Flags, isolator: str, general: str) -> str:
    """The general rule; where the agent's isolators are known, whether it holds here."""
    if flags is None or "isolation" not in flags:
        return general
    if not isolates(flags, isolator):
        return f"the agent’s isolation has no {isolator}"
    return "its agent does not tell it, though it could"


WHY_MISSING = {
    "CPU": ({"cpus_user_time_secs", "cpus_system_time_secs"}, _why_cpu),
    "Held back": ({"cpus_nr_periods"}, _why_held_back),
    "Memory": ({"mem_rss_bytes", "mem_total_bytes"}, _why_memory),
    "File cache": ({"mem_cache_bytes"}, _why_cache),
    "Disk": ({"disk_used_bytes"}, _why_disk),
    "Processes and threads": ({"processes", "threads"}, _why_processes),
    "Network": ({"net_rx_bytes", "net_tx_bytes"}, _why_network),
    "Disk I/O": ({"blkio_read_bytes", "blkio_write_bytes"}, _why_disk_io),
}
"""What a container may be measured for: the metrics of which one is enough, and why it may have none."""
BELIEVED = {"CPU", "Memory"}
"""What every way of reading tells where it is measured, 0 included."""
