"""A number in its unit, as pages, messages and events tell it: 93 %, 12.0 GiB, 5 min 02 s, 40/s. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dashboard import figures

MIB = 1024**2
AS: Mapping[str, Callable[[float], str]] = {
    "ratio": figures.percent,
    "percent": lambda value: figures.percent(value / 100),
    "bytes": figures.byte_size,
    "MiB": lambda value: figures.byte_size(value * MIB),
    "seconds": figures.duration,
    "s": figures.duration,
    "cores": figures.counted_cores,
    "count": figures.cores,
    "per_second": lambda value: f"{figures.exact(value)}/s",
    "": figures.exact,
}


def amount(value: float | None, unit: str, *, rate: bool = False) -> str:
    """A value in the unit of its metric, or of its rate per second; a rate of a time is seconds per second."""
    if value is None or value != value:
        return figures.ABSENT
    if rate and unit in ("s", "seconds"):
        return f"{figures.exact(value)}{figures.NO_BREAK}s/s"
    told = AS.get(unit)
    text = told(value) if told else f"{figures.exact(value)}{figures.NO_BREAK}{unit}"
    return f"{text}/s" if rate else text
