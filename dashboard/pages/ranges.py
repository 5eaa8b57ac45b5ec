"""The choice of time ranges in the bar: each an address of its own, so that what is on the screen is in the URL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dashboard.pages.sorting import query
from dashboard.queries.window import RANGES, in_words


def ranges(
    chosen: str, names: Iterable[str] = RANGES, others: Mapping[str, str] | None = None
) -> list[dict[str, object]]:
    """The choices for parts/seg.html, the chosen one marked. `others` are parameters that every link keeps."""
    return [
        {"word": in_words(name), "href": query({**(others or {}), "range": name}), "current": name == chosen}
        for name in names
    ]
