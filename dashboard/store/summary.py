"""What the leading master's summary changes: the cluster's present, its agents and frameworks, and the totals' readings."""

from __future__ import annotations

from datetime import timedelta

from collectors.records import ClusterSummary, ClusterVersion
from dashboard.models import Event
from dashboard.store import agents, frameworks, readings, totals
from dashboard.store.writing import Writing

REREGISTRATION_SECONDS = 60
"""For so long after an election an agent that is not listed is re-registering, not gone: a new leader starts empty."""

READING_LAYOUT = (*totals.LAYOUT, "sample.age_seconds")


def write(writing: Writing, summary: ClusterSummary) -> int:
    """Write one summary; returns how many rows were kept."""
    _note_election(writing, summary)
    agents.write(writing, summary)
    frameworks.write(writing, summary)
    _write_present(writing, summary)
    return write_totals(writing, summary) + len(summary.agents) + len(summary.frameworks)


def _note_election(writing: Writing, summary: ClusterSummary) -> None:
    cluster = writing.cluster
    if cluster.summary_leader and cluster.summary_leader != summary.leader_hostname:
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
    found = list(totals.of_summary(summary))
    ids = readings.subjects(writing.cluster, {key: name for key, name, _ in found}, seen_at=summary.taken_at)
    return readings.write(writing.tick, READING_LAYOUT, ((ids[key], [*values, age]) for key, _, values in found))


def write_version(writing: Writing, version: ClusterVersion) -> int:
    """Note what Admin Router says the cluster is; a change of version is an event."""
    cluster = writing.cluster
    if version.dcos_version is None or version.dcos_version == cluster.dcos_version:
        return 0
    if cluster.dcos_version:
        writing.event(
            Event.Kind.VERSION,
            cluster.name,
            name="DC/OS",
            before=cluster.dcos_version,
            after=version.dcos_version,
            taken_at=writing.now,
        )
    cluster.dcos_version = version.dcos_version
    cluster.dcos_variant = version.dcos_variant or ""
    cluster.save(update_fields=["dcos_version", "dcos_variant"])
    return 1
