"""The choice of time ranges in the bar: each an address of its own, so that what is on the screen is in the URL."""

from __future__ import annotations

from dashboard.figures import NO_BREAK
from dashboard.queries.window import RANGES


def ranges(chosen: str) -> list[dict[str, object]]:
    """The choices for parts/seg.html, the chosen one marked."""
    return [
        {"word": f"{name.removesuffix('h')}{NO_BREAK}h", "href": f"?range={name}", "current": name == chosen}
        for name in RANGES
    ]
