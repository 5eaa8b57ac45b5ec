"""How many tasks of a framework failed, as an event of that kind writes it down."""

from __future__ import annotations

import re
from dataclasses import dataclass

PART = re.compile(r"\b(failed|error) (\d{1,18})\b")


@dataclass(frozen=True)
class TaskFailures:
    """Counts under one leader. A task that was lost is none of them: it ended with its agent, or never began."""

    failed: int = 0
    error: int = 0
    """Refused by Mesos as invalid."""

    def __str__(self) -> str:
        """As it stands in `before` and `after` of an event: `failed 3`, or `failed 3, error 1`."""
        return f"failed {self.failed}, error {self.error}" if self.error else f"failed {self.failed}"

    @property
    def total(self) -> int:
        return self.failed + self.error

    @classmethod
    def read(cls, text: str) -> TaskFailures:
        """Back from an event; what is not said is 0."""
        return cls(**{state: int(count) for state, count in PART.findall(text)})

    @classmethod
    def between(cls, before: str, after: str) -> int:
        """How many tasks failed between the two sides of one event."""
        return max(0, cls.read(after).total - cls.read(before).total)
