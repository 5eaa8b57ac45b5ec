"""What the leading master's summary changes: the cluster's present, its agents and frameworks, and the totals' readings."""

from __future__ import annotations

from datetime import timedelta

from collectors.records import ClusterSummary, ClusterVersion
from dashboard.models import Event, Subject
from dashboard.store import agents, frameworks, readings, totals
from dashboard.store.writing import Writing

REREGISTRATION_SECONDS = 60
"""For so long after an election an agent that is not listed is re-registering, not gone: a new leader starts empty."""

LONGEST_VERSION = 32

NODE_READINGS_SECONDS = 60
READING_LAYOUT = (*totals.LAYOUT, "sample.age_seconds")


def write(writing: Writing, summary: ClusterSummary, *, whole: bool) -> int:
    """Write one summary; returns how many rows were kept.

    Not `whole` is a summary some of whose entries could not be read: who is not in it may be among those, and is not gone.
    """
    _note_election(writing, summary)
    agents.write(writing, summary, whole=whole)
    frameworks.write(writing, summary, whole=whole)
    _write_present(writing, summary)
    return write_totals(writing, summary) + len(summary.agents) + len(summary.frameworks)


def _note_election(writing: Writing, summary: ClusterSummary) -> None:
    """Another leader, or one that restarted, knows few agents at first.

    A restart shows here before the masters' own poll tells it: agents that are lost are first listed as inactive, so more
    than half of them missing at once are not lost.
    """
    cluster = writing.cluster
    listed_before = (cluster.agents_active or 0) + (cluster.agents_inactive or 0)
    changed = bool(cluster.summary_leader) and cluster.summary_leader != summary.leader_hostname
    if changed or 2 * len(summary.agents) < listed_before:
        cluster.reregistering_until = summary.taken_at + timedelta(seconds=REREGISTRATION_SECONDS)
    cluster.summary_leader = summary.leader_hostname


def _write_present(writing: Writing, summary: ClusterSummary) -> None:
    cluster = writing.cluster
    present = dict(zip(totals.LAYOUT, totals.of_cluster(summary), strict=True))
    columns = [name for name in present if "_offered" not in name]
    for name in columns:
        setattr(cluster, name, present[name])
    cluster.own_name = summary.cluster_name or ""
    cluster.summary_taken_at = summary.taken_at
    kept = ["summary_leader", "reregistering_until", "own_name", "summary_taken_at"]
    cluster.save(update_fields=[*kept, *columns])


def write_totals(writing: Writing, summary: ClusterSummary) -> int:
    """One reading for each total of the summary, at the poll's tick."""
    age = writing.tick - summary.taken_at.timestamp()
    found = [total for total in totals.of_summary(summary) if _is_due(total, writing.tick)]
    ids = readings.subjects(writing.cluster, {key: name for key, name, _ in found}, seen_at=summary.taken_at)
    return readings.write(writing.tick, READING_LAYOUT, ((ids[key], [*values, age]) for key, _, values in found))


def _is_due(total: totals.Total, tick: int) -> bool:
    """Of each of a thousand agents a reading every 10 s would be gigabytes a day: theirs are kept once a minute."""
    (kind, _), _, _ = total
    return kind != Subject.Kind.NODE or tick % NODE_READINGS_SECONDS == 0


def write_version(writing: Writing, version: ClusterVersion) -> int:
    """Note what Admin Router says the cluster is; a change of version is an event."""
    cluster = writing.cluster
    named, variant = (version.dcos_version or "")[:LONGEST_VERSION], (version.dcos_variant or "")[:LONGEST_VERSION]
    if not named or named == cluster.dcos_version:
        return 0
    if cluster.dcos_version:
        writing.event(
            Event.Kind.VERSION,
            cluster.name,
            name="DC/OS",
            before=cluster.dcos_version,
            after=named,
            taken_at=writing.now,
        )
    cluster.dcos_version, cluster.dcos_variant = named, variant
    cluster.save(update_fields=["dcos_version", "dcos_variant"])
    return 1
