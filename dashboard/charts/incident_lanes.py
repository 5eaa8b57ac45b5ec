"""The lanes of Failures, and those of one incident: which thing failed when, and what stood beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dashboard import figures
from dashboard.charts.failure_lanes import Lanes, Moment, Row, Stretch, drawn
from dashboard.models import Incident
from dashboard.queries.failures_beside import Beside, What
from dashboard.queries.failures_earlier import AWAITED
from dashboard.queries.failures_present import Present
from dashboard.queries.incident_rows import Row as IncidentRow
from dashboard.queries.incident_tree import Branch
from dashboard.queries.incidents import Detail
from dashboard.queries.masters import Leadership
from dashboard.queries.window import Window

About, Kind, State = Incident.About, Incident.Kind, Incident.State
AGENT_KINDS = (Kind.AGENT_PROCESS, Kind.AGENT_OR_HOST)
MOST_BRANCHES = 6
"""Of one incident's causes and effects so many have a lane of their own."""
LONGEST_NAME = 40
AROUND = 0.12
"""Share of an incident's time that is shown before and after it."""
BEFORE = timedelta(minutes=15)
"""What stood beside it is shown from its own beginning where that is no longer before the incident than this."""
LEAST_AROUND = timedelta(minutes=1)


def timeline(
    rows: Sequence[IncidentRow],
    spans: Sequence[Leadership],
    beside: Sequence[Beside],
    present: Present,
    window: Window,
    now: datetime,
) -> Lanes:
    """Masters, agents, hosts, schedulers, components, tasks, alerts and notes, over the window up to now."""

    def of(*kinds: Incident.Kind) -> list[Stretch]:
        return [_stretch(row, now) for row in rows if row.kind in kinds]

    tasks = [row for row in rows if row.kind == Kind.TASK]
    failed = sum(row.tasks_failed or row.failures for row in tasks if not row.planned)
    marks = [Moment(look=look(row), at=row.began_at, says=_says(row, now)) for row in rows if row.kind == Kind.MASTER]
    lanes = [
        Row(name="Masters", sub="who leads", stretches=[*_led(spans, window, now)], moments=marks, quiet="not known"),
        Row(name="Agents", sub=present.agents, stretches=of(*AGENT_KINDS)),
        Row(name="Hosts", sub="with all that runs there", stretches=of(Kind.HOST)),
        Row(name="Schedulers", sub=present.schedulers, stretches=of(Kind.SCHEDULER)),
        Row(name="Components", sub=present.components, stretches=_beside(beside, What.COMPONENT, now)),
        Row(name="Tasks", sub=f"{figures.count(failed)} failed", stretches=of(Kind.TASK)),
        Row(
            name="Alerts, notes",
            sub=present.alerts,
            stretches=_beside(beside, What.ALERT, now),
            moments=[_note(one) for one in beside if one.what is What.NOTE],
        ),
    ]
    return drawn(lanes, window.starts_at, window.ends_at, now)


def look(row: IncidentRow) -> str:
    """mute: planned. warn: it came back before Mesos gave it up. bad: everything else that failed."""
    if row.planned:
        return "mute"
    came_back = row.state is State.RECOVERED and row.declared_at is None and row.about in AWAITED
    return "warn" if came_back else "bad"


def _stretch(row: IncidentRow, now: datetime) -> Stretch:
    return Stretch(
        look=look(row),
        begins_at=row.began_at,
        ends_at=row.ended_at or now,
        says=_says(row, now),
        label=row.name,
    )


def _says(row: IncidentRow, now: datetime) -> str:
    lasted = "and goes on" if row.ended_at is None else f"for {figures.duration(row.lasted)}"
    planned = ", planned" if row.planned else ""
    return f"{row.kind_word} {row.name} failed{planned} at {figures.instant(row.began_at, now)} {lasted}"


