"""Why an app waits to be launched: what its offers lacked, which agent comes nearest, and what would unblock it. Pure.

Reasons are Marathon's own words, `NoOfferMatchReason` (mesosphere/marathon, core/launcher); DC/OS draws them by requirement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard import figures
from dashboard.models import App, LaunchWait

REASONS = {
    "UnfulfilledRole": "no resources for its role",
    "NoCorrespondingReservationFound": "no reservation that is its own",
    "UnfulfilledConstraint": "a constraint is not met",
    "InsufficientCpus": "too little CPU",
    "InsufficientMemory": "too little memory",
    "InsufficientDisk": "too little disk",
    "InsufficientGpus": "too few GPUs",
    "InsufficientPorts": "no free ports that fit",
    "AgentMaintenance": "the agent is in maintenance",
    "DeclinedScarceResources": "its GPUs are kept for those that ask for them",
}
REQUIREMENTS = {
    "Role": ("UnfulfilledRole", "NoCorrespondingReservationFound"),
    "Constraint": ("UnfulfilledConstraint", "AgentMaintenance"),
    "CPU": ("InsufficientCpus",),
    "Memory": ("InsufficientMemory",),
    "Disk": ("InsufficientDisk",),
    "GPU": ("InsufficientGpus", "DeclinedScarceResources"),
    "Ports": ("InsufficientPorts",),
}
"""DC/OS's words, in the order in which Marathon checks them."""
AMOUNTS = {
    "InsufficientCpus": ("cpus", "cpus", "CPU"),
    "InsufficientMemory": ("mem_bytes", "mem_bytes", "memory"),
    "InsufficientDisk": ("disk_bytes", "disk_bytes", "disk"),
    "InsufficientGpus": ("gpus", "gpus", "GPU"),
}
"""Reason → field of the app, of the offer, and its word."""
REQUIREMENT_OF = {word: name for name, words in REQUIREMENTS.items() for word in words}
REMEDIES = {
    "UnfulfilledRole": "let it accept the role {role}",
    "NoCorrespondingReservationFound": "give it a reservation there",
    "UnfulfilledConstraint": "loosen its constraints",
    "InsufficientPorts": "let it take other ports",
    "AgentMaintenance": "wait for the end of the maintenance",
    "DeclinedScarceResources": "let it use agents with GPUs",
}
Offer = Mapping[str, Any]


@dataclass(frozen=True)
class Requirement:
    """How many of the offers that came as far as it met it; None where none came so far."""

    name: str
    matched: int | None
    processed: int | None

    @property
    def ratio(self) -> float | None:
        return self.matched / self.processed if self.processed and self.matched is not None else None

    @property
    def declined(self) -> int:
        return (self.processed or 0) - (self.matched or 0)

    @property
    def is_blocking(self) -> bool:
        return self.ratio is not None and self.ratio < 1


@dataclass(frozen=True)
class Want:
    """One resource: what an instance asks for, and what the nearest agent offered."""

    name: str
    asked: str
    offered: str
    ratio: float
    """Offered of asked; may be above 1."""
    missing: str
    """Empty where the offer was not declined for it."""


@dataclass(frozen=True)
class Nearest:
    """The agent whose last unused offer lacks least."""

    host: str
    lacks: str
    unblocked_by: str
    received_at: datetime | None
    wants: tuple[Want, ...] = ()
    others: tuple[str, ...] = ()
    """What it was declined for that is no amount."""

    @property
    def says(self) -> str:
        return f"{self.host} comes nearest: {self.lacks}"


def reason(word: str) -> str:
    """One that is newer than this table stands as Marathon writes it."""
    return REASONS.get(word, word)


def requirements(rejections: Sequence[Offer]) -> list[Requirement]:
    """The seven of DC/OS, then those it has no word for. Of two reasons of one requirement the offers pass both."""
    told = {str(one["reason"]): one for one in rejections}
    groups = {**REQUIREMENTS, **{word: (word,) for word in told if word not in REQUIREMENT_OF}}
    return [_requirement(name, [told[word] for word in words if word in told]) for name, words in groups.items()]


