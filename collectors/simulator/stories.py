"""What happened to the demo cluster of itself: small troubles, planted around an anchor and told again every day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from math import inf

from collectors.simulator import marathon_stories
from collectors.simulator.incidents import Kind, Outage
from collectors.simulator.plan import FRAMEWORKS, METRONOME, SPARK, Agent, Plan
from collectors.simulator.rhythm import DAY_SECONDS, scatter

HOUR_SECONDS = 3_600.0
DAYS_BEFORE, DAYS_AFTER = 7, 30
FLAPS, FLAP_SECONDS, CALM_SECONDS = 3, 200.0, 240.0
FAILING_TASKS, FAILING_SECONDS = 18, 600.0


def planted(plan: Plan, anchor: float) -> tuple[Outage, ...]:
    """The outages of a week before the anchor and a month after it; one failed check lasts from the anchor's eve on."""
    days = range(-DAYS_BEFORE, DAYS_AFTER)
    private = [agent for agent in plan.agents if not agent.public] or list(plan.agents)
    told = [outage for day in days for outage in _day(plan, private, anchor, day)] if private else []
    told += marathon_stories.planted(plan, anchor, days)
    return (*told, _failed_check(plan, private, anchor)) if private else ()


def _day(plan: Plan, private: list[Agent], anchor: float, day: int) -> Iterator[Outage]:
    now = anchor + day * DAY_SECONDS
    silent = private[int(scatter(plan.key, 3 * day) * len(private))].host
    begins = now - 5 * HOUR_SECONDS
    yield Outage(Kind.AGENT_DEAD, silent, begins, begins + 540)
    leader = plan.masters[(day + DAYS_BEFORE) % len(plan.masters)].host
    begins = now - 9 * HOUR_SECONDS
    yield Outage(Kind.MASTER_DEAD, leader, begins, begins + 180)
    yield from _by_schedulers_and_operators(plan, private, now, day)
    flapping = private[int(scatter(plan.key, 3 * day + 1) * len(private))].host
    for flap in range(FLAPS):
        begins = now - 3 * HOUR_SECONDS + flap * (FLAP_SECONDS + CALM_SECONDS)
        output = exited("dcos-telegraf.service", begins, TELEGRAF_LINES)
        yield Outage(Kind.UNIT_BROKEN, flapping, begins, begins + FLAP_SECONDS, "dcos-telegraf.service", output)


def _by_schedulers_and_operators(plan: Plan, private: list[Agent], now: float, day: int) -> Iterator[Outage]:
    """A job's tasks fail for a while, a scheduler is away for some minutes, an agent is drained and taken up again."""
    begins = now - 6.5 * HOUR_SECONDS
    rate = FAILING_TASKS * HOUR_SECONDS / FAILING_SECONDS
    yield Outage(Kind.TASKS_FAILING, FRAMEWORKS[SPARK].name, begins, begins + FAILING_SECONDS, per_hour=rate)
    begins = now - 7.5 * HOUR_SECONDS
    yield Outage(Kind.FRAMEWORK_AWAY, FRAMEWORKS[METRONOME].name, begins, begins + 300)
    drained = private[int(scatter(plan.key, 3 * day + 2) * len(private))].host
    begins = now - 11 * HOUR_SECONDS
    yield Outage(Kind.AGENT_DRAINING, drained, begins, begins + 0.7 * HOUR_SECONDS)


def _failed_check(plan: Plan, private: list[Agent], anchor: float) -> Outage:
    host = private[int(scatter(plan.key, -1) * len(private))].host
    begins, unit = anchor - 1.6 * HOUR_SECONDS, "dcos-checks-poststart.service"
    return Outage(Kind.UNIT_BROKEN, host, begins, inf, unit, exited(unit, begins, POSTSTART_LINES))


def exited(unit: str, at: float, lines: tuple[str, ...]) -> str:
    """What dcos-diagnostics says of a unit whose process ended badly: the verdict, then its journal's last lines."""
    stamps = (datetime.fromtimestamp(at + i * 0.217, UTC).strftime("%Y-%m-%d %H:%M:%S.%f") for i in range(len(lines)))
    journal = "".join(f"{stamp} +0000 UTC {line}\n" for stamp, line in zip(stamps, lines, strict=True))
    return f"ExecMainStatus return failed status for {unit}\n{journal}"


POSTSTART_LINES = (
    "Starting DC/OS Poststart Checks: Run node-poststart checks...",
    "dcos-check-runner: running 7 checks of node-poststart",
    "check components_agent: ok (0.21 s)",
    "check mesos_agent_registered_with_masters: ok (0.35 s)",
    "check journald_dir_permissions: ok (0.02 s)",
    "check node_clock_sync: failed (0.11 s), exit status 1",
    "  clock offset to the time server is 4.8 s, at most 0.5 s is allowed; chronyd: no source is reachable",
    "1 of 7 checks failed",
    "dcos-checks-poststart.service: Main process exited, code=exited, status=1/FAILURE",
    "Failed to start DC/OS Poststart Checks: Run node-poststart checks.",
)
TELEGRAF_LINES = (
    "I! Loaded inputs: dcos_containers dcos_statsd disk mem net procstat system",
    "E! could not read the container list of the Mesos agent: request took longer than 10 s",
    "dcos-telegraf.service: Watchdog timeout (limit 30s)!",
    "dcos-telegraf.service: Main process exited, code=killed, status=6/ABRT",
)
AGENT_LINES = (
    "slave.cpp: Lost the connection to the container logger, shutting down",
    "dcos-mesos-slave: Main process exited, code=killed, status=9/KILL",
    "Service RestartSec=5s expired, scheduling restart.",
)
MASTER_LINES = (
    "main.cpp: Stopping the master on request of the operator",
    "dcos-mesos-master.service: Main process exited, code=killed, status=9/KILL",
    "Service RestartSec=15s expired, scheduling restart.",
)
