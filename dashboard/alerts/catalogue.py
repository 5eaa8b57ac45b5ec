"""The catalogue as the rows that a cluster's rules begin with."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.alerts.definition import Definition
from dashboard.models import Cluster, Rule


def of_kind(cluster: Cluster, rules: Iterable[Definition]) -> dict[str, Definition]:
    """Those that a cluster of its kind can feed, by key, in the catalogue's order."""
    return {definition.key: definition for definition in rules if cluster.kind in definition.kinds}


def row(definition: Definition) -> Rule:
    """The rule as it comes, not saved and of no cluster yet."""
    clear = definition.clear_seconds
    return Rule(
        key=definition.key,
        name=definition.name,
        comparison=definition.comparison,
        warning=definition.warning,
        warning_clear=definition.warning_clear,
        warning_on=definition.warning_on,
        critical=definition.critical,
        critical_clear=definition.critical_clear,
        critical_on=definition.critical_on,
        for_seconds=definition.for_seconds,
        clear_seconds=definition.for_seconds if clear is None else clear,
    )
