"""The demo's past day, moment by moment, watched as Day Two would have watched it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from collectors.simulator import Past, World, health_at
from collectors.simulator.records import container_records, machine_records
from dashboard.demo import app_metrics, apps_past, machines_past, quarter
from dashboard.demo.applications import Applications
from dashboard.demo.containers import Containers
from dashboard.demo.day import Day, harvests
from dashboard.demo.machines import Machines
from dashboard.demo.moments import moments
from dashboard.demo.processes import Processes
from dashboard.demo.roles import Roles
from dashboard.demo.settling import settle
from dashboard.models import Cluster, Incident
from dashboard.store import app_p95

HISTORY = timedelta(hours=24)
STEP_SECONDS = 120
MEASURED_STEP_SECONDS = 600
"""Health, machines and containers are many figures: theirs are as far apart as a line may be drawn across."""
LAST_STEPS = 3
"""So many last steps are written as polls are, all of them: rates lie between answers, and rules are judged by what is
current. What breaks a limit for three minutes has then been seen to."""

Look = Callable[[int, datetime], object]
"""Looks at a cluster, by its id, as it was at a moment."""


@dataclass(frozen=True, kw_only=True)
class Watching:
    """What Day Two would have done meanwhile. It stands beside the demo, not below it: whoever starts the demo brings it."""

    follow: Look
    """Make incidents of what changed."""
    judge: Look
    """Judge the rules."""


def write_history(cluster: Cluster, world: World, now: datetime, watching: Watching) -> None:
    """Write the world's past day into the store, up to `now`."""
    end = int(now.timestamp()) // STEP_SECONDS * STEP_SECONDS
    begin = end - int(HISTORY.total_seconds())
    past_day = _PastDay(cluster, world, watching, begin, end)
    for past, is_between in moments(world, begin, end, step_seconds=STEP_SECONDS):
        if is_between:
            past_day.glance(past)
        else:
            past_day.step(past)
    past_day.write_readings()
    totals = quarter.figures(cluster, world, begin, past_day.machines.use[0][1])
    of_apps = apps_past.figures(cluster, world, begin, past_day.containers.totals[0][1])
    told = app_metrics.figures(cluster, world, past_day.measured, past_day.last)
    settle(cluster, [*totals, *machines_past.figures(cluster, world, begin), *of_apps, *told], now)
    app_p95.work_out(cluster.pk, now)


class _PastDay:
    def __init__(self, cluster: Cluster, world: World, watching: Watching, begin: int, end: int) -> None:
        self.cluster, self.world, self.watching, self.begin, self.end = cluster, world, watching, begin, end
        self.day, self.machines, self.containers = Day(cluster), Machines(cluster), Containers(cluster)
        self.roles, self.processes, self.apps = Roles(cluster), Processes(cluster), Applications(cluster, world)
        self.waits = False
        self.last, self.measured = end - STEP_SECONDS, np.arange(begin, end - STEP_SECONDS, STEP_SECONDS)
        self.measured = self.measured[self.measured % MEASURED_STEP_SECONDS == 0]

    def glance(self, past: Past) -> None:
        """Between two steps: only what changed is written, and no figure is kept."""
        at = datetime.fromtimestamp(past.at, UTC)
        said = harvests(self.world, past, at)
        changed = [self.day.look(source, harvest, at, always=False) for source, harvest in said]
        changed.append(self.day.look_at_health(health_at(self.world, past.at), at))
        self._follow(any(changed), at)

    def step(self, past: Past) -> None:
        at, left = datetime.fromtimestamp(past.at, UTC), (self.end - past.at) // STEP_SECONDS
        is_measured, is_last = past.at % MEASURED_STEP_SECONDS == 0, left <= LAST_STEPS
        said = harvests(self.world, past, at)
        changed = [self.day.add(source, harvest, at, always=is_last) for source, harvest in said]
        if is_measured or is_last or self.waits:
            changed.append(self._hosts(past.at, at, always=is_last or self.waits))
        self.apps.add(at, is_measured=is_measured, always=is_last)
        if is_measured or is_last:
            self.containers.add(tuple(container_records(self.world, past.at)), at, self.day.agents, always=is_last)
            self.roles.add(self.world, at, always=is_last)
        if past.at == self.last:
            app_metrics.write(self.cluster, self.world, at)
        if past.at == self.begin or left == LAST_STEPS:
            self.processes.add_flags(self.world, at, past.metrics)
        self._follow(is_last or any(changed), at)
        if is_last:
            self.processes.add_agents(self.world, at)
            self.watching.judge(self.cluster.pk, at)

    def _hosts(self, seconds: float, at: datetime, *, always: bool) -> bool:
        """Whose failure it is that waits, the agent's or its host's, is told by what else answers on the host."""
        changed = self.day.add_health(health_at(self.world, seconds), at, always=always)
        self.machines.add(tuple(machine_records(self.world, seconds)), at, self.day.agents, always=always)
        return changed

    def _follow(self, changed: bool, at: datetime) -> None:
        """Failures that go on are looked at again by what answers meanwhile; tasks that fail tell of themselves."""
        if changed or self.waits:
            self.apps.name_failures(at)
            self.watching.follow(self.cluster.pk, at)
            going_on = Incident.objects.filter(cluster=self.cluster, ended_at=None)
            self.waits = going_on.exclude(about=Incident.About.TASKS).exists()

    def write_readings(self) -> None:
        for kept in (self.day, self.machines, self.containers, self.roles, self.apps):
            kept.write_readings()
