"""What keeps restarting: masters, agents, components, schedulers and apps, with how long they live in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from dashboard.models import Cluster
from dashboard.queries import app_restarts
from dashboard.queries.marks import Mark
from dashboard.queries.restarts import Restart, Subject, What, restarts

DAY, HOUR = timedelta(hours=24), timedelta(hours=1)
LOOKED_BACK = timedelta(hours=48)
"""Of a life that ended within the day the beginning is looked for so far back."""
FLAPS_WITHIN = timedelta(minutes=15)
FEWEST = 3
"""So many restarts within 15 minutes are flapping, within a day restarting."""
EPISODE_GAP = timedelta(hours=8)
"""Restarts of one episode follow one another within so long: three a day at least."""


class State(StrEnum):
    FLAPPING = "flapping"
    """Three or more restarts within 15 minutes, the last of them no longer ago."""
    RESTARTING = "restarting"
    """Three or more in 24 hours, still going on."""
    DOWN = "down"
    """Has not come back from its last restart, and is neither of these."""
    RECOVERED = "recovered"
    """Had three or more, and lives twice its median life by now."""
    STEADY = "steady"


WORDS = {
    What.MASTER: "Master",
    What.AGENT: "Agent",
    What.COMPONENT: "Component",
    What.SCHEDULER: "Scheduler",
    What.APP: "App",
}
MARKS = {
    State.FLAPPING: Mark("bad", "Flapping"),
    State.RESTARTING: Mark("warn", "Restarting"),
    State.DOWN: Mark("bad", "Down"),
    State.RECOVERED: Mark("good", "Recovered"),
    State.STEADY: Mark("good", "Steady"),
}
WORST_FIRST = tuple(State)
GOES_ON = (State.FLAPPING, State.RESTARTING, State.DOWN)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing on the board."""

    subject: Subject
    what_word: str
    state: State
    mark: Mark
    restarts: tuple[datetime, ...]
    """Those of the past 24 h, oldest first."""
    last_hour: int
    shortest_life: timedelta | None
    median_life: timedelta | None
    """Both of the lives that ended in the past 24 h."""
    lives_for: timedelta | None
    """Since it came back from its last restart; None while it is down."""
    since: datetime | None
    """When its episode began; None unless it goes on."""


@dataclass(frozen=True, kw_only=True)
class Episode:
    """A run of three or more restarts, each within eight hours of the one before."""

    subject: Subject
    what_word: str
    began_at: datetime
    last_at: datetime
    restarts: int
    lasted: timedelta
    """From its first restart to its last."""
    shortest_life: timedelta | None
    goes_on: bool


@dataclass(frozen=True, kw_only=True)
class Board:
    """Everything that restarted in the past 24 h, worst first, then by how often."""

    rows: tuple[Row, ...]
    counts: dict[State, int]
    """Every state is in it."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All that one look at the events tells."""

    board: Board
    episodes: tuple[Episode, ...]
    """Those of the time that was looked at, newest first."""
    told: dict[Subject, list[Restart]]

    def lives(self, subject: Subject) -> list[timedelta]:
        """How long the lives were that ended, as far as that is known, oldest first."""
        return [one.life for one in self.told[subject] if one.life is not None]


def board(cluster: Cluster, now: datetime) -> Board:
    """Two queries, of the past 48 h."""
    return _board(_told(cluster, now - LOOKED_BACK), now)


def seen(cluster: Cluster, now: datetime, *, within: timedelta = timedelta(days=7)) -> Seen:
    """The board, and the episodes and lives of this time. Two queries; of very many events only the latest are looked at."""
    told = _told(cluster, now - max(within, LOOKED_BACK))
    runs = [one for subject, moments in told.items() for one in _episodes(subject, moments, now)]
    newest = sorted(runs, key=lambda one: (one.last_at, one.restarts), reverse=True)
    return Seen(board=_board(told, now), episodes=tuple(newest), told=told)


def _told(cluster: Cluster, since: datetime) -> dict[Subject, list[Restart]]:
    return restarts(cluster, since) | app_restarts.of(cluster, since)


def _board(found: dict[Subject, list[Restart]], now: datetime) -> Board:
    rows = [row(subject, told, now) for subject, told in found.items() if any(one.at > now - DAY for one in told)]
    rows.sort(key=lambda one: (WORST_FIRST.index(one.state), -len(one.restarts), one.subject.name, one.subject.host))
    counts = {state: sum(one.state is state for one in rows) for state in State}
    return Board(rows=tuple(rows), counts=counts)


def row(subject: Subject, told: Sequence[Restart], now: datetime) -> Row:
    """From its restarts, oldest first, at least one of them in the past 24 h. Pure."""
    recent = [one for one in told if now - DAY < one.at <= now]
    lives = [one.life for one in recent if one.life is not None]
    state = judge(recent, now)
    return Row(
        subject=subject,
        what_word=WORDS[subject.what],
        state=state,
        mark=MARKS[state],
        restarts=tuple(one.at for one in recent),
        last_hour=sum(one.at > now - HOUR for one in recent),
        shortest_life=min(lives, default=None),
        median_life=_median(lives),
        lives_for=now - recent[-1].lives_from if recent[-1].up else None,
        since=_run(told)[0].at if state in GOES_ON else None,
    )


def judge(recent: Sequence[Restart], now: datetime) -> State:
    """From the restarts of the past 24 h, oldest first. Nothing is recovered within the 15 minutes that flapping is told by."""
    last, many = recent[-1], len(recent) >= FEWEST
    if many and now - last.at <= FLAPS_WITHIN and last.at - recent[-FEWEST].at <= FLAPS_WITHIN:
        return State.FLAPPING
    if not last.up:
        return State.DOWN
    if not many:
        return State.STEADY
    lives = [one.life for one in recent if one.life is not None]
    alive = now - last.lives_from
    return State.RESTARTING if alive < max(2 * (_median(lives) or timedelta()), FLAPS_WITHIN) else State.RECOVERED


def _median(lives: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(life.total_seconds() for life in lives)) if lives else None


def _run(told: Sequence[Restart]) -> Sequence[Restart]:
    """The last restarts that follow one another closely enough to be of one episode."""
    first = len(told) - 1
    while first > 0 and told[first].at - told[first - 1].at <= EPISODE_GAP:
        first -= 1
    return told[first:]


def _episodes(subject: Subject, told: Sequence[Restart], now: datetime) -> Iterator[Episode]:
    rest, latest = list(told), True
    while rest:
        run = _run(rest)
        rest = rest[: -len(run)]
        if len(run) >= FEWEST:
            lives = [one.life for one in run if one.life is not None]
            recent = [one for one in run if one.at > now - DAY]
            yield Episode(
                subject=subject,
                what_word=WORDS[subject.what],
                began_at=run[0].at,
                last_at=run[-1].at,
                restarts=len(run),
                lasted=run[-1].at - run[0].at,
                shortest_life=min(lives, default=None),
                goes_on=latest and bool(recent) and judge(recent, now) in GOES_ON,
            )
        latest = False
