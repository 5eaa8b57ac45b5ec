"""What the verdict says of agents: lost ones with what their incidents know, planned absences, agents that come back. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from dashboard import figures
from dashboard.models import Incident
from dashboard.queries.agents import Agent
from dashboard.queries.happenings import Link
from dashboard.queries.incident_rows import Row
from dashboard.queries.verdict_facts import Facts, Finding, lower_first, names

About, Kind = Incident.About, Incident.Kind
AWAY = "Gone"
"""The word of an agent that is not listed any more: in good order, unless an incident says otherwise."""


def findings(facts: Facts, now: datetime) -> Iterator[Finding]:
    """Those that nobody meant to be away, then those that a new leader still waits for."""
    if not facts.sources["summary"].freshness.current:
        return
    rows = _incidents(facts)
    lost = [agent for agent in facts.agents if _is_lost(agent, rows.get(agent.node.host))]
    if lost:
        yield _lost(lost, [rows[agent.node.host] for agent in lost if agent.node.host in rows], now)
    yield from _settling(facts)


def asides(facts: Facts, now: datetime) -> Iterator[Finding]:
    """Absences that somebody planned: no failure, and said all the same."""
    if not facts.sources["summary"].freshness.current:
        return
    planned = [row for row in _incidents(facts).values() if row.planned]
    if planned:
        who = "agent" if len(planned) == 1 else f"{len(planned)} agents:"
        text = f"{who} {names([row.name for row in planned])} away for {_since(planned, now)}"
        why = planned[0].planned_reason
        if why and len({row.planned_reason for row in planned}) == 1:
            text += f", as planned: {lower_first(why)}"
        yield Finding(mark="mute", word="Planned", text=text, link=_way(planned))


def _incidents(facts: Facts) -> dict[str, Row]:
    return {row.subject: row for row in facts.incidents if row.about == About.AGENT}


def _is_lost(agent: Agent, row: Row | None) -> bool:
    if row is not None and row.planned:
        return False
    return agent.lost or (row is not None and agent.state.word == AWAY)


def _lost(lost: Sequence[Agent], rows: Sequence[Row], now: datetime) -> Finding:
    since = min(agent.node.state_since for agent in lost)
    states = {agent.state.word.lower() for agent in lost}
    state = states.pop() if len(states) == 1 else "lost"
    noun = "agent" if len(lost) == 1 else f"{len(lost)} agents:"
    text = f"{noun} {names([agent.node.host for agent in lost])} {state} for {figures.duration(now - since)}"
    more = [part for part in (_hosts(rows, len(lost)), _countdown(rows, len(lost))) if part]
    return Finding(
        mark="bad", word="Degraded", text="; ".join([f"{text}{_tasks(lost, rows)}", *more]), link=_where(lost, rows)
    )


def _tasks(lost: Sequence[Agent], rows: Sequence[Row]) -> str:
    """What is at risk; of one that Mesos has declared lost, what became of its tasks."""
    if len(lost) == len(rows) == 1 and rows[0].declared_at is not None and rows[0].effect:
        return f", {lower_first(rows[0].effect)}"
    at_risk = sum(agent.tasks_at_risk for agent in lost)
    return f", {figures.counted(at_risk, 'task')} at risk" if at_risk else ""


def _hosts(rows: Sequence[Row], lost: int) -> str:
    """Whether it is the machine or only the process, where that is known."""
    silent = sum(row.kind == Kind.HOST for row in rows)
    answer = sum(row.kind == Kind.AGENT_PROCESS for row in rows)
    if lost == 1:
        return "its host is silent too" if silent else "its host answers" if answer else ""
    if silent and answer:
        return f"{silent} of their hosts {'is' if silent == 1 else 'are'} silent too, {answer} answer"
    if silent == lost:
        return "their hosts are silent too"
    return "their hosts answer" if answer == lost else ""


def _countdown(rows: Sequence[Row], lost: int) -> str:
    coming = [row.countdown for row in rows if row.countdown is not None]
    if not coming:
        return ""
    first = min(coming, key=lambda one: one.at)
    if lost == 1:
        return first.text
    left = first.left.total_seconds()
    return f"Mesos declares the first of them lost in {figures.duration(first.left)}" if left > 0 else ""


def _where(lost: Sequence[Agent], rows: Sequence[Row]) -> Link:
    if rows:
        return _way(rows) if len(rows) == len(lost) else ("failures",)
    return ("node", lost[0].node.host) if len(lost) == 1 else ("nodes",)


def _way(rows: Sequence[Row]) -> Link:
    return ("incident", str(rows[0].number)) if len(rows) == 1 else ("failures",)


def _since(rows: Sequence[Row], now: datetime) -> str:
    return figures.duration(now - min(row.began_at for row in rows))


def _settling(facts: Facts) -> Iterator[Finding]:
    waiting = [agent for agent in facts.agents if agent.state.word == "Re-registering"]
    if waiting:
        registered = len([agent for agent in facts.agents if agent.state.mark == "good"])
        yield Finding(
            mark="warn",
            word="Settling",
            text=f"{facts.masters.leader_host or 'a new master'} leads newly: {registered} of "
            f"{registered + len(waiting)} agents have re-registered",
            link=("masters",),
        )
