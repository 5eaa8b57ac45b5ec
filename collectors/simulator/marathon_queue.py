"""Why Marathon launches nothing: its queue, with the offers of the present agents that did not fit.

Document: https://mesosphere.github.io/marathon/docs/rest-api/public/api/v2/queue.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil
from typing import NamedTuple

from collectors.simulator import marathon_stories as stories
from collectors.simulator.marathon_apps import AppNow, apps_of
from collectors.simulator.mesos import AGENT_PORT, Document
from collectors.simulator.plan import PUBLIC_ROLE, Agent, Amount
from collectors.simulator.presence import Presence
from collectors.simulator.state import Moment, World
from collectors.simulator.tasks import resources
from collectors.simulator.times import iso

CONSTRAINT = "UnfulfilledConstraint"
REASONS = (
    *("UnfulfilledRole", CONSTRAINT, "NoCorrespondingReservationFound", "InsufficientCpus"),
    *("InsufficientMemory", "InsufficientDisk", "InsufficientGpus", "InsufficientPorts", "DeclinedScarceResources"),
)
"""In the order in which Marathon looks."""
OFFERED_EVERY_SECONDS = 120


class Offer(NamedTuple):
    agent: Agent
    free: Amount
    reasons: tuple[str, ...]


def queue(world: World, at: float, describe: Callable[[AppNow], Document], *, with_offers: bool = True) -> Document:
    """`/v2/queue?embed=lastUnusedOffers`; Marathon before 1.5 counted no offers."""
    crashing, moment = stories.crashing(world, at), world.at(at)
    entries = []
    for app in apps_of(world, at):
        missing = app.wanted - len(app.instances)
        if missing <= 0:
            continue
        outage = crashing.get(app.app.name)
        if outage and missing == 1:
            entry = _rests(outage.begins_at, stories.launch_delay_seconds(outage, at))
        else:
            entry = _waits(moment, app, app.waits_since or app.scaled_at)
        entries.append({"app": describe(app), "count": missing, **(entry if with_offers else _before_offers(entry))})
    return {"queue": entries}


def _before_offers(entry: Document) -> Document:
    return {key: entry[key] for key in ("delay", "since")}


def _rests(since: float, delay_seconds: float) -> Document:
    """Of what crashed: nothing is launched before its time, whatever is offered."""
    return {
        "delay": {"timeLeftSeconds": ceil(delay_seconds), "overdue": False},
        "since": iso(since),
        "processedOffersSummary": {"processedOffersCount": 0, "unusedOffersCount": 0},
        "lastUnusedOffers": [],
    }


def _waits(moment: Moment, app: AppNow, since: float) -> Document:
    offers = list(offers_of(moment, app))
    rounds = 1 + int((moment.at - since) // OFFERED_EVERY_SECONDS)
    last = moment.at - moment.at % OFFERED_EVERY_SECONDS
    return {
        "delay": {"timeLeftSeconds": 0, "overdue": True},
        "since": iso(since),
        "processedOffersSummary": {
            "processedOffersCount": len(offers) * rounds,
            "unusedOffersCount": len(offers) * rounds,
            "lastUnusedOfferAt": iso(last),
            "rejectSummaryLastOffers": _summary(offers, 1),
            "rejectSummaryLaunchAttempt": _summary(offers, rounds),
        },
        "lastUnusedOffers": [_unused(moment, offer, last) for offer in offers],
    }


def offers_of(moment: Moment, app: AppNow) -> Iterator[Offer]:
    """What every active agent has free, and why that is not enough: where it would be, the app's constraint forbids it."""
    need = app.app.amount
    for now in moment.agents:
        if now.presence is Presence.ACTIVE:
            free = Amount(
                now.agent.total.cpus_milli - now.used.cpus_milli,
                now.agent.total.mem_mb - now.used.mem_mb,
                now.agent.total.disk_mb - now.used.disk_mb,
                now.agent.total.gpus - now.used.gpus,
            )
            short = [
                *(["UnfulfilledRole"] if now.agent.public and not app.is_public else []),
                *(["InsufficientCpus"] if free.cpus_milli < need.cpus_milli else []),
                *(["InsufficientMemory"] if free.mem_mb < need.mem_mb else []),
                *(["InsufficientDisk"] if free.disk_mb < need.disk_mb else []),
            ]
            yield Offer(now.agent, free, tuple(short) or (CONSTRAINT,))


def _summary(offers: list[Offer], rounds: int) -> list[Document]:
    """An offer that fails one requirement is not looked at for the next."""
    left, told = len(offers), []
    for reason in REASONS:
        declined = sum(bool(offer.reasons) and offer.reasons[0] == reason for offer in offers)
        told.append({"reason": reason, "declined": declined * rounds, "processed": left * rounds})
        left -= declined
    return told


def _unused(moment: Moment, offer: Offer, at: float) -> Document:
    agent = offer.agent
    return {
        "offer": {
            "id": f"{moment.plan.run_id}-O{int(at) + agent.index}",
            "hostname": agent.host,
            "agentId": agent.agent_id,
            "resources": [
                {key: value for key, value in each.items() if key != "allocation_info"}
                | {"role": PUBLIC_ROLE if agent.public else "*"}
                for each in resources(offer.free, "*")
            ],
            "attributes": [{"name": name, "type": "TEXT", "text": text} for name, text in agent.attributes.items()],
            "port": AGENT_PORT,
        },
        "timestamp": iso(at),
        "reason": list(offer.reasons[:1]),
    }
