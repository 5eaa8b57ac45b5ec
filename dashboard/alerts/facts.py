"""What the rules of one cluster are judged by, each part asked for once, and only if a rule needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from dashboard.models import Cluster
from dashboard.queries.freshness import SourceAge

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The present of a cluster at `now`, as far as it is stored."""

    cluster: Cluster
    now: datetime
    sources: Mapping[str, SourceAge]
    judged_since: datetime | None = None
    """Since when it is judged without a longer interruption; None: since it is known."""
    open: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Key of a rule → subjects of its alerts that have not ended."""
    _loaded: dict[Callable[[Facts], Any], Any] = field(default_factory=dict, repr=False)

    def of(self, load: Callable[[Facts], T]) -> T:
        """What this loader finds, loaded once for all rules of an evaluation."""
        if load not in self._loaded:
            self._loaded[load] = load(self)
        found: T = self._loaded[load]
        return found

    def current(self, source: str) -> bool:
        """Whether what this source brought may be called the present; a source the cluster does not have is not."""
        age = self.sources.get(source)
        return age is not None and age.freshness.current
