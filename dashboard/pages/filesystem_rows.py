"""Filesystems as tables show them: how full, how fast they grow, and when they are full at that pace."""

from __future__ import annotations

from typing import NamedTuple

from dashboard.models import Filesystem
from dashboard.queries import filesystems, growth_in_words
from dashboard.queries.growth import Pace


class FilesystemRow(NamedTuple):
    """One filesystem with its pace. Words are made where they are shown: of thousands that are sorted, a page shows few."""

    of: Filesystem
    pace: Pace

    @property
    def host(self) -> str:
        return self.of.machine.host

    @property
    def used_ratio(self) -> float | None:
        return filesystems.used_ratio(self.of)

    @property
    def inodes_ratio(self) -> float | None:
        return filesystems.inodes_ratio(self.of)

    @property
    def per_day(self) -> str:
        return growth_in_words.per_day(self.pace)

    @property
    def full_in(self) -> str:
        return growth_in_words.full_in(self.pace)

    @property
    def full(self) -> bool:
        """Whether it has reached the line that is drawn: 90 % of what its users may have, or of its inodes."""
        return max(self.used_ratio or 0.0, self.inodes_ratio or 0.0) >= filesystems.FULL_RATIO
