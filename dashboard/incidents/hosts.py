"""Whether the host of a silent agent answers: what each source heard of it since, and the kind of failure that follows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collectors.errors import ANSWERED, Outcome
from dashboard import figures
from dashboard.models import Incident

Kind = Incident.Kind

KERNEL_ANSWERS = frozenset(
    {
        *(Outcome.REFUSED, Outcome.TIMEOUT_HEADERS, Outcome.TIMEOUT_BODY, Outcome.TRUNCATED, Outcome.SERVER_ERROR),
        *(Outcome.NOT_JSON, Outcome.WRONG_SHAPE, Outcome.AUTH, Outcome.FORBIDDEN, Outcome.NOT_FOUND, Outcome.TOO_LARGE),
    }
)
"""Ends of an exchange with the agent's own port that only a living host gives: even a refusal is its kernel's word."""
NOBODY_THERE = frozenset({Outcome.TIMEOUT_CONNECT, Outcome.UNREACHABLE})
FAILURES_AFTER_ANSWER = 2
"""A host that has answered since is called silent only after so many failures in a row: one poll may fail for itself."""
DARK_BEFORE = timedelta(minutes=5)
"""Diagnostics that fell silent longer before than this says nothing of the host now."""
NOTHING_HEARD = "Nothing has been heard of its host since, neither good nor bad"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """The last that one source knows of a host."""

    what: str
    """Its subject in a sentence: its machine’s metrics."""
    answers: bool | None
    """None: this end proves neither."""
    at: datetime
    """When that was."""
    says: str
    """answered; refuses connections."""
    failures_in_row: int = 0
    answered_at: datetime | None = None
    """When it last did."""


@dataclass(frozen=True)
class Judgement:
    kind: Incident.Kind
    reason: str


def judge(heard: Sequence[Heard], silent_since: datetime, now: datetime) -> Judgement:
    """Only what is not older than the silence counts. An answer of anything on the host clears the host."""
    newer = [one for one in heard if one.at >= silent_since]
    alive = [one for one in newer if _is_alive(one, silent_since)]
    if alive:
        return Judgement(Kind.AGENT_PROCESS, f"The host answers: {_listed(alive, now)}")
    dead = [one for one in newer if one.answers is False]
    if dead:
        return Judgement(Kind.HOST, f"The host is silent too: {_listed(dead, now)}")
    return Judgement(Kind.AGENT_OR_HOST, NOTHING_HEARD)


def _is_alive(one: Heard, silent_since: datetime) -> bool:
    if one.answers:
        return True
    answered_since = one.answered_at is not None and one.answered_at > silent_since
    return answered_since and one.failures_in_row < FAILURES_AFTER_ANSWER


def _listed(heard: Iterable[Heard], now: datetime) -> str:
    return "; ".join(f"{one.what} {one.says} ({figures.instant(one.at, now)})" for one in heard)


def of_metrics(
    outcome: str, asked_at: datetime | None, answered_at: datetime | None, failures_in_row: int
) -> Heard | None:
    """How the machine's own metrics were heard: a service of its own, which does not depend on the agent."""
    if outcome in ANSWERED and answered_at is not None:
        return Heard(
            what="its machine’s metrics", answers=True, at=answered_at, says="answered", answered_at=answered_at
        )
    if asked_at is None:
        return None
    return Heard(
        what="its machine’s metrics",
        answers=False,
        at=asked_at,
        says="did not answer",
        failures_in_row=failures_in_row,
        answered_at=answered_at,
    )


PORT = "the agent’s own port"


def of_port(outcome: str, asked_at: datetime | None, answered_at: datetime | None, *, direct: bool) -> Heard | None:
    """How the agent's port was heard. Through Admin Router only an answer proves anything: its refusals are its own."""
    if outcome in ANSWERED and answered_at is not None:
        return Heard(what=PORT, answers=True, at=answered_at, says="answered", answered_at=answered_at)
    if asked_at is None or not direct:
        return None
    if outcome in KERNEL_ANSWERS:
        says = "refuses connections" if outcome == Outcome.REFUSED else "takes connections but gives no good answer"
        return Heard(what=PORT, answers=True, at=asked_at, says=says)
    if outcome in NOBODY_THERE:
        return Heard(what=PORT, answers=False, at=asked_at, says="cannot be reached", failures_in_row=1)
    return None


def of_diagnostics(*, dark: bool, since: datetime, taken_at: datetime, silent_since: datetime) -> Heard | None:
    """How dcos-diagnostics on the host was heard, by the last report that listed it."""
    if not dark:
        return Heard(what="component health", answers=True, at=taken_at, says="answered")
    if since < silent_since - DARK_BEFORE:
        return None
    return Heard(what="component health", answers=False, at=taken_at, says="got no answer from it")


def of_unit(name: str, taken_at: datetime) -> Heard:
    """systemd on the host said that the agent's unit is down: the host lives."""
    return Heard(what="systemd", answers=True, at=taken_at, says=f"says that {name} is down")
