"""What runs by the clock. Each entry expires before its next turn, so a stopped worker never returns to a flood."""

from __future__ import annotations

from typing import Any

DISPATCH_SECONDS = 2
PRUNE_SECONDS = 3600

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "dispatch": {
        "task": "dashboard.tasks.dispatch",
        "schedule": DISPATCH_SECONDS,
        "options": {"expires": DISPATCH_SECONDS * 0.9},
    },
    "prune": {
        "task": "dashboard.tasks.prune",
        "schedule": PRUNE_SECONDS,
        "options": {"expires": PRUNE_SECONDS * 0.9},
    },
}
