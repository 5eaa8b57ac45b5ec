"""The flags that masters and agents were started with; what changed becomes events."""

from __future__ import annotations

from collections.abc import Iterable

from collectors.records import AGENT_PORT, MASTER_PORT, Flags
from dashboard.models import Event, ProcessFlags
from dashboard.store.agent_processes import ports_of
from dashboard.store.upserts import upsert
from dashboard.store.writing import Writing, Written

Role = ProcessFlags.Role
Key = tuple[str, int, str]
"""Host, port, role."""


def write(writing: Writing, answers: Iterable[Flags]) -> Written:
    """Write what processes say of their flags. A fixed number of queries, and one more for each flag that changed."""
    answers = list(answers)
    ports = ports_of(writing.cluster, [said.agent_id for said in answers if said.agent_id])
    placed = {_key(said, ports): said for said in answers}
    known = ProcessFlags.objects.filter(cluster=writing.cluster, host__in=[host for host, *_ in placed])
    rows = {(row.host, row.port, row.role): row for row in known}
    for key, said in placed.items():
        if key in rows:
            _tell_changes(writing, rows[key], said)
        host, port, role = key
        rows[key] = ProcessFlags(
            cluster=writing.cluster, host=host, port=port, role=role, taken_at=said.taken_at, flags=dict(said.flags)
        )
    upsert((rows[key] for key in placed), unique=["cluster", "host", "port", "role"], update=["taken_at", "flags"])
    return Written(kept=len(placed))


def _key(said: Flags, ports: dict[str, int]) -> Key:
    if not said.agent_id:
        return said.host, MASTER_PORT, Role.MASTER.value
    return said.host, ports.get(said.agent_id, AGENT_PORT), Role.AGENT.value


def _tell_changes(writing: Writing, row: ProcessFlags, said: Flags) -> None:
    for flag in sorted(row.flags.keys() | said.flags.keys()):
        before, after = row.flags.get(flag, ""), said.flags.get(flag, "")
        if before != after:
            writing.event(
                Event.Kind.FLAG,
                f"{row.role}/{flag}",
                name=flag,
                place=row.host,
                before=before,
                after=after,
                taken_at=said.taken_at,
            )
