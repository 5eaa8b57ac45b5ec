"""What the pages of failures say before they show: how many are how, how fast they were found, and one in a sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard import figures
from dashboard.models import Incident
from dashboard.queries.failures_earlier import Configured, Past
from dashboard.queries.incident_means import Means
from dashboard.queries.incident_phases import Phase
from dashboard.queries.incident_rows import Row
from dashboard.queries.incidents import Detail, Listing
from dashboard.queries.marks import Mark

About, Kind, State = Incident.About, Incident.Kind, Incident.State

NOT_YET = "not yet"
PLANNED = "Planned"
REPEATING = Mark("warn", "Repeating")
THINGS = {
    Kind.TASK: "a task",
    Kind.AGENT_OR_HOST: "an agent or host",
    Kind.AGENT_PROCESS: "an agent process",
    Kind.HOST: "a host",
    Kind.MASTER: "a master",
    Kind.SCHEDULER: "a scheduler",
}
ABOUT = {
    Kind.TASK: About.TASKS,
    Kind.AGENT_OR_HOST: About.AGENT,
    Kind.AGENT_PROCESS: About.AGENT,
    Kind.HOST: About.AGENT,
    Kind.MASTER: About.MASTER,
    Kind.SCHEDULER: About.SCHEDULER,
}
CONFIGURED = {About.AGENT: "an agent", About.MASTER: "a master"}


@dataclass(frozen=True)
class Headline:
    """The page's sentence: how many are how, and how fast they were found."""

    counted: str
    detection: str


def mark(row: Row) -> Mark:
    """As it is shown: what failed more than once before it ended is Repeating, what was planned says so first."""
    if row.planned:
        return Mark("mute", row.mark.word if row.mark.word == PLANNED else f"{PLANNED}, {row.mark.word.lower()}")
    return REPEATING if is_repeating(row) else row.mark


def is_repeating(row: Row) -> bool:
    return row.state is not State.OPEN and row.failures > 1 and not row.planned


def headline(
    listing: Listing, means: Sequence[Means], configured: Mapping[Incident.About, Configured], words: str
) -> Headline:
    """Planned ones are told apart. `words` is the range as people say it."""
    return Headline(
        f"In the last {words}: {_counted(listing)}.", " ".join((*_measured(means), *_configured(configured.values())))
    )


def _counted(listing: Listing) -> str:
    rows = [row for row in listing.rows if not row.planned]
    repeating = sum(map(is_repeating, rows))
    ended = [row for row in rows if row.state is not State.OPEN and not is_repeating(row)]
    recovered = sum(row.state is State.RECOVERED for row in ended)
    counts = [
        (listing.open, "open"),
        (repeating, "repeating"),
        (recovered, "recovered"),
        (len(ended) - recovered, "ended or closed"),
        (listing.more, "not counted here"),
        (listing.planned, "planned"),
    ]
    told = [f"{figures.count(count)} {word}" for count, word in counts if count]
    return ", ".join(told) or "no failure"


def _measured(means: Sequence[Means]) -> list[str]:
    told = [
        f"{figures.duration(one.detected)} for {THINGS[one.kind]}"
        for one in means
        if one.detected is not None and one.detected.total_seconds() > 0
    ]
    return [f"Detection took {_listed(told)} on the mean."] if told else []


def _configured(known: Iterable[Configured]) -> list[str]:
    told = [f"{figures.duration(one.timeout)} for {CONFIGURED[one.about]}" for one in known]
    return [f"As configured, Mesos takes {_listed(told)}."] if told else []


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def nothing(last: Row | None, now: datetime) -> str:
    """When it was otherwise: "Last one: 3 d 4 h ago"."""
    if last is None:
        return "Day Two has seen none since it began to watch."
    return f"Last one: {figures.duration(now - last.began_at)}{figures.NO_BREAK}ago, {last.kind_word.lower()}, {last.name}."


def say(detail: Detail) -> str:
    """The incident after its word: for how long, what it is, and what it costs."""
    row = detail.row
    lasted = figures.duration(row.lasted)
    what = f"{row.kind_word.lower()} {row.name}".strip()
    effect = f", {_within(row.effect)}" if row.effect else ""
    beginning = f"for {lasted}" if row.state is State.OPEN else f"after {lasted}"
    return f"{beginning} — {what}{effect}"


def why(detail: Detail) -> list[str]:
    """Sentences under it: of which kind and why, what it was caused by, how long there is left."""
    row = detail.row
    found = [" ".join((f"Kind: {row.kind_word.lower()}.", *_sentence(detail.kind_reason)))]
    if row.planned:
        found.append(" ".join(("It was planned and counts as no failure.", *_sentence(row.planned_reason))))
    if detail.cause is not None:
        cause = detail.cause
        found.append(f"Held for an effect of {cause.kind_word.lower()} {cause.name}: {detail.cause_reason}.")
    if row.countdown is not None:
        found.append(f"{row.countdown.text}{_then(row)}.")
    return found


def _within(sentence: str) -> str:
    """A sentence as a part of another one: its first word small, unless it is a name."""
    return f"{sentence[0].lower()}{sentence[1:]}" if sentence[1:2].islower() or sentence[1:2] == " " else sentence


def _sentence(said: str) -> list[str]:
    return [f"{said}."] if said else []


def _then(row: Row) -> str:
    if row.about is About.AGENT and row.tasks_at_risk and row.countdown and row.countdown.left.total_seconds() > 0:
        return f"; {figures.counted(row.tasks_at_risk, 'task')} will be rescheduled"
    return ""


def parts(detail: Detail, past: Past, now: datetime) -> list[tuple[str, str]]:
    """Each part of it: its word, and when it was or by when it is expected, and what that rests on."""
    found = [(phase.word, _part(phase, now)) for phase in detail.phases]
    if detail.row.about is About.AGENT and detail.row.state is State.OPEN:
        if past.to_rescheduled is not None and detail.rescheduled_at is None:
            found.insert(
                -1, ("As many tasks run as before", _median(past.to_rescheduled, past.rescheduled, "the loss"))
            )
        if past.to_recovered is not None and found[-1][1] == NOT_YET:
            found[-1] = (found[-1][0], _median(past.to_recovered, past.recovered, "that"))
    if detail.last_good_at is not None:
        found.insert(0, ("Last heard of", figures.instant(detail.last_good_at, now)))
    return found


def _part(phase: Phase, now: datetime) -> str:
    configured = f", configured {figures.duration(phase.configured)}" if phase.configured is not None else ""
    flags = f" ({phase.reason})" if phase.reason else ""
    if phase.at is not None:
        after = f", after {figures.duration(phase.after)}" if phase.after else ""
        return f"{figures.instant(phase.at, now)}{after}{configured}{flags}"
    if phase.expected_at is not None:
        return f"≈{figures.NO_BREAK}{figures.instant(phase.expected_at, now)}{configured}{flags}"
    return NOT_YET


def _median(span: timedelta, count: int, after: str) -> str:
    return f"≈{figures.NO_BREAK}{figures.duration(span)} after {after}, the median of {figures.count(count)} earlier"
