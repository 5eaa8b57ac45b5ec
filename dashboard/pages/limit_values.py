"""Limits and values in the unit that people read, and back: what stands in a field of a rule, and what was typed there."""

from __future__ import annotations

import math
import re

from dashboard import figures

NUMBER = r"-?\d{1,15}(?:\.\d{1,9})?"
PART = re.compile(rf"({NUMBER})([a-z%/]*)", re.IGNORECASE)
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
SIZES = {
    **{unit.lower(): 1024.0**power for power, unit in enumerate(figures.BINARY_UNITS)},
    **{f"{letter}b": 1000.0**power for power, letter in enumerate("kmgtp", start=1)},
    "": 1.0,
}
SPANS = {"d": 86_400.0, "h": 3_600.0, "min": 60.0, "m": 60.0, "s": 1.0, "": 1.0}
FACTORS: dict[str, dict[str, float]] = {
    "ratio": {"%": 0.01, "": 0.01},
    "percent": {"%": 1.0, "": 1.0},
    "bytes": SIZES,
    "MiB": {**{unit: size / 1024.0**2 for unit, size in SIZES.items() if unit}, "": 1.0},
    "seconds": SPANS,
    "s": SPANS,
    "cores": {"": 1.0, "core": 1.0, "cores": 1.0},
    "ms": {"ms": 1.0, "": 1.0, "s": 1000.0},
    "per_second": {"/s": 1.0, "": 1.0},
}
"""What may stand behind a number of each unit, and what it is worth; other units have numbers alone."""
EXAMPLES = {
    "ratio": "a share in percent, such as 85 %",
    "percent": "a number of percent, such as 85 %",
    "bytes": "an amount with its unit, such as 16 GiB",
    "MiB": "an amount with its unit, such as 16 GiB",
    "cores": "a number of cores, such as 1.5",
    "s": "a time, such as 90 s or 1 h 30 min",
    "seconds": "a time, such as 90 s or 1 h 30 min",
    "ms": "milliseconds, such as 800 ms",
    "per_second": "a number a second, such as 66 /s",
}


def typed(value: float | None, unit: str) -> str:
    """A limit as its field holds it: no digit is lost, so that saving what is shown changes nothing; empty for none."""
    if value is None or math.isnan(value):
        return ""
    if unit in ("ratio", "percent"):
        return f"{_plain(value * (100 if unit == 'ratio' else 1))} %"
    if unit in ("bytes", "MiB"):
        value *= 1 if unit == "bytes" else SIZES["mib"]
        return _largest(value, [(name, size) for name, size in SIZES.items() if name.endswith("ib")])
    if unit in ("seconds", "s"):
        return _largest(value, [(name, size) for name, size in SPANS.items() if name in ("d", "h", "min")], "s")
    return f"{_plain(value)}{ {'ms': ' ms', 'per_second': ' /s'}.get(unit, '') }"


def parsed(text: str, unit: str) -> float:
    """What was typed, in the unit of the rule; ValueError says what may be typed."""
    wrong = f"Give {EXAMPLES.get(unit, 'a number')}."
    squeezed = THOUSANDS.sub("", re.sub(r"\s", "", text)).removesuffix("/s")
    factors = FACTORS.get(unit, {"": 1.0, unit.lower(): 1.0})
    found = PART.findall(squeezed)
    if not found or "".join(number + word for number, word in found) != squeezed:
        raise ValueError(wrong)
    if len(found) > 1 and unit not in ("seconds", "s"):
        raise ValueError(wrong)
    if any(word.lower() not in factors for _, word in found):
        raise ValueError(wrong)
    return round(sum(float(number) * factors[word.lower()] for number, word in found), 12)


def _largest(value: float, units: list[tuple[str, float]], least: str = "B") -> str:
    """In the largest unit of which it is a number with few digits."""
    for name, size in sorted(units, key=lambda one: -one[1]):
        count = value / size
        if abs(count) >= 1 and round(count, 2) == count:
            return f"{_plain(count)} {name[:-2].upper() + name[-2:].replace('b', 'B') if name.endswith('ib') else name}"
    return f"{_plain(value)} {least}"


def _plain(value: float) -> str:
    return f"{round(value, 9):.9f}".rstrip("0").rstrip(".") or "0"
