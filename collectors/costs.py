"""What asking one node costs: how many questions, how much came back, how long it took."""

from __future__ import annotations

from dataclasses import dataclass, replace

from collectors.client import Answer
from collectors.crowd import TOO_LATE, TOO_LATE_TO_READ
from collectors.errors import PollError
from collectors.records import NodeOutcome


@dataclass(frozen=True)
class Cost:
    """Of no question unless told otherwise. A connection that was refused and tried again counts as one question."""

    requests: int = 0
    bytes_read: int = 0
    """Of the answers' bodies, unpacked; what came of an answer that failed is not counted."""
    seconds: float | None = None
    """Until the answer was complete, of several the longest; None where there is none."""

    def __add__(self, other: Cost) -> Cost:
        seconds = [each for each in (self.seconds, other.seconds) if each is not None]
        return Cost(self.requests + other.requests, self.bytes_read + other.bytes_read, max(seconds, default=None))

    def of(self, outcome: NodeOutcome) -> NodeOutcome:
        """The node's outcome with this as its price."""
        return replace(outcome, requests=self.requests, bytes_read=self.bytes_read, seconds=self.seconds)


NOTHING = Cost()


def cost_of(end: Answer | PollError) -> Cost:
    """What one question cost that ended so; nothing where it was we who had no time left to ask it or to read the answer."""
    if isinstance(end, Answer):
        return Cost(1, len(end.body), end.seconds)
    return NOTHING if end.detail in (TOO_LATE, TOO_LATE_TO_READ) else Cost(1)
