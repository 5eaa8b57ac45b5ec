"""What there is room for, in sentences: how many more fit, and which loss the others could take over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard import figures
from dashboard.queries.fit import Fit, Place
from dashboard.queries.loss import Loss, Losses
from dashboard.queries.room import Amount

AGENTS_SHOWN = 10


@dataclass(frozen=True)
class FitWords:
    """The answer of the form. `strong` begins it; `notes` are what limits it."""

    strong: str
    rest: str
    asked: str
    enough: bool
    notes: list[str]
    places: Sequence[Place]
    more: int
    """Agents with room that are not among the places shown."""


@dataclass(frozen=True)
class LossWords:
    """One loss: what, and whether the others could take over, as a mark and in words."""

    what: str
    mark: str
    words: str


def fit(answer: Fit) -> FitWords:
    one = _needs(answer.need)
    if not answer.fits:
        strong, rest = "None fits", f": no active agent has {one} free and unreserved."
    else:
        strong = f"{figures.count(answer.fits)} more"
        noun = "instance" if answer.fits == 1 else "instances"
        verb = "fits" if answer.fits == 1 else "fit"
        rest = f" {noun} of {one} {verb} at most, on {figures.counted(answer.agents, 'agent')}. "
        rest += f"On most agents {answer.stopped_by} {'stop' if ' and ' in answer.stopped_by else 'stops'} the next."
    return FitWords(
        strong=strong,
        rest=rest,
        asked=_wanted(answer) if answer.wanted > 1 else "",
        enough=answer.enough,
        notes=_notes(answer),
        places=[place for place in answer.places[:AGENTS_SHOWN] if place.fits],
        more=max(0, answer.agents - AGENTS_SHOWN),
    )


def _wanted(answer: Fit) -> str:
    if answer.enough:
        return f"All {figures.count(answer.wanted)} that were asked for fit."
    return f"{figures.count(answer.wanted - answer.fits)} of the {figures.count(answer.wanted)} that were asked for do not."


def _notes(answer: Fit) -> list[str]:
    notes = []
    if answer.fits and (answer.stranded.cpus > 0 or answer.stranded.mem_bytes > 0):
        notes.append(f"{_amounts(answer.stranded)} are free on agents without room for one.")
    if not answer.reservations_known:
        notes.append("This Mesos does not tell reserved resources apart: fewer fit where roles have reserved some.")
    return notes


def losses(answer: Losses) -> list[LossWords]:
    """The largest agents first, then the zones."""
    several = len(answer.agents) > 1
    agents = [
        _loss(f"Largest {f'{pool} ' if several else ''}agent, {loss.name}, lost", loss, several=several)
        for pool, loss in answer.agents.items()
    ]
    return [
        *agents,
        *(
            _loss(f"Zone {one.name} lost, {figures.counted(one.agents, 'agent')}", one, several=several)
            for one in answer.zones
        ),
    ]


def without_zones(answer: Losses) -> str:
    """Why the loss of a zone is not answered, or not wholly."""
    if not answer.agents:
        return ""
    if answer.zones_known == 0:
        return "No agent says its zone, so the loss of one cannot be told."
    if answer.zones_known == 1:
        return "All agents that say their zone are in the same one: its loss is the loss of all of them."
    if answer.without_zone:
        return f"{figures.counted(answer.without_zone, 'agent')} in no zone: they are counted as staying."
    return ""


def _loss(what: str, loss: Loss, *, several: bool) -> LossWords:
    """Of which kind of agents it is, where the cluster has both."""

    def of(pool: str, amount: Amount) -> str:
        return f"{_amounts(amount)} on {pool} agents" if several else _amounts(amount)

    if short := loss.short:
        return LossWords(what, "bad", f"No: short by {', '.join(of(pool, amount) for pool, amount in short.items())}")
    return LossWords(what, "good", f"Fits: {', '.join(of(pool, amount) for pool, amount in loss.left.items())} left")


def _needs(need: Amount) -> str:
    parts = [_cores(need.cpus)] if need.cpus else []
    return " and ".join([*parts, *([figures.byte_size(need.mem_bytes)] if need.mem_bytes else [])])


def _amounts(amount: Amount) -> str:
    """12 cores and 40 GiB; what is 0 is left out unless both are."""
    return _needs(amount) or _cores(0.0)


def _cores(cpus: float) -> str:
    return f"{figures.cores(cpus)}{figures.NO_BREAK}{'core' if cpus == 1 else 'cores'}"
