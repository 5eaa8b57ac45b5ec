"""How large the store was day by day, how it goes on at its pace, and the room there is."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import numpy as np

from dashboard import figures
from dashboard.charts import lines, scales
from dashboard.charts.lines import Figure
from dashboard.queries.storage import DAY_SECONDS, Part, Storage

HORIZON_DAYS, LONGEST_HORIZON_DAYS = 30, 400
LEAST_DAYS = 2
HEADROOM = 1.06


def figure(storage: Storage) -> Figure | None:
    """Daily steps: what was measured, the forecast with its band, the room. None before the second day."""
    if len(storage.days) < LEAST_DAYS:
        return None
    first, last = storage.days[0][0], storage.days[-1][0]
    past = (last - first).days + 1
    ahead = _horizon(storage)
    sizes = np.full(past + ahead, np.nan)
    for day, size in storage.days:
        sizes[(day - first).days] = size
    named = [*_forecast(storage, past, ahead, float(storage.days[-1][1])), ("Day Two", sizes, "used")]
    room = storage.room_bytes
    if room is not None:
        named.append((f"Room {figures.byte_size(room)}", np.full(past + ahead, float(room)), "limit"))
    unit, divisor = scales.of_bytes(scales.highest(*(values for _, values, _ in named)))
    begins_at = datetime.combine(first, time(), UTC)
    drawn = [
        lines.line(
            name, (values / divisor).tolist(), role=role, resource="disk", begins_at=begins_at, step_seconds=DAY_SECONDS
        )
        for name, values, role in named
    ]
    top = scales.highest(*(values for _, values, _ in named)) / divisor * HEADROOM
    window = (begins_at, begins_at + timedelta(days=past + ahead - 1))
    return lines.figure(drawn, unit=unit, digits=2, top=top, group="storage", window=window)


Named = tuple[str, scales.Values, lines.Role]


def _forecast(storage: Storage, past: int, ahead: int, size: float) -> list[Named]:
    """From the last day on: the slowest, the fastest and the usual pace, as far as there is room."""
    pace = storage.paces.get(Part.ALL)
    if pace is None or not ahead:
        return []
    most = np.inf if storage.room_bytes is None else float(storage.room_bytes)

    def at(per_day: float) -> scales.Values:
        going = np.clip(size + np.arange(ahead + 1) * per_day, 0, most)
        return np.concatenate([np.full(past - 1, np.nan), going])

    return [
        ("Slowest", at(pace.low), "band_low"),
        ("10–90 % of slopes", at(pace.high), "band_high"),
        ("Forecast", at(pace.median), "forecast"),
    ]


def _horizon(storage: Storage) -> int:
    """So many days ahead that one sees the room end, at most a year and some."""
    if Part.ALL not in storage.paces:
        return 0
    full = storage.full
    days = full.latest_days or full.soonest_days or 0.0
    return int(min(LONGEST_HORIZON_DAYS, max(HORIZON_DAYS, days * 1.1)))
