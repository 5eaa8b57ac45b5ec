"""Detection and recovery of one incident as a phase bar: measured against what the cluster's flags let expect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from dashboard.charts.phases import Phases, Step, drawn
from dashboard.models import Incident
from dashboard.queries.failures_earlier import Past
from dashboard.queries.incident_phases import Phase
from dashboard.queries.incident_phases import Step as Part
from dashboard.queries.incidents import Detail

About, State = Incident.About, Incident.State
WORDS: dict[tuple[Incident.About, Part], str] = {
    (About.AGENT, Part.SILENT): "silent",
    (About.AGENT, Part.DECLARED): "declared lost",
    (About.MASTER, Part.SILENT): "trouble",
    (About.MASTER, Part.DECLARED): "new leader",
    (About.SCHEDULER, Part.SILENT): "disconnected",
    (About.SCHEDULER, Part.DECLARED): "given up",
    (About.TASKS, Part.SILENT): "first failure",
}
ANY = {Part.DECLARED: "declared", Part.RESCHEDULED: "rescheduled"}
ENDS = {State.RECOVERED: "recovered", State.ENDED: "ended", State.CLOSED: "closed", State.OPEN: "recovered"}
LOOKS = {Part.SILENT: "past", Part.DECLARED: "moved", Part.RESCHEDULED: "back", Part.ENDED: "back"}


def bar(detail: Detail, past: Past, now: datetime) -> Phases | None:
    """None where it took no time at all."""
    lasts = detail.row.ended_at is None
    known = [_step(detail, phase, phase.at) for phase in detail.phases if phase.at is not None]
    return drawn([*known, *expected(detail, past)], now, lasts=lasts)


def _step(detail: Detail, phase: Phase, at: datetime) -> Step:
    calm = phase.step is Part.SILENT and detail.row.planned
    return Step(word=_word(detail, phase.step), at=at, look="calm" if calm else LOOKS[phase.step])


def _word(detail: Detail, part: Part) -> str:
    if part is Part.ENDED:
        return ENDS[detail.row.state]
    return WORDS.get((detail.row.about, part)) or ANY[part]


def expected(detail: Detail, past: Past) -> Iterator[Step]:
    """What is to come by the cluster's flags, and after it by the medians of earlier ones."""
    at = next((phase.expected_at for phase in detail.phases if phase.expected_at is not None), None)
    if at is None:
        return
    yield Step(word=_word(detail, Part.DECLARED), at=at, expected=True)
    if detail.row.about is not About.AGENT or past.to_rescheduled is None:
        return
    at += past.to_rescheduled
    yield Step(word=_word(detail, Part.RESCHEDULED), at=at, expected=True)
    if past.to_recovered is not None:
        yield Step(word=_word(detail, Part.ENDED), at=at + past.to_recovered, expected=True)
