"""Every Mesos agent's own metrics: whether it is registered, how long it lives, what it runs and has run.

Endpoint: GET /agent/<id>/metrics/snapshot through Admin Router, /metrics/snapshot at the agent's own port on Mesos
Document: https://mesos.apache.org/documentation/latest/monitoring/
Yields:   AgentSnapshot for each agent that answered, NodeOutcome for each that was asked

`?timeout=` is never sent: an agent then leaves out slow metrics and still says 200. Its limit of 2 answers a second is
shared with every other reader, so half a second of waiting is normal.

Used means allocated to executors, never consumed, and is more than the leader's allocation: Mesos gives each task that
brings no executor one with 0.1 CPUs and 32 MiB of its own, which agents count and masters do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from collectors.client import MIB, Answer
from collectors.crowd import Terms
from collectors.decoding import LARGEST_VALUE, LONGEST_UPTIME_SECONDS, Dropped, count, decode, number
from collectors.each_agent import ask_each, harvest_of
from collectors.errors import Outcome, PollError
from collectors.metrics import AGENT_METRICS
from collectors.records import AgentPlace, AgentSnapshot, Harvest, Turn
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, Target

TERMS = Terms(seconds=5.0, limit_bytes=2 * MIB)
KINDS = {metric.name: metric.kind for metric in AGENT_METRICS}
REGISTERED, UPTIME = "slave/registered", "slave/uptime_secs"


def decode_snapshot(body: bytes, dropped: Dropped, *, url: str = "") -> Mapping[str, float]:
    """The process's own names and values, those of `AGENT_METRICS`; what is no number, or none that can be true, is dropped.

    PollError `wrong_shape` without `slave/registered`, which every agent has and no master.
    """
    raw = decode(body, dict[str, msgspec.Raw], url=url)
    metrics: dict[str, float] = {}
    for name, kind in KINDS.items():
        if name not in raw:
            continue
        value = number(raw[name])
        if value is None:
            count(dropped, "metric: not a finite number")
        elif value < 0 and kind == "counter":
            count(dropped, "metric: a counter below zero")
        elif abs(value) > (LONGEST_UPTIME_SECONDS if name == UPTIME else LARGEST_VALUE):
            count(dropped, "metric: past counting")
        else:
            metrics[name] = value
    if REGISTERED not in metrics:
        raise PollError(Outcome.WRONG_SHAPE, f"The answer has no {REGISTERED}: this is no Mesos agent", url=url)
    return metrics


def poll(target: Target, turn: Turn) -> Harvest:
    """The agents of this shard, all at once within bounds; a silent one costs its own time only."""
    dropped: Dropped = Counter()

    def read(place: AgentPlace, answer: Answer) -> AgentSnapshot:
        metrics = decode_snapshot(answer.body, dropped, url=answer.url)
        return AgentSnapshot(
            host=place.host,
            agent_id=place.agent_id,
            taken_at=answer.taken_at,
            registered=metrics[REGISTERED] == 1,
            uptime_seconds=metrics.get(UPTIME),
            metrics=metrics,
        )

    with target.open(deadline_seconds=POLL_DEADLINE_SECONDS) as client:
        return harvest_of(client, ask_each(client, target, turn.agents, "/metrics/snapshot", TERMS, read), dropped)


SOURCE = Source(
    name="agents",
    title="Mesos agents",
    endpoint="/agent/<id>/metrics/snapshot",
    document="https://mesos.apache.org/documentation/latest/monitoring/",
    records="AgentSnapshot",
    period_seconds=60,
    lag_seconds=0,
    kinds=frozenset(Kind),
    agents_per_shard=200,
    poll=poll,
)
