"""Which failure may have caused another: by order and place, never proof. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from dashboard import figures
from dashboard.models import Incident

About, Kind = Incident.About, Incident.Kind

BEFORE, AFTER = timedelta(seconds=30), timedelta(seconds=90)
"""An effect may be seen so long before its cause is, for each source has its own clock, and so long after its end."""
AT_ONCE = timedelta(seconds=60)
"""Agents of one zone that fall silent within so long of one another fell silent together."""


class Causes:
    """The failures of a cluster that are open or ended a short while ago; `zones` are those of agents' hosts."""

    def __init__(self, incidents: Iterable[Incident], zones: Mapping[str, str]) -> None:
        self._zones = zones
        self._masters: list[Incident] = []
        self._hosts: list[Incident] = []
        self._by_zone: dict[str, list[Incident]] = defaultdict(list)
        for one in sorted(incidents, key=lambda one: (one.began_at, one.subject)):
            if one.about == About.MASTER:
                self._masters.append(one)
            elif one.about == About.AGENT:
                self._by_zone[zones.get(one.subject, "")].append(one)
                if one.kind == Kind.HOST:
                    self._hosts.append(one)

    def of(self, incident: Incident) -> tuple[Incident, str] | None:
        """The cause of one of them, and why it is held for that."""
        return next((found for found in self._candidates(incident) if not _hangs_below(found[0], incident)), None)

    def _candidates(self, incident: Incident) -> Iterator[tuple[Incident, str]]:
        if incident.about in (About.AGENT, About.SCHEDULER):
            yield from self._of_masters(incident)
        if incident.about == About.MASTER:
            yield from self._of_host(incident)
        if incident.about == About.AGENT and (zone := self._zones.get(incident.subject)):
            yield from self._of_zone(incident, zone)

    def _of_masters(self, incident: Incident) -> Iterator[tuple[Incident, str]]:
        for one in self._masters:
            if _covers(one, incident.began_at) and not _is_on(one, incident.subject):
                yield one, _in_words(f"the masters were failing over ({one.name})", one, incident)

    def _of_host(self, incident: Incident) -> Iterator[tuple[Incident, str]]:
        for one in self._hosts:
            if _covers(one, incident.began_at) and _is_on(incident, one.subject):
                yield one, _in_words("on the same host", one, incident)

    def _of_zone(self, incident: Incident, zone: str) -> Iterator[tuple[Incident, str]]:
        """The first of the agents in its zone that fell silent with it."""
        for one in self._by_zone[zone]:
            if one is incident:
                return
            if incident.began_at - one.began_at <= AT_ONCE:
                yield one, _in_words(f"in the same zone {zone}", one, incident)


def _is_on(incident: Incident, host: str) -> bool:
    """A master's place is its host, with its port where that is unusual."""
    return incident.about == About.MASTER and incident.subject in (
        host,
        f"{host}:{incident.subject.rpartition(':')[2]}",
    )


def _covers(cause: Incident, at: datetime) -> bool:
    return cause.began_at - BEFORE <= at <= (cause.ended_at or at) + AFTER


def _in_words(why: str, cause: Incident, effect: Incident) -> str:
    gap = effect.began_at - cause.began_at
    if abs(gap) < timedelta(seconds=1):
        return f"{why}, at the same moment"
    return f"{why}, {figures.duration(abs(gap))} {'later' if gap > timedelta() else 'earlier'}"


def _hangs_below(one: Incident, incident: Incident) -> bool:
    """Whether it is an effect of the incident already: nothing is the cause of its own cause."""
    seen: list[Incident] = []
    cause = one.cause
    while cause is not None and cause not in seen:
        if cause == incident:
            return True
        seen.append(cause)
        cause = cause.cause
    return False
