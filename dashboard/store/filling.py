"""In which order rows of several lengths leave SQLite's pages full. Pure.

New rows are put on the last page while they fit, else a new page is begun, so that of pages that hold five chunks each a tenth
stays empty, of two a quarter.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

PAGE_BYTES = 8192
"""As settings.py makes new databases. In older ones, of 4 KiB, it costs nothing to be wrong."""
ROOM_BYTES = PAGE_BYTES - 8
"""Without the page's own head."""
ROW_BYTES = 22
"""What a row of the chunk table takes beside its data, at most by a few bytes: its key, its head, its place on the page."""


def order(lengths: Sequence[int]) -> Iterator[int]:
    """The places of rows whose data has these lengths: each page is filled with the longest that still fit."""
    places = sorted(range(len(lengths)), key=lengths.__getitem__)
    taken, left = [lengths[place] + ROW_BYTES for place in places], 0
    while places:
        fitting = bisect_right(taken, left) - 1
        left = (ROOM_BYTES if fitting < 0 else left) - taken.pop(fitting)
        yield places.pop(fitting)
