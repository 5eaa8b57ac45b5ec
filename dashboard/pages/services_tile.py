"""The tile that DC/OS calls Services Status: apps by how they stand, and the frameworks that run them."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from dashboard import figures
from dashboard.models import Cluster, Framework
from dashboard.pages.sorting import query
from dashboard.pages.tile import Row, Tile, counts
from dashboard.queries import marks
from dashboard.queries.app_counts import RUNNING, AppCounts
from dashboard.queries.now import Now

TITLE = "Services Status"
ROWS = 3


def tile(cluster: Cluster, now: Now, *, stale: bool) -> Tile:
    """Of apps as soon as a Marathon has listed any; `stale` says that what is known of frameworks is old."""
    frameworks, apps = now.services.frameworks, now.services.apps
    known = now.sources["summary"].sample_at is not None
    return _apps(cluster, apps, frameworks, known=known) if apps.total else _frameworks(now, known=known, stale=stale)


def _apps(cluster: Cluster, apps: AppCounts, frameworks: Sequence[Framework], *, known: bool) -> Tile:
    address = reverse("apps", args=[cluster.name])
    active = sum(row.state == Framework.State.ACTIVE for row in frameworks)
    below = f"{active} of {figures.counted(len(frameworks), 'framework')} active" if known else "frameworks not known"
    away = [row for row in frameworks if row.state != Framework.State.ACTIVE]
    return Tile(
        title=TITLE,
        number=figures.count(apps.running),
        unit=f"of {figures.count(apps.total)} running",
        basis="apps and pods, as their Marathons list them",
        beside=below,
        href=address,
        rows=[*_by_state(address, apps), *(_framework(row) for row in away[:ROWS])],
        stale=not apps.is_current,
    )


def _by_state(address: str, apps: AppCounts) -> list[Row]:
    """Each state but that of the number."""
    return [
        Row(
            word=figures.counted(count, "app"),
            status=state.word,
            state=state.mark,
            href=f"{address}{query({'state': state.word.lower().replace(' ', '')})}",
            quiet=state.mark == "mute",
        )
        for state, count in apps.by_state.items()
        if state != RUNNING
    ]


def _frameworks(now: Now, *, known: bool, stale: bool) -> Tile:
    frameworks = now.services.frameworks
    active = [row for row in frameworks if row.state == Framework.State.ACTIVE]
    spark, said = counts(now.services.line)
    rows = [_framework(row) for row in frameworks[:ROWS]]
    if len(frameworks) > ROWS:
        rows.append(Row(word=f"{len(frameworks) - ROWS} more"))
    return Tile(
        title=TITLE,
        number=figures.count(len(active)) if known else figures.ABSENT,
        unit=f"of {len(frameworks)} active" if known else "",
        basis="frameworks, as Mesos sees them",
        spark=spark,
        spark_label=f"Active frameworks, 24 h: {said}",
        rows=rows,
        stale=stale,
    )


def _framework(row: Framework) -> Row:
    state = marks.FRAMEWORK[Framework.State(row.state)]
    return Row(word=row.name, status=state.word, state=state.mark, quiet=state.mark == "good")