def _led(spans: Sequence[Leadership], window: Window, now: datetime) -> Iterator[Stretch]:
    """Who led, those who led before lighter; a time of which nothing is known is hatched."""
    reached = window.starts_at
    for span in spans:
        if span.starts_at > reached:
            yield Stretch(look="unk", begins_at=reached, ends_at=span.starts_at, says="who led is not known")
        reached = span.ends_at
        if not span.host:
            says = f"no leader for {figures.duration(span.ends_at - span.starts_at)}"
            yield Stretch(look="bad", begins_at=span.starts_at, ends_at=span.ends_at, says=says, label="no leader")
            continue
        leads = span is spans[-1] and span.ends_at >= now
        word = f"{span.host} {'leads' if leads else 'led'}"
        yield Stretch(
            look="lead2" if leads else "lead",
            begins_at=span.starts_at,
            ends_at=span.ends_at,
            says=f"{word} from {figures.instant(span.starts_at, now)}",
            label=word,
            inside=True,
        )
    if reached < now:
        yield Stretch(look="unk", begins_at=reached, ends_at=now, says="who leads is not known")


def _beside(beside: Iterable[Beside], what: What, now: datetime) -> list[Stretch]:
    return [
        Stretch(
            look=one.mark.mark,
            begins_at=one.begins_at,
            ends_at=one.ends_at or now,
            says=f"{one.name}, {one.mark.word.lower()}",
            label=one.short,
        )
        for one in beside
        if one.what is what
    ]


def _note(one: Beside) -> Moment:
    return Moment(look="note", at=one.begins_at, says=one.name, label=one.short)


def order(detail: Detail, beside: Sequence[Beside], expected_at: datetime | None, now: datetime) -> Lanes:
    """One incident from what came before it to what is expected: a lane for each cause and effect, then what stood beside."""
    branches = list(_flat(detail.tree))
    moments = [branch.row.began_at for branch in branches] + [one.happening.taken_at for one in detail.links]
    moments += [one.begins_at for one in beside if one.begins_at >= detail.row.began_at - BEFORE]
    begins_at, ends_at = _around(detail, branches, moments, expected_at, now)
    lanes = [_branch(branch, expected_at, ends_at, now) for branch in branches[:MOST_BRANCHES]]
    rest = [_stretch(branch.row, now) for branch in branches[MOST_BRANCHES:]]
    if rest:
        lanes.append(Row(name="More effects", sub=figures.count(len(rest)), stretches=rest))
    marks = [
        Moment(look=_mark(one.happening.mark), at=one.happening.taken_at, says=one.happening.text, label="")
        for one in detail.links
    ]
    if marks:
        lanes.append(Row(name="Events", sub="all are listed below", moments=marks))
    for what, name in ((What.COMPONENT, "Components"), (What.ALERT, "Alerts")):
        stretches = _beside(beside, what, now)
        if stretches:
            lanes.append(Row(name=name, sub="on the same node", stretches=stretches))
    return drawn(lanes, begins_at, ends_at, now)


def _flat(branch: Branch) -> Iterator[Branch]:
    yield branch
    for effect in branch.effects:
        yield from _flat(effect)


def _branch(branch: Branch, expected_at: datetime | None, ends_at: datetime, now: datetime) -> Row:
    row = branch.row
    stretches = [replace(_stretch(row, now), label="")]
    if branch.own and expected_at is not None and now < expected_at:
        waits = f"expected: silent until Mesos gives it up at {figures.instant(expected_at, now)}"
        stretches.append(Stretch(look="unk", begins_at=now, ends_at=expected_at, says=waits))
        stretches.append(
            Stretch(look="plan", begins_at=expected_at, ends_at=ends_at, says="expected: its tasks restart elsewhere")
        )
    name = row.name if len(row.name) <= LONGEST_NAME else f"{row.name[: LONGEST_NAME - 1]}…"
    return Row(name=name or row.kind_word, sub=row.kind_word, stretches=stretches)


def _around(
    detail: Detail,
    branches: Sequence[Branch],
    moments: Sequence[datetime],
    expected_at: datetime | None,
    now: datetime,
) -> tuple[datetime, datetime]:
    first = min(moments)
    last = max([*moments, *((branch.row.ended_at or now) for branch in branches), expected_at or first])
    around = max(LEAST_AROUND, (last - first) * AROUND)
    goes_on = detail.row.ended_at is None and (expected_at is None or expected_at <= now)
    return first - around, now if goes_on and last == now else last + around


def _mark(mark: str) -> str:
    return mark if mark in {"bad", "warn", "good", "mute"} else "note"
