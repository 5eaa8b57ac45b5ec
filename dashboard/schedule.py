"""What runs by the clock. Each entry expires before its next turn, so a stopped worker never returns to a flood."""

from __future__ import annotations

from typing import Any

DISPATCH_SECONDS = 2
PRUNE_SECONDS = 3600
COMPACT_SECONDS = 600
"""Hours settle once an hour; what a turn left undone need not wait for the next."""
FOLLOW_SECONDS = 5
EVALUATE_SECONDS = 15
SEND_SECONDS = 3
KEEP_TELLING_SECONDS = 10
AUDIT_SECONDS = 60
INTEGRITY_SECONDS = BACK_UP_SECONDS = 600
"""Both are daily; so often it is asked whether a day is over."""
MEASURE_SECONDS = 60
"""It is hourly; the first time soon after the start."""

PERIODS = {
    "dispatch": DISPATCH_SECONDS,
    "prune": PRUNE_SECONDS,
    "compact_all": COMPACT_SECONDS,
    "follow_all": FOLLOW_SECONDS,
    "evaluate_all": EVALUATE_SECONDS,
    "send_notices": SEND_SECONDS,
    "keep_telling": KEEP_TELLING_SECONDS,
    "audit": AUDIT_SECONDS,
    "check_integrity": INTEGRITY_SECONDS,
    "back_up": BACK_UP_SECONDS,
    "measure": MEASURE_SECONDS,
}
"""Task of dashboard/tasks.py → how often it is due."""

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    name: {"task": f"dashboard.tasks.{name}", "schedule": seconds, "options": {"expires": seconds * 0.9}}
    for name, seconds in PERIODS.items()
}
