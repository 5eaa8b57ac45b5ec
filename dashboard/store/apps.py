"""Apps and pods: one row each, a reading of its instances each time they are listed, an event of each change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import isinf, nan

import msgspec
from django.db.models import F, Q

from collectors.records import AppSummary, MarathonApps
from dashboard import applications, subject_keys
from dashboard.models import App, AppVersion, Cluster, Event, LaunchWait, Marathon, Subject
from dashboard.store import app_states, marathons, readings
from dashboard.store.upserts import upsert
from dashboard.store.writing import Writing

KIND = Subject.Kind.APP.value
LAYOUT = (
    *("instances", "staged", "running", "healthy", "unhealthy"),
    *("cpus_allocated", "mem_allocated_bytes", "disk_allocated_bytes", "gpus_allocated", "sample.age_seconds"),
)
"""Values of an app's reading: what it was allocated is what one instance asks for, times those that are staged or run."""
MOST_APPS = 20_000
"""Of one Marathon; the last of its list past them are left out, and counted."""
MOST_VERSIONS = 50
ASK_AGAIN = timedelta(hours=1)
"""Who was asked in vain, as of one that its Marathon knows no more, is asked this seldom."""
UNLIMITED = 0.0
FAILURE = ["failure_task_id", "failure_host", "failure_state", "failure_message", "failure_at", "failure_version"]
SAID = [
    *("kind", "instances", "staged", "running", "healthy", "unhealthy", "has_health_checks"),
    *("cpus", "mem_bytes", "disk_bytes", "gpus", "cpus_limit", "mem_limit_bytes"),
    *("version", "last_scaled_at", "last_changed_at", "is_deploying", "role", "image", "labels", "stats"),
]
"""What a row takes from each list, in the order of `_said`."""
CHANGES = [*SAID, *FAILURE, "failure_asked_at", "failure_refused_at", "state", "state_rank", "state_since", "gone_at"]


def write(writing: Writing, said: MarathonApps) -> int:
    """Bring the apps of one Marathon up to its list; returns how many it has.

    Of those that are not in it, a list that is whole says that they are gone. A fixed number of queries, and one an event.
    """
    marathon = marathons.row_of(writing, said.key)
    known = {app.app_id: app for app in App.objects.filter(marathon=marathon)}
    waits = {wait.app_id: wait for wait in LaunchWait.objects.filter(app__marathon=marathon)}
    listed = {summary.app_id: summary for summary in said.apps[:MOST_APPS]}
    silent, changed = marathon.apps_taken_at is None, []
    for app_id, summary in listed.items():
        row = known.get(app_id)
        if row is None:
            row = _new(writing, marathon, app_id, said.taken_at)
        row.marathon = marathon
        if _bring_up(writing, row, summary, waits.get(row.pk), said, silent=silent):
            changed.append(row)
    changed += _gone(writing, marathon, [known[i] for i in known.keys() - listed.keys()], said)
    upsert(changed, unique=["marathon", "app_id"], update=CHANGES)
    _write_versions(marathon, listed, {app.app_id for app in changed}, said.taken_at)
    Marathon.objects.filter(pk=marathon.pk).update(apps_taken_at=said.taken_at)
    write_readings(writing.cluster, said.key, [(writing.tick, said)], seen_at=said.taken_at)
    return len(listed)


def _new(writing: Writing, marathon: Marathon, app_id: str, at: datetime) -> App:
    return App(cluster=writing.cluster, marathon=marathon, app_id=app_id, first_seen=at, state="", state_rank=0)


def _bring_up(
    writing: Writing, row: App, summary: AppSummary, wait: LaunchWait | None, said: MarathonApps, *, silent: bool
) -> bool:
    """Whether anything of the row changed; what an operator looks for in a past is told."""
    is_new, at, values = row.pk is None, said.taken_at, _said(summary)
    before = (row.version, row.instances) if not is_new else None
    changed = is_new or row.gone_at is not None or [getattr(row, name) for name in SAID] != values
    for name, value in zip(SAID, values, strict=True):
        setattr(row, name, value)
    if row.gone_at is not None:
        row.gone_at, row.state = None, app_states.GONE  # so that its return is told
    if summary.app_id in said.asked:
        _note_failure(row, summary, at)
        changed = True
    elif summary.app_id in said.refused:
        row.failure_refused_at, changed = at, True
    if app_states.restate(writing, row, wait, at=at, silent=silent):
        changed = True
    if before is not None:
        _tell_changes(writing, row, *before, at=at)
    return changed


def _tell_changes(writing: Writing, row: App, version: str, instances: int, *, at: datetime) -> None:
    if instances != row.instances:
        app_states.event(writing, Event.Kind.APP_SCALED, row, before=str(instances), after=str(row.instances), at=at)
    elif version != row.version:
        app_states.event(writing, Event.Kind.APP_VERSION, row, before=version, after=row.version, at=at)


