"""What parts of a cluster use now: zones and pools by their machines, frameworks by their containers, each with its coverage.

One that has no total of the present is in no answer: nobody measured it, or too long ago.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster, Subject
from dashboard.queries import container_use, use
from dashboard.queries.readings import loaded
from dashboard.queries.stored import Rows
from dashboard.queries.use import SOURCE, USED, Sources, Used
from dashboard.queries.window import Window

AGE = "sample.age_seconds"


@dataclass(frozen=True, kw_only=True)
class PartUse:
    """The use of one part, as of `taken_at`. Of containers an amount is measured of nothing: a limit is no size."""

    taken_at: datetime
    amounts: Mapping[str, Used]
    agents_measured: int
    agents_expected: int
    containers: int | None = None
    """Root containers in it; None where machines were measured."""
    containers_measured: int | None = None
    """How many of them told every amount."""

    def used(self, resource: str) -> Used:
        return self.amounts.get(resource, Used(None, None))


def of_machines(cluster: Cluster, keys: Iterable[str], now: datetime, sources: Sources) -> dict[str, PartUse]:
    """Zones and pools by the keys of their totals, zone:eu-a and pool:public, that are measured now. Three queries."""
    oldest = timedelta(seconds=3 * use.period_seconds(sources) + SOURCES_BY_NAME[SOURCE].lag_seconds)
    subjects = Subject.objects.filter(cluster=cluster, kind=Subject.Kind.USE, key__in=list(keys))
    by_subject = dict(subjects.values_list("pk", "key"))
    found = loaded(list(by_subject), Window("latest", now - oldest, now, use.period_seconds(sources)))
    parts = {key: _latest(found.rows(subject)) for subject, key in by_subject.items()}
    return {
        key: part for key, part in parts.items() if part is not None and use.judge(part.taken_at, now, sources).current
    }


def of_frameworks(cluster: Cluster, now: datetime, sources: Sources) -> dict[str, PartUse]:
    """Frameworks by their id, that are measured now. Three queries."""
    return {
        framework: PartUse(
            taken_at=told.taken_at,
            amounts={resource: Used(getattr(told, used), None) for resource, (used, _) in USED.items()},
            agents_measured=told.agents_measured,
            agents_expected=told.agents_expected,
            containers=told.containers,
            containers_measured=min(told.measured.values()),
        )
        for framework, told in container_use.of_frameworks(cluster, now, sources).items()
        if told.current
    }


def together(parts: Iterable[PartUse]) -> PartUse:
    """Several parts as one, as old as the oldest of them; an amount that one of them does not tell is not known."""
    every = list(parts)
    containers = [part.containers for part in every if part.containers is not None]
    measured = [part.containers_measured for part in every if part.containers_measured is not None]
    # Frameworks run on the same agents, zones have each their own.
    count: Callable[[list[int]], int] = max if containers else sum
    return PartUse(
        taken_at=min(part.taken_at for part in every),
        amounts={resource: _sum([part.used(resource) for part in every]) for resource in USED},
        agents_measured=count([part.agents_measured for part in every]),
        agents_expected=count([part.agents_expected for part in every]),
        containers=sum(containers) if containers else None,
        containers_measured=sum(measured) if measured else None,
    )


def _sum(amounts: list[Used]) -> Used:
    return Used(_all([one.used for one in amounts]), _all([one.measured for one in amounts]))


def _all(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def _latest(groups: Iterable[Rows]) -> PartUse | None:
    newest: tuple[int, dict[str, float]] | None = None
    for rows in groups:
        ticks, matrix = rows.ticks_and_matrix()
        if not len(ticks):
            continue
        place = int(ticks.argmax())
        if newest is None or ticks[place] > newest[0]:
            newest = int(ticks[place]), dict(zip(rows.layout, matrix[place].tolist(), strict=True))
    return None if newest is None else _part(*newest)


def _part(tick: int, values: Mapping[str, float]) -> PartUse:
    def known(name: str) -> float | None:
        value = values.get(name, np.nan)
        return None if np.isnan(value) else value

    return PartUse(
        taken_at=datetime.fromtimestamp(tick - (known(AGE) or 0.0), UTC),
        amounts={resource: Used(known(used), known(measured)) for resource, (used, measured) in USED.items()},
        agents_measured=int(known("agents_measured") or 0),
        agents_expected=int(known("agents_expected") or 0),
    )
