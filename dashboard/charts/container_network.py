"""What a container received and sent."""

from __future__ import annotations

from dashboard import figures
from dashboard.charts import scales
from dashboard.charts.container_lines import figure
from dashboard.charts.lines import Figure, Role
from dashboard.charts.machine_lines import line
from dashboard.charts.scales import Values, latest
from dashboard.queries.container_history import History, known


def drawn(history: History) -> Figure:
    """Bytes per second, in and, where it is told, out; a counter that began anew is a gap."""
    most = scales.highest(history.network_in, history.network_out)
    unit, divisor = scales.of_bytes(most)
    digits = scales.digits(most / divisor)
    named: tuple[tuple[str, Values, Role], ...] = (
        ("In", history.network_in, "used"),
        ("Out", history.network_out, "other"),
    )
    told = [
        line(history, name, values / divisor, role=role, resource="net", digits=digits + 2)
        for name, values, role in named
        if known(values)
    ]
    return figure(history, told, unit=f"{unit}/s", digits=digits)


def title(history: History) -> str:
    received = f"{figures.byte_rate(latest(history.network_in))} in"
    if not known(history.network_out):
        return f"Network: {received}, sent not known"
    return f"Network: {received}, {figures.byte_rate(latest(history.network_out))} out"


def basis(history: History, why_nothing_sent: str) -> str:
    """`why_nothing_sent` stands there where no sent byte was told."""
    return why_nothing_sent if not known(history.network_out) else "bytes per second of the container’s own network"