def _requirement(name: str, checks: Sequence[Offer]) -> Requirement:
    processed = max((int(one["processed"]) for one in checks), default=0)
    if not processed:
        return Requirement(name, None, None)
    declined = sum(int(one["declined"]) for one in checks)
    return Requirement(name, max(0, processed - declined), processed)


def resting_seconds(wait: LaunchWait, now: datetime) -> float | None:
    """What is left of its delay, at least 0; None where it does not rest."""
    if wait.overdue or wait.delay_seconds <= 0:
        return None
    return max(0.0, wait.delay_seconds - (now - wait.taken_at).total_seconds())


def why(wait: LaunchWait, now: datetime) -> str:
    """Part of a sentence: why the rest of its instances is not launched."""
    left = resting_seconds(wait, now)
    if left is not None:
        when = f"launches again in {figures.duration(left)}" if left else "may launch again any moment"
        return f"Marathon rests after failures: it {when}"
    blocking = [one for one in requirements(wait.last_offers) if one.is_blocking]
    if blocking:
        worst = min(blocking, key=lambda one: (one.ratio or 0.0, one.name))
        met = f"{figures.count(worst.matched)} of {figures.counted(worst.processed, 'offer')}"
        return f"it waits for an offer that fits: {worst.name} fits in {met}"
    if wait.last_offers:
        return "it waits for an offer: those that came fit"
    return "it waits for an offer, and its Marathon has told of none yet"


def nearest(app: App, offers: Sequence[Offer]) -> Nearest | None:
    """Of the unused offers that with the fewest reasons, then the least missing; None where none is told."""
    told = [one for one in offers if one.get("reasons")]
    if not told:
        return None
    best = min(told, key=lambda one: (len(one["reasons"]), _missing_share(app, one), str(one["host"])))
    reasons = best["reasons"]
    return Nearest(
        host=str(best["host"]),
        lacks=_joined([_lack(app, best, word) for word in reasons]),
        unblocked_by=_joined([one for one in (_remedy(app, best, word) for word in reasons) if one]),
        received_at=received(best.get("received_at")),
        wants=tuple(_want(app, best, word) for word in AMOUNTS if _asked(app, word) > 0),
        others=tuple(reason(word) for word in reasons if word not in AMOUNTS),
    )


def _want(app: App, offer: Offer, word: str) -> Want:
    asked, offered = _asked(app, word), float(offer[AMOUNTS[word][1]])
    missing = ""
    if word in offer["reasons"]:
        missing = _amount(word, asked - offered) if asked > offered else "enough, but not of a role it may use"
    return Want(REQUIREMENT_OF[word], _amount(word, asked), _amount(word, offered), offered / asked, missing)


def _asked(app: App, word: str) -> float:
    return float(getattr(app, AMOUNTS[word][0]))


def received(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def _shortfall(app: App, offer: Offer, word: str) -> float:
    """How much of the amount is missing, in its unit; 0 or less where the offer holds enough, of another role perhaps."""
    return _asked(app, word) - float(offer[AMOUNTS[word][1]])


def _missing_share(app: App, offer: Offer) -> float:
    words = [word for word in offer["reasons"] if word in AMOUNTS]
    return sum(_shortfall(app, offer, word) / (_asked(app, word) or 1.0) for word in words)


def _amount(word: str, amount: float) -> str:
    kind = AMOUNTS[word][2]
    return figures.byte_size(amount) if kind in ("memory", "disk") else figures.cores(amount)


def _lack(app: App, offer: Offer, word: str) -> str:
    if word not in AMOUNTS:
        return reason(word)
    short, kind = _shortfall(app, offer, word), AMOUNTS[word][2]
    if short <= 0:
        return f"{reason(word)} that it may use"
    return f"it lacks {_amount(word, short)} of {kind}"


def _remedy(app: App, offer: Offer, word: str) -> str:
    if word not in AMOUNTS:
        role = offer.get("role") or "of the offer"
        return REMEDIES.get(word, "").format(role=role)
    short, (_, offered, kind) = _shortfall(app, offer, word), AMOUNTS[word]
    if short <= 0:
        return f"let it use {kind} of other roles"
    asked = _amount(word, _asked(app, word))
    return f"ask for {_amount(word, short)} less {kind} ({_amount(word, float(offer[offered]))} in place of {asked})"


def _joined(parts: Sequence[str]) -> str:
    return ", and ".join(parts)
