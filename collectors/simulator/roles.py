"""`/roles` of the leading master: what each role holds, has reserved, and may hold, as Mesos 1.11 says it.

Document: https://mesos.apache.org/documentation/latest/endpoints/master/roles/. As in DC/OS, Marathon is subscribed to
`slave_public`: its tasks take what public agents reserve for that role, and unreserved resources of all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from collectors.simulator.mesos import Document
from collectors.simulator.plan import FRAMEWORKS, PUBLIC_ROLE, Plan
from collectors.simulator.state import FrameworkNow, Moment

QUOTAS: dict[str, tuple[float, float | None]] = {"kafka-role": (1.0, 1.5), "cassandra-role": (1.0, None)}
"""Guarantee and limit as multiples of what the role's frameworks always hold; None: no limit."""
MILLI, NAMES = 1_000, ("cpus", "mem", "disk", "gpus")

Sum = tuple[float, ...]
"""Amounts in the order of NAMES, CPUs in thousandths."""
NOTHING: Sum = (0.0,) * len(NAMES)


def roles(moment: Moment) -> Document:
    """Every role that a framework is subscribed to or an agent has reserved resources for, `*` first."""
    names = dict.fromkeys(("*", PUBLIC_ROLE, *(framework.role for framework in FRAMEWORKS)))
    return {"roles": [_role(name, moment) for name in names]}


def _role(name: str, moment: Moment) -> Document:
    own = [framework for framework in moment.frameworks if framework.framework.role == name and _known(framework)]
    public = [agent for agent in moment.listed if agent.agent.public] if name == PUBLIC_ROLE else []
    allocated = _sum(
        (tally.cpus_milli, tally.mem_mb, tally.disk_mb, tally.gpus) for tally in (one.tally for one in own)
    )
    reserved = _sum(agent.agent.total for agent in public)
    in_use = _sum((used.cpus_milli, used.mem_mb, used.disk_mb, used.gpus) for used in (agent.used for agent in public))
    consumed = tuple(held + kept - taken for held, kept, taken in zip(allocated, reserved, in_use, strict=True))
    guarantee, limit = quota(name, moment.plan)
    return {
        "name": name,
        "weight": 1.0,
        "quota": {
            "role": name,
            "guarantee": _quantities(guarantee),
            "limit": _quantities(limit),
            "consumed": _quantities(consumed),
        },
        "resources": _quantities(allocated),
        "allocated": _quantities(allocated),
        "offered": {},
        "reserved": _quantities(reserved),
        "frameworks": [framework.framework_id for framework in own],
    }


def _known(framework: FrameworkNow) -> bool:
    return framework.subscribed or bool(framework.agent_ids)


def quota(name: str, plan: Plan) -> tuple[Sum, Sum]:
    """Guarantee and limit of a role; what there is none of is 0."""
    guaranteed, most = QUOTAS.get(name, (None, None))
    slots = [slot for agent in plan.agents for slot in agent.steady if FRAMEWORKS[slot.framework].role == name]
    always = _sum(slot.amount for slot in slots)
    return _times(always, guaranteed), _times(always, most)


def _times(amounts: Sum, factor: float | None) -> Sum:
    return NOTHING if factor is None else tuple(amount * factor for amount in amounts)


def _sum(many: Iterable[Sequence[float]]) -> Sum:
    return tuple(map(sum, zip(NOTHING, *many, strict=True)))


def _quantities(amounts: Sum) -> Document:
    """What there is none of is left out."""
    named = dict(zip(NAMES, amounts, strict=True))
    return {name: amount / MILLI if name == "cpus" else float(amount) for name, amount in named.items() if amount}
