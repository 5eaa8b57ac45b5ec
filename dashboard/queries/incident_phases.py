"""How long each part of a failure took: silent, declared, rescheduled, recovered; and what is still to come. Pure.

All spans begin with the first sample without it (`began_at`): the last good one is up to a period older, so a span is never
longer than what was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard import figures
from dashboard.models import Incident

About, State = Incident.About, Incident.State


class Step(StrEnum):
    """The parts of a failure."""

    SILENT = "silent"
    DECLARED = "declared"
    RESCHEDULED = "rescheduled"
    ENDED = "ended"


BEGINNINGS = {
    About.AGENT: "Silent",
    About.MASTER: "Trouble begins",
    About.SCHEDULER: "Disconnected",
    About.TASKS: "First failure",
}
DECLARATIONS = {
    About.AGENT: "Declared lost",
    About.MASTER: "A new leader is elected",
    About.SCHEDULER: "Completed by its fail-over timeout",
    About.TASKS: "Declared",
}
ENDS = {
    State.OPEN: "Recovered",
    State.RECOVERED: "Recovered",
    State.ENDED: "Ended, it will not come back",
    State.CLOSED: "Closed by an operator",
}
WILL = {
    About.AGENT: "Mesos declares it lost",
    About.MASTER: "A new leader can be elected",
    About.SCHEDULER: "Mesos ends it and kills its tasks",
    About.TASKS: "",
}
DID = {
    About.AGENT: "Mesos should have declared it lost",
    About.MASTER: "A new leader could have been elected",
    About.SCHEDULER: "Mesos should have ended it",
    About.TASKS: "",
}


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A moment of a failure: when it was, or by when it is expected; neither where nothing is known of it."""

    step: Step
    word: str
    at: datetime | None
    expected_at: datetime | None = None
    """Only where it has not happened and the cluster's flags say when it will."""
    after: timedelta | None = None
    """From the beginning to `at`."""
    configured: timedelta | None = None
    """How long it takes by the cluster's flags."""
    reason: str = ""
    """Which flags, with their values."""


@dataclass(frozen=True, kw_only=True)
class Countdown:
    """What Mesos will do, and when."""

    at: datetime
    left: timedelta
    """Below 0 where it is overdue."""
    text: str
    """Mesos declares it lost in 2 min 50 s."""


def phases(incident: Incident) -> tuple[Phase, ...]:
    """Those that happened, in their order, then those that may still come."""
    about = About(incident.about)
    found = [_phase(incident, Step.SILENT, BEGINNINGS[about], incident.began_at)]
    if incident.declared_at is not None or expected_at(incident) is not None:
        found.append(_declaration(incident, about))
    if incident.rescheduled_at is not None:
        found.append(_phase(incident, Step.RESCHEDULED, "As many tasks run as before", incident.rescheduled_at))
    found.append(_phase(incident, Step.ENDED, ENDS[State(incident.state)], incident.ended_at))
    happened = [phase for phase in found if phase.at is not None]
    return (
        *sorted(happened, key=lambda phase: phase.at or incident.began_at),
        *(phase for phase in found if phase.at is None),
    )


def expected_at(incident: Incident) -> datetime | None:
    """When the cluster declares the loss by its own flags; None where it did, where it is over, or no flag is known."""
    if incident.declared_at is not None or incident.ended_at is not None or incident.timeout_seconds is None:
        return None
    return silent_since(incident) + timedelta(seconds=incident.timeout_seconds)


def silent_since(incident: Incident) -> datetime:
    """The first sample without it; of one that recovered and failed again, the last good one, which is later."""
    return max(incident.began_at, incident.last_good_at or incident.began_at)


def countdown(incident: Incident, now: datetime) -> Countdown | None:
    """Only while it is open and not declared. Counted from the first sample without it: the cluster's own clock may have
    begun up to one poll earlier."""
    at, about = expected_at(incident), About(incident.about)
    if at is None or not WILL[about]:
        return None
    left = at - now
    if left > timedelta():
        return Countdown(at=at, left=left, text=f"{WILL[about]} in {figures.duration(left)}")
    return Countdown(at=at, left=left, text=f"{DID[about]} {figures.ago(-left)}")


def detected_in(incident: Incident) -> timedelta | None:
    """From the beginning to Mesos' own declaration, where it made one; of failures that it declares at once, to ours.

    None for tasks: a count tells that they failed, not when.
    """
    if incident.about == About.TASKS:
        return None
    if incident.declared_at is not None:
        return max(timedelta(), incident.declared_at - silent_since(incident))
    if incident.about in (About.AGENT, About.MASTER) and incident.timeout_seconds is not None:
        return None
    return max(timedelta(), incident.detected_at - incident.began_at)


def recovered_in(incident: Incident) -> timedelta | None:
    """From the beginning to the recovery; None where it has not recovered. Of tasks, from the first failure to the last: None
    where there was but one."""
    if incident.state != State.RECOVERED or incident.ended_at is None:
        return None
    if incident.about == About.TASKS and incident.ended_at <= incident.began_at:
        return None
    return max(timedelta(), incident.ended_at - incident.began_at)


def _declaration(incident: Incident, about: Incident.About) -> Phase:
    seconds = incident.timeout_seconds
    return Phase(
        step=Step.DECLARED,
        word=DECLARATIONS[about],
        at=incident.declared_at,
        expected_at=expected_at(incident),
        after=incident.declared_at - incident.began_at if incident.declared_at else None,
        configured=None if seconds is None else timedelta(seconds=seconds),
        reason=incident.timeout_reason,
    )


def _phase(incident: Incident, step: Step, word: str, at: datetime | None) -> Phase:
    return Phase(step=step, word=word, at=at, after=at - incident.began_at if at else None)
