"""What a machine received and sent."""

from __future__ import annotations

from dashboard import figures
from dashboard.charts import scales
from dashboard.charts.lines import Figure
from dashboard.charts.machine_lines import events, figure, line
from dashboard.charts.scales import latest
from dashboard.queries.machine_history import History


def drawn(history: History) -> Figure:
    """Bytes per second over all interfaces, in and out; a reset of a counter is a gap."""
    most = scales.highest(history.network_in, history.network_out)
    unit, divisor = scales.of_bytes(most)
    digits = scales.digits(most / divisor)
    received, sent = history.network_in / divisor, history.network_out / divisor
    lines = [
        line(history, "In", received, role="used", resource="net", digits=digits + 2),
        line(history, "Out", sent, role="other", resource="net", digits=digits + 2),
    ]
    return figure(history, lines, unit=f"{unit}/s", digits=digits, events=events(history))


def title(history: History) -> str:
    received, sent = latest(history.network_in), latest(history.network_out)
    return f"Network: {figures.byte_rate(received)} in, {figures.byte_rate(sent)} out"


BASIS = "bytes per second over all interfaces"