def _said(summary: AppSummary) -> list[object]:
    each = summary.each
    return [
        *(summary.kind.value, summary.instances, summary.staged, summary.running, summary.healthy, summary.unhealthy),
        *(summary.has_health_checks, each.cpus, each.mem_bytes, each.disk_bytes, each.gpus),
        *(_limit(summary.cpus_limit), _limit(summary.mem_limit_bytes)),
        *(summary.version[:64], summary.last_scaled_at, summary.last_changed_at, bool(summary.deployments)),
        *(summary.role[:255], summary.image[:500], dict(summary.labels)),
        [msgspec.structs.asdict(line) for line in summary.stats],
    ]


def _limit(amount: float | None) -> float | None:
    return UNLIMITED if amount is not None and isinf(amount) else amount


def _note_failure(row: App, summary: AppSummary, at: datetime) -> None:
    last = summary.last_failure
    row.failure_asked_at, row.failure_refused_at = at, None
    if last is not None:
        row.failure_task_id, row.failure_host, row.failure_state = last.task_id[:255], last.host[:255], last.state[:32]
        row.failure_message, row.failure_at = last.message[:4000], last.failed_at
        row.failure_version = last.version[:64]


def _gone(writing: Writing, marathon: Marathon, missing: Iterable[App], said: MarathonApps) -> list[App]:
    left = [row for row in missing if row.gone_at is None] if said.whole else []
    for row in left:
        row.marathon = marathon
        app_states.tell(writing, row, before=row.state, after=app_states.GONE, at=said.taken_at)
        row.gone_at = said.taken_at
    if left:
        LaunchWait.objects.filter(app__in=left).delete()
    return left


def _write_versions(marathon: Marathon, listed: Mapping[str, AppSummary], changed: set[str], at: datetime) -> None:
    """The configurations that are new; of an app the newest are kept. Two queries, two more where there is one."""
    apps: dict[str, int] = dict(App.objects.filter(marathon=marathon, app_id__in=changed).values_list("app_id", "pk"))
    wanted = {(pk, listed[app_id].version[:64]): listed[app_id] for app_id, pk in apps.items() if app_id in listed}
    known = set(AppVersion.objects.filter(app__in=apps.values()).values_list("app_id", "version"))
    new = [key for key in wanted if key not in known]
    AppVersion.objects.bulk_create(
        AppVersion(app_id=pk, version=version, seen_at=at, config=dict(wanted[pk, version].config))
        for pk, version in new
    )
    for pk in {pk for pk, _ in new}:
        kept = AppVersion.objects.filter(app=pk).order_by("-seen_at", "-pk").values_list("pk", flat=True)
        AppVersion.objects.filter(app=pk, pk__in=list(kept[MOST_VERSIONS:])).delete()


def write_readings(
    cluster: Cluster, marathon_key: str, ticks: Iterable[tuple[int, MarathonApps]], *, seen_at: datetime
) -> int:
    """A reading for each app of one Marathon at each tick (tick, what was listed then); returns how many."""
    ticks = list(ticks)
    ids_of = {one.app_id for _, said in ticks for one in said.apps[:MOST_APPS]}
    keys = {app_id: subject_keys.key_of(applications.subject_key(marathon_key, app_id)) for app_id in ids_of}
    ids = readings.subjects(cluster, {(KIND, keys[app_id]): app_id for app_id in ids_of}, seen_at=seen_at)
    rows = [
        (tick, ids[KIND, keys[one.app_id]], _values(one, tick - said.taken_at.timestamp()))
        for tick, said in ticks
        for one in said.apps[:MOST_APPS]
    ]
    return readings.write_many(LAYOUT, rows)


def _values(one: AppSummary, age_seconds: float) -> list[float]:
    held, each = one.staged + one.running, one.each
    judged = applications.judged(one.healthy, one.unhealthy, checked=one.has_health_checks)
    return [
        *(one.instances, one.staged, one.running, *(nan if count is None else count for count in judged)),
        *(held * each.cpus, held * each.mem_bytes, held * each.disk_bytes, held * each.gpus, age_seconds),
    ]


def to_ask(cluster: Cluster, now: datetime, *, most: int = 20) -> tuple[tuple[str, str], ...]:
    """Marathon's key and id of the apps whose last failure is to be asked for: those that lost tasks since it was, then
    those of which it never was. Who was asked in vain waits for ASK_AGAIN, or for the next lost task. One query."""
    rows = App.objects.filter(cluster=cluster, gone_at=None, kind=App.Kind.APP).select_related("marathon")
    wanted = rows.filter(Q(failure_asked_at=None) | Q(failure_asked_at__lt=F("task_lost_at")))
    refused = Q(failure_refused_at__gt=now - ASK_AGAIN)
    since = Q(failure_refused_at__lt=F("task_lost_at"))
    wanted = wanted.filter(Q(failure_refused_at=None) | ~refused | since)
    first = wanted.order_by(F("task_lost_at").desc(nulls_last=True), "pk")[:most]
    return tuple((app.marathon.key, app.app_id) for app in first)
