"""Whether a failure falls into a maintenance that an operator announced here. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from dashboard import matching
from dashboard.models import Incident, Silence

EARLY = timedelta(minutes=5)
"""Whoever stops a node a little before its maintenance begins meant it."""


def reason(incident: Incident, host: str, zone: str, silences: Iterable[Silence]) -> str:
    """Why it is planned, as a sentence; empty where it is not."""
    for silence in silences:
        if _is_during(silence, incident) and _means(silence, host, zone):
            return f"In the maintenance by {silence.by}: {silence.why}"
    return ""


def _is_during(silence: Silence, incident: Incident) -> bool:
    ends_at = min(silence.ends_at, silence.ended_at or silence.ends_at)
    return silence.begins_at - EARLY <= incident.began_at <= ends_at


def _means(silence: Silence, host: str, zone: str) -> bool:
    try:
        matcher = matching.parse(silence.matcher)
    except ValueError:
        return False  # stored by another version: nothing can be said of it
    nodes, zones = matcher.values("node"), matcher.values("zone")
    return bool(nodes or zones) and (not nodes or host in nodes) and (not zones or zone in zones)
