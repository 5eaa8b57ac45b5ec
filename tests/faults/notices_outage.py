"""An hour in which a receiver takes nothing, on a clock that is moved: what becomes of all that is owed meanwhile."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max
from django.test import override_settings

from dashboard.alerts import deliver
from dashboard.models import Notice
from tests import notices_owed
from tests.builders import NOON
from tests.faults.server import Connection, FaultServer, answer

KINDS = (Notice.Kind.PROBLEM, Notice.Kind.MORE, Notice.Kind.WORSE, Notice.Kind.RECOVERY)
"""What each group owes, in this order."""
OUTAGE = timedelta(hours=1)
PATIENCE = timedelta(hours=2)
STEP_SECONDS = 10
DRAIN_STEP_SECONDS = 2
"""As often as the schedule lets notices be sent."""


@dataclass
class Simulation:
    """The receiver and the time."""

    now: datetime = NOON
    down: bool = True

    def __call__(self) -> datetime:
        return self.now

    def take(self, to: Connection) -> None:
        answer(status="503 Service Unavailable" if self.down else "200 OK")(to)


@dataclass(frozen=True, kw_only=True)
class Figures:
    owed: int
    lost: int
    twice: int
    out_of_order: int
    """Notices that were taken before an older one of their thread."""
    tries_in_vain: int
    drained_seconds: float
    """Simulated, from the receiver's return to the last notice."""


def hour(notices: int, *, per_minute: int) -> Figures:
    """`notices` owed evenly over an hour to one channel that is down, then everything until nothing is owed."""
    simulation = Simulation()
    with FaultServer({"/": simulation.take}) as server, override_settings(ALLOW_LOOPBACK=True):
        notices_owed.channel(target=f"{server.url}/", per_minute=per_minute)
        owed = _down(simulation, notices)
        failed = len(server.seen)
        simulation.down, back_at = False, simulation.now
        while Notice.objects.filter(sent_at=None).exists() and simulation.now - back_at < PATIENCE:
            deliver.send_due(simulation)
            simulation.now += timedelta(seconds=DRAIN_STEP_SECONDS)
        taken = [seen.headers["idempotency-key"] for seen in server.seen[failed:]]
    counts = Counter(taken)
    last = Notice.objects.aggregate(Max("sent_at"))["sent_at__max"]
    return Figures(
        owed=len(owed),
        lost=sum(not counts[key] for key in owed),
        twice=sum(count - 1 for count in counts.values()),
        out_of_order=out_of_order(taken),
        tries_in_vain=failed,
        drained_seconds=(last - back_at).total_seconds(),
    )


def _down(simulation: Simulation, notices: int) -> list[str]:
    """The outage; the keys of what was owed in it."""
    steps = int(OUTAGE.total_seconds()) // STEP_SECONDS
    groups = [notices_owed.group(reason=f"reason {number}") for number in range(notices // len(KINDS))]
    due = [(group, kind) for kind in KINDS for group in groups]
    owed: list[str] = []
    for step in range(1, steps + 1):
        while len(owed) < len(due) * step // steps:
            group, kind = due[len(owed)]
            owed += [notice.key for notice in notices_owed.owe(group, kind, simulation.now)]
        deliver.send_due(simulation)
        simulation.now += timedelta(seconds=STEP_SECONDS)
    return owed


def out_of_order(taken: list[str]) -> int:
    """How many notices came before one of their thread that was owed earlier, by their first arrival."""
    order = {key: place for place, key in reversed(list(enumerate(taken)))}
    threads: dict[str, list[int]] = {}
    for thread, key in Notice.objects.order_by("pk").values_list("thread", "key"):
        if key in order:
            threads.setdefault(thread, []).append(order[key])
    return sum(later < max(places[:at]) for places in threads.values() for at, later in enumerate(places) if at)
