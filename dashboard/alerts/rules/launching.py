"""What Marathon wants to launch and cannot: deployments that stand still, apps that wait, room in pieces (R23, R49, R50)."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard import applications, figures
from dashboard.alerts.definition import Definition, Measured
from dashboard.alerts.facts import Facts
from dashboard.alerts.rules import app_facts
from dashboard.models import Deployment, LaunchWait, Rule
from dashboard.queries import fit, room
from dashboard.queries.room import Amount
from dashboard.queries.waiting_in_words import REASONS

DEPLOYMENTS, QUEUE = "deployments", "queue"
MOST_TOLD = 2_000
SHOWN = 3


def waits(facts: Facts) -> list[LaunchWait]:
    """What waits in the queues of the Marathons that answer, the longest first. One query."""
    late = app_facts.silent(facts, QUEUE)
    rows = LaunchWait.objects.filter(app__cluster=facts.cluster, app__gone_at=None).exclude(app__marathon__key__in=late)
    return list(rows.select_related("app__marathon").order_by("since", "pk")[:MOST_TOLD])


def stuck(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """How long each deployment stands at its step. One query."""
    opened, late = facts.open.get(rule.key, frozenset()), app_facts.silent(facts, DEPLOYMENTS)
    found = {one.subject: one for one in app_facts.unknown(facts, DEPLOYMENTS, opened)}
    running = Deployment.objects.filter(cluster=facts.cluster, ended_at=None).exclude(marathon__key__in=late)
    for row in running.select_related("marathon").order_by("step_since", "pk")[:MOST_TOLD]:
        one = _stuck(facts, row)
        found.setdefault(one.subject, one)
    yield from found.values()
    if not found:
        yield Measured(value=0.0, says="no deployment is under way")


def _stuck(facts: Facts, row: Deployment) -> Measured:
    """By the first app it touches, which no other deployment may touch meanwhile."""
    ids = list(row.app_ids)
    subject = applications.subject_key(row.marathon.key, ids[0] if ids else row.deployment_id)
    more = f" and {figures.count(len(ids) - SHOWN)} more" if len(ids) > SHOWN else ""
    name = ", ".join(ids[:SHOWN]) + more if ids else row.deployment_id
    seconds = max(0.0, (facts.now - row.step_since).total_seconds())
    doing = f" ({row.actions[0]})" if row.actions else ""
    return Measured(
        subject=subject[:255],
        name=name[:255],
        value=seconds,
        says=f"deployment of {name}: at step {row.step} of {row.steps} for {figures.duration(seconds)}{doing}"[:500],
        measured_at=row.marathon.deployments_taken_at,
    )


def waiting(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """How long each app waits for an offer that fits, or how long Marathon still rests before it launches it again."""
    opened = facts.open.get(rule.key, frozenset())
    found = {one.subject: one for one in app_facts.unknown(facts, QUEUE, opened)}
    for wait in facts.of(waits):
        one = _waiting(wait)
        found.setdefault(one.subject, one)
    yield from found.values()
    if not found:
        yield Measured(value=0.0, says="no app waits to be launched")


def _waiting(wait: LaunchWait) -> Measured:
    app, reason = wait.app, top_reason(wait)
    waited = max(0.0, (wait.taken_at - wait.since).total_seconds())
    value = waited if wait.overdue else wait.delay_seconds
    doing = "waits for an offer that fits for" if wait.overdue else "is launched again in"
    left = figures.counted(wait.count, "instance")
    return Measured(
        subject=app_facts.subject(app),
        name=app.app_id,
        reason=reason[:128],
        value=value,
        says=f"{app.app_id}: {left} {doing} {figures.duration(value)}{f', {reason}' if reason else ''}",
        measured_at=wait.taken_at,
    )


def top_reason(wait: LaunchWait) -> str:
    """Why most of the last offers were declined: "2 of 3 offers declined: too little memory"; empty where none was."""
    declined = [one for one in wait.last_offers if one["declined"]]
    if not declined:
        return ""
    top = max(declined, key=lambda one: one["declined"])
    offers = max(one["processed"] for one in wait.last_offers)
    words = REASONS.get(top["reason"], top["reason"])
    return f"{figures.count(top['declined'])} of {figures.counted(offers, 'offer')} declined: {words}"


def in_pieces(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """Each waiting app that would fit in what is free on all agents together, and fits on none of them. One query."""
    opened = facts.open.get(rule.key, frozenset())
    found = {one.subject: one for one in app_facts.unknown(facts, QUEUE, opened)}
    waiting_now = [wait for wait in facts.of(waits) if wait.overdue]
    rooms = room.of_agents(facts.cluster) if waiting_now else []
    free = Amount(sum(one.free.cpus for one in rooms), sum(one.free.mem_bytes for one in rooms))
    for wait in waiting_now:
        need = Amount(wait.app.cpus, wait.app.mem_bytes)
        held = free.cpus >= need.cpus and free.mem_bytes >= need.mem_bytes
        agents = fit.fit(rooms, need, 1).agents if held else 0
        subject = app_facts.subject(wait.app)
        found.setdefault(subject, _in_pieces(facts, wait, need, free, in_pieces=held and not agents, key=subject))
    yield from found.values()
    if not found:
        yield Measured(value=0.0, says="no app waits for an offer")


def _in_pieces(facts: Facts, wait: LaunchWait, need: Amount, free: Amount, *, in_pieces: bool, key: str) -> Measured:
    wants = f"{figures.counted_cores(need.cpus)} and {figures.byte_size(need.mem_bytes)}"
    has = f"{figures.counted_cores(free.cpus)} and {figures.byte_size(free.mem_bytes)}"
    where = ", on no agent together" if in_pieces else ""
    return Measured(
        subject=key,
        name=wait.app.app_id,
        value=float(in_pieces),
        says=f"{wait.app.app_id} waits for {wants}: {has} are free on all agents{where}",
        measured_at=facts.cluster.summary_taken_at,
    )


RULES = (
    Definition(
        key="R23",
        name="Room in pieces",
        measure=in_pieces,
        what="whether an app waits that fits on no agent, though all agents together have enough free CPU and memory",
        unit="",
        advice="Capacity's fit form says what is left on each agent. Make room on one: move or scale down what fills it, ask "
        "for less for each instance, or add an agent that is large enough.",
        sources=("summary", QUEUE),
        inclusive=True,
        warning=1,
        warning_on=True,
        for_seconds=600,
        holds_after_election=True,
    ),
    Definition(
        key="R49",
        name="Deployment stuck",
        measure=stuck,
        what="how long a deployment stands at the same step with the same actions",
        unit="seconds",
        advice="Its app waits for offers, fails, or its health or readiness checks do not pass: the app's page says which. "
        "Marathon takes the step as soon as they do; to give up, roll the deployment back.",
        sources=(DEPLOYMENTS,),
        warning=900,
        warning_on=True,
        critical=3600,
        critical_on=True,
    ),
    Definition(
        key="R50",
        name="App waits to be launched",
        measure=waiting,
        what="how long an app waits for an offer that fits, or how long Marathon rests before it launches it again",
        unit="seconds",
        advice="The app's page lists why offers are declined and which agent comes nearest. Where Marathon rests, its tasks "
        "failed before: mend that, or reset the delay.",
        sources=(QUEUE,),
        warning=60,
        warning_on=True,
        critical=300,
        critical_on=True,
        for_seconds=300,
    ),
)
