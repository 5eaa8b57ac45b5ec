"""Agents as the leader sees them: how many, which were lost, which were removed (R6–R9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dashboard import figures
from dashboard.alerts import leading
from dashboard.alerts.definition import Definition, Measured
from dashboard.alerts.facts import Facts
from dashboard.models import Node, Rule
from dashboard.queries import agents, usual
from dashboard.queries.agents import Agent
from dashboard.queries.marks import AGENT, UNREACHABLE

SILENT = AGENT[Node.State.INACTIVE]
LISTED_BY = ("masters", "summary")
LOST_SHARE, LOST_MANY = 0.05, 3
"""Unreachable agents that are critical: this share of all, or so many, whichever is fewer."""

Weigh = Callable[[int, int], float]


def listed(facts: Facts) -> list[Agent]:
    """Agents that are registered or lost; those that left in good order are none."""
    return agents.registered(agents.listing(facts.cluster))


def usually_listed(facts: Facts) -> float | None:
    return usual.agents(facts.cluster, facts.now)


def _active(facts: Facts, rule: Rule) -> Iterator[Measured]:
    told, usually = leading.gauge(facts, "master/slaves_active"), facts.of(usually_listed)
    if told.value is None:
        yield told.unknown()
    elif usually is None:
        yield Measured(value=None, why="no summary of the past day to compare with")
    else:
        says = f"{figures.counted(told.value, 'agent')} active of usually {figures.count(usually)}"
        yield Measured(value=told.value / max(1.0, usually), says=says, measured_at=told.at)


def _disconnected(facts: Facts, rule: Rule) -> Iterator[Measured]:
    return _lost(facts, rule, SILENT.word, lambda lost, all_: lost / all_)


def _unreachable(facts: Facts, rule: Rule) -> Iterator[Measured]:
    return _lost(facts, rule, UNREACHABLE.word, lambda lost, all_: max(lost, LOST_MANY * lost / (LOST_SHARE * all_)))


def _lost(facts: Facts, rule: Rule, word: str, weigh: Weigh) -> Iterator[Measured]:
    """Each agent in the state as 1, those whose alert is open and are in it no more as 0, and one that is well."""
    opened = facts.open.get(rule.key, frozenset())
    why = leading.without_leader(facts)
    if why:
        yield from (Measured(subject=host, name=host, host=host, value=None, why=why) for host in opened or {""})
        return
    # Of several agents on one host the worst stays: they are listed worst first.
    found = {agent.node.host: agent for agent in reversed(facts.of(listed))}
    lost = {host: agent for host, agent in found.items() if agent.state.word == word}
    weight = weigh(len(lost), len(found)) if lost else 0.0
    for host, agent in lost.items():
        yield _of_host(host, 1.0, weight, _says(facts, agent, word))
    well = sorted(opened - lost.keys()) or sorted(found.keys() - lost.keys())[:1]
    for host in well:
        now = found[host].state.word.lower() if host in found else "no agent of this cluster any more"
        yield _of_host(host, 0.0, 0.0, f"agent {host} is {now}")


def _of_host(host: str, value: float, weight: float, says: str) -> Measured:
    return Measured(subject=host, name=host, host=host, value=value, critical_value=weight, says=says)


def _says(facts: Facts, agent: Agent, word: str) -> str:
    since = figures.duration(agents.silent_for(agent, facts.now))
    tasks = f", {figures.counted(agent.tasks_at_risk, 'task')} at risk" if agent.tasks_at_risk else ""
    return f"agent {agent.node.host} {word.lower()} for {since}{tasks}"


def _removed(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """Those that signed off are no loss. `slave_shutdowns_completed` are those that missed their pings: they are one."""
    all_ = leading.rise(facts, "master/slave_removals", leading.HOUR)
    if all_.value is None:
        yield all_.unknown()
        return
    signed_off = leading.rise(facts, "master/slave_removals/reason_unregistered", leading.HOUR).value or 0.0
    lost = max(0.0, all_.value - signed_off)
    says = f"{figures.counted(lost, 'agent')} removed in the past hour, {figures.count(signed_off)} more signed off"
    yield Measured(value=lost, says=says, measured_at=all_.at)


def _replaced(facts: Facts, rule: Rule) -> Iterator[Measured]:
    told = leading.rise(facts, "master/slave_removals/reason_registered", leading.HOUR)
    if told.value is None:
        yield told.unknown()
        return
    says = f"{figures.counted(told.value, 'agent')} replaced by a new one at the same address in the past hour"
    yield Measured(value=told.value, says=says, measured_at=told.at)


RULES = (
    Definition(
        key="R6",
        name="Active agents low",
        measure=_active,
        what="active agents, as a share of how many are usually listed (the median of the past 24 h)",
        unit="ratio",
        advice="Look on Nodes for what the lost ones share: zone, rack, version, a change just made. If the cluster "
        "was made smaller, acknowledge it: half a day later that is usual.",
        sources=LISTED_BY,
        deck_row=4,
        comparison=Rule.Comparison.BELOW,
        warning=0.95,
        warning_clear=0.97,
        critical=0.90,
        critical_clear=0.97,
        critical_on=True,
        for_seconds=300,
        holds_after_election=True,
    ),
    Definition(
        key="R7",
        name="Agent disconnected",
        measure=_disconnected,
        what="an agent whose connection to the leader is broken and that is not given up yet; critical from one in "
        "ten agents on",
        unit="",
        advice="Its tasks run on until Mesos gives it up. Ask the host: does the agent process run, does it reach "
        "the leader? Drained and deactivated agents are not meant.",
        sources=LISTED_BY,
        inclusive=True,
        warning=1,
        warning_on=True,
        critical=0.10,
        critical_on=True,
        for_seconds=300,
        holds_after_election=True,
    ),
    Definition(
        key="R8",
        name="Agent unreachable",
        measure=_unreachable,
        what="an agent that Mesos gave up after missed pings; critical from three on, or from one in twenty agents "
        "on if that is fewer",
        unit="",
        advice="Its tasks are started elsewhere where schedulers do so. Find out whether the host is dead or only cut off "
        "before you start it again; if it is not to come back, mark it gone in Mesos.",
        sources=LISTED_BY,
        inclusive=True,
        warning=1,
        warning_on=True,
        critical=LOST_MANY,
        critical_on=True,
        for_seconds=300,
        holds_after_election=True,
        mutes_host=True,
    ),
    Definition(
        key="R9",
        name="Agents removed",
        measure=_removed,
        what="agents removed in the past hour, without those that signed off in good order",
        unit="count",
        advice="Each one was lost with its tasks. Look on Nodes for which left the list, and at their hosts and network.",
        sources=leading.SOURCES,
        inclusive=True,
        warning=1,
        warning_on=True,
        critical=3,
        critical_on=True,
        holds_after_election=True,
    ),
    Definition(
        key="R9b",
        name="Agent replaced at its address",
        measure=_replaced,
        what="agents removed in the past hour because another one registered at their address",
        unit="count",
        advice="Their tasks are lost. An agent lost its work_dir, or two hosts have one address: look at the agent's "
        "journal and its disk before you restart anything.",
        sources=leading.SOURCES,
        inclusive=True,
        critical=1,
        critical_on=True,
        holds_after_election=True,
    ),
)
