"""A rule's parts in words, for the events of its changes."""

from __future__ import annotations

from typing import Any

from dashboard import figures
from dashboard.amounts import amount

WORDS = {
    "warning": "warning limit",
    "warning_clear": "warning ends at",
    "critical": "critical limit",
    "critical_clear": "critical ends at",
    "warning_on": "warning",
    "critical_on": "critical",
    "for_seconds": "for",
    "clear_seconds": "ends after",
    "repeat_seconds": "says it again after",
    "window_seconds": "over",
    "subject_kind": "of each",
    "subject_key": "of",
}
LONGEST = 60
"""A name may be long: so much of each value is told."""


def said(name: str, value: Any, unit: str) -> str:
    """One field with its value: critical limit 85 %, for 10 min, warning on, no critical limit."""
    word = WORDS.get(name, name)
    if isinstance(value, bool):
        return f"{word} {'on' if value else 'off'}"
    if value is None:
        return f"no {word}"
    if name.endswith("_seconds"):
        return f"{word} {figures.duration(value)}" if value else f"{word} 0{figures.NO_BREAK}s"
    if isinstance(value, int | float):
        return f"{word} {amount(float(value), unit)}"
    return f"{word} {str(value)[:LONGEST]}" if value else f"{word} any"
