"""How long this cluster waits before it declares a loss, by the flags of its leading master. Pure.

Document: https://mesos.apache.org/documentation/latest/configuration/master/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dashboard import figures

UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "ms": 1e-3,
    "secs": 1.0,
    "mins": 60.0,
    "hrs": 3600.0,
    "days": 86_400.0,
    "weeks": 604_800.0,
}
DURATION = re.compile(rf"([0-9]{{1,12}}(?:\.[0-9]{{1,9}})?)({'|'.join(UNITS)})")
MOST_PINGS = 1e6
LONGEST_SECONDS = 10 * 365 * 86_400.0
"""A longer one is none: nobody waits for it, and no date holds what a flag may say."""


@dataclass(frozen=True)
class Timeout:
    """So many seconds, and which flags say so."""

    seconds: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """None where the flags are not known."""

    agent_lost: Timeout | None = None
    """From an agent's silence to unreachable."""
    agent_back: Timeout | None = None
    """From an election to unreachable, for an agent that does not register with the new leader."""
    leader_lost: Timeout | None = None
    """From the silence of the leader to an election."""


def duration_seconds(text: str) -> float | None:
    """Mesos' own way to write a duration, `15secs` or `1.5mins`; None where it is none."""
    match = DURATION.fullmatch(text.strip())
    return float(match[1]) * UNITS[match[2]] if match else None


def _timeout(seconds: float | None, reason: str) -> Timeout | None:
    return None if seconds is None or seconds > LONGEST_SECONDS else Timeout(seconds, reason)


def of(flags: Mapping[str, str]) -> Timeouts:
    """By the flags of one master, under today's names."""
    return Timeouts(
        agent_lost=_pings(flags),
        agent_back=_single(flags, "agent_reregister_timeout", "for an agent to register with a new leader"),
        leader_lost=_single(flags, "zk_session_timeout", "until ZooKeeper ends a silent leader’s session"),
    )


def _pings(flags: Mapping[str, str]) -> Timeout | None:
    said, most = flags.get("agent_ping_timeout", "").strip(), flags.get("max_agent_ping_timeouts", "")
    seconds = duration_seconds(said)
    if seconds is None or len(most) > 9 or not most.isascii() or not most.isdigit() or int(most) > MOST_PINGS:
        return None
    words = f"{most} pings of {figures.duration(seconds)} each: agent_ping_timeout={said}"
    return _timeout(seconds * int(most), f"{words}, max_agent_ping_timeouts={most}")


def _single(flags: Mapping[str, str], name: str, words: str) -> Timeout | None:
    said = flags.get(name, "").strip()
    seconds = duration_seconds(said)
    return None if seconds is None else _timeout(seconds, f"{figures.duration(seconds)} {words}: {name}={said}")
