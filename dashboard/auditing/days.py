"""Days of a cluster's audit as a list shows them, each checked now; and one day with all that it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec

from dashboard import audit_chain
from dashboard.audit_chain import Broken
from dashboard.auditing import checking
from dashboard.models import AuditEntry, Cluster
from dashboard.queries import audit_entries
from dashboard.queries.marks import Mark


class State(StrEnum):
    VERIFIED = "verified"
    UNSIGNED = "unsigned"
    """Its digest is right; whether it was signed here cannot be told, for no key is known on this machine."""
    BROKEN = "broken"


MARKS = {
    State.VERIFIED: Mark("good", "Verified"),
    State.UNSIGNED: Mark("unk", "Signature not checked"),
    State.BROKEN: Mark("bad", "Broken"),
}


class Events(msgspec.Struct):
    """How many events an entry has, and of what time; those that it lists are left out."""

    count: int
    since: datetime
    until: datetime


class Head(msgspec.Struct):
    """The part of an entry that a list needs."""

    changes: list[str]
    compared_with: date | None
    events: Events


@dataclass(frozen=True, kw_only=True)
class Day:
    """One entry. `head` is None where what it says cannot be read."""

    entry: AuditEntry
    head: Head | None
    state: State
    why: str
    """What is wrong with it; empty where nothing is."""

    @property
    def mark(self) -> Mark:
        return MARKS[self.state]

    @property
    def size_bytes(self) -> int:
        """As it is stored, compressed."""
        return len(self.entry.data)


def latest(cluster: Cluster, *, limit: int, before: int | None = None) -> list[Day]:
    """The latest first, of those numbered before that one. Two queries."""
    return of(audit_entries.latest(cluster, limit=limit, before=before))


def of(entries: Sequence[AuditEntry]) -> list[Day]:
    """One query."""
    trusted = checking.own_keys()
    wrong = checking.shown(entries, trusted)
    return [
        Day(entry=entry, head=_head(entry), state=_state(wrong[entry.number], trusted), why=wrong[entry.number])
        for entry in entries
    ]


def content(day: Day) -> dict[str, Any] | None:
    """All that it says; None for a broken one: that is not what was signed."""
    return None if day.state is State.BROKEN else audit_chain.read(audit_entries.content(day.entry))


def _state(wrong: str, trusted: Mapping[str, str]) -> State:
    if wrong:
        return State.BROKEN
    return State.VERIFIED if trusted else State.UNSIGNED


def _head(entry: AuditEntry) -> Head | None:
    try:
        return msgspec.json.decode(audit_entries.content(entry), type=Head)
    except (Broken, msgspec.DecodeError):
        return None
