"""What a container read from disks and wrote to them."""

from __future__ import annotations

from dashboard import figures
from dashboard.charts import scales
from dashboard.charts.container_lines import figure
from dashboard.charts.lines import Figure, Role
from dashboard.charts.machine_lines import line
from dashboard.charts.scales import Values, latest
from dashboard.queries.container_history import History, known

BASIS = "bytes per second, all devices"


def drawn(history: History) -> Figure:
    """Read and written, those that are told; a counter that began anew is a gap."""
    most = scales.highest(history.disk_read, history.disk_written)
    unit, divisor = scales.of_bytes(most)
    digits = scales.digits(most / divisor)
    named: tuple[tuple[str, Values, Role], ...] = (
        ("Written", history.disk_written, "used"),
        ("Read", history.disk_read, "other"),
    )
    told = [
        line(history, name, values / divisor, role=role, resource="disk", digits=digits + 2)
        for name, values, role in named
        if known(values)
    ]
    return figure(history, told, unit=f"{unit}/s", digits=digits)


def title(history: History) -> str:
    read, written = latest(history.disk_read), latest(history.disk_written)
    return f"Disk: {figures.byte_rate(read)} read, {figures.byte_rate(written)} written"
