"""What a source is: one family of answers of a cluster, polled on a period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from collectors.records import Harvest, Turn
from collectors.target import Kind, Target

POLL_DEADLINE_SECONDS = 25.0
"""A whole poll of any source, whatever the cluster does."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One line of the catalogue. `poll` opens and closes its own connections; it raises PollError and nothing else."""

    name: str
    title: str
    endpoint: str
    document: str
    records: str
    """The records it yields, by name."""
    period_seconds: int
    lag_seconds: int
    """How old the cluster's own answer may be although all is well."""
    kinds: frozenset[Kind]
    asks_marathon: bool = False
    """Whether it asks Marathons: then a cluster without any has no such source."""
    agents_per_shard: int = 0
    """How many agents one poll asks, where each agent is asked; 0 where one answer tells of all."""
    poll: Callable[[Target, Turn], Harvest]
