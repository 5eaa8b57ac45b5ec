"""Apps and pods of each Marathon, with their counts; of apps that lost tasks the last failure too.

Endpoint: GET /service/marathon/v2/apps, /v2/pods/::status, and /v2/apps/<id> of at most 20 apps that lost tasks
Document: https://mesosphere.github.io/marathon/api-console/index.html
Yields:   MarathonApps for each Marathon that answered, NodeOutcome for each that was asked

Up to Marathon 1.4 what is not set is null, later it is left out; Task Statistics are `taskStats` up to 1.8, `tasksStats`
since. An app without health checks counts nobody as healthy.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

import msgspec

from collectors.client import Client
from collectors.decoding import Amount, Count, Dropped, count, decode, each, from_rfc3339, is_said, name, one, strings
from collectors.each_marathon import LIMIT_BYTES, LIST_SECONDS, ask_marathons
from collectors.errors import PollError
from collectors.records import AppSummary, Harvest, LifeStats, MarathonApps, Resources, RunKind, Turn
from collectors.sources.amounts import amount_or_unlimited, mebibytes
from collectors.sources.app_configs import config_of_app
from collectors.sources.app_failures import Failure, ask_failures, failure_of
from collectors.sources.pods import MOST_LABELS, Limits, decode_pods
from collectors.sources.source import POLL_DEADLINE_SECONDS, Source
from collectors.target import Kind, MarathonPlace, Target

LIST = "/v2/apps?embed=apps.counts&embed=apps.deployments&embed=apps.taskStats"
PODS = "/v2/pods/::status"
NO_PODS = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
"""Before Marathon 1.4 nobody answers there."""
NOTHING = msgspec.Raw()


class Counts(msgspec.Struct, frozen=True):
    staged: Count | None = None
    running: Count | None = None
    healthy: Count | None = None
    unhealthy: Count | None = None


class LifeTime(msgspec.Struct, frozen=True, rename="camel"):
    median_seconds: Amount | None = None


class Numbers(msgspec.Struct, frozen=True, rename="camel"):
    counts: Counts = Counts()
    life_time: LifeTime = LifeTime()


class Line(msgspec.Struct, frozen=True):
    stats: Numbers


class Statistics(msgspec.Struct, frozen=True, rename="camel"):
    started_after_last_scaling: Line | None = None
    with_latest_config: Line | None = None
    with_outdated_config: Line | None = None
    total_summary: Line | None = None


class Docker(msgspec.Struct, frozen=True):
    image: str | None = None


class Container(msgspec.Struct, frozen=True):
    docker: Docker | None = None


class VersionInfo(msgspec.Struct, frozen=True, rename="camel"):
    last_scaling_at: str | None = None
    last_config_change_at: str | None = None


class Deploying(msgspec.Struct, frozen=True):
    id: str


class App(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: Annotated[str, msgspec.Meta(min_length=1)]
    instances: Count
    cpus: Amount
    mem: Amount
    disk: Amount | None = None
    gpus: Amount | None = None
    tasks_staged: Count
    tasks_running: Count
    tasks_healthy: Count | None = None
    tasks_unhealthy: Count | None = None
    version: str = ""
    version_info: VersionInfo | None = None
    role: str | None = None
    container: Container | None = None
    labels: dict[str, msgspec.Raw] | None = None
    health_checks: list[msgspec.Raw] | None = None
    deployments: list[Deploying] | None = None
    resource_limits: Limits | None = None
    task_stats: msgspec.Raw = NOTHING
    tasks_stats: msgspec.Raw = NOTHING
    last_task_failure: msgspec.Raw = NOTHING


class Answer(msgspec.Struct, frozen=True):
    apps: list[msgspec.Raw]


def decode_apps(body: bytes, dropped: Dropped, *, url: str = "") -> list[AppSummary]:
    """The apps in the answer's order; one that cannot be read, or that has no counts, is dropped with the reason."""
    entries = decode(body, Answer, url=url).apps
    return [_app(entry, wire, dropped) for entry, wire in each(entries, App, dropped, what="app")]


def _app(entry: msgspec.Raw, wire: App, dropped: Dropped) -> AppSummary:
    limits, versions = wire.resource_limits or Limits(), wire.version_info or VersionInfo()
    docker = wire.container.docker if wire.container else None
    raw = wire.last_task_failure
    failure = one(raw, Failure, dropped, what="last task failure") if is_said(raw) else None
    return AppSummary(
        kind=RunKind.APP,
        app_id=name(wire.id),
        instances=int(wire.instances),
        each=Resources(
            cpus=wire.cpus,
            mem_bytes=mebibytes(wire.mem) or 0.0,
            disk_bytes=mebibytes(wire.disk) or 0.0,
            gpus=wire.gpus or 0.0,
        ),
        cpus_limit=amount_or_unlimited(limits.cpus),
        mem_limit_bytes=mebibytes(amount_or_unlimited(limits.mem)),
        staged=int(wire.tasks_staged),
        running=int(wire.tasks_running),
        healthy=int(wire.tasks_healthy or 0),
        unhealthy=int(wire.tasks_unhealthy or 0),
        has_health_checks=bool(wire.health_checks) and wire.tasks_healthy is not None,
        version=name(wire.version),
        last_scaled_at=_time(versions.last_scaling_at),
        last_changed_at=_time(versions.last_config_change_at or wire.version),
        deployments=tuple(name(each_.id) for each_ in wire.deployments or ()),
        role=name(wire.role or ""),
        image=name(docker.image or "") if docker else "",
        labels=strings(wire.labels or {}, dropped, most=MOST_LABELS, what="label"),
        config=config_of_app(entry),
        stats=_stats(wire.tasks_stats if is_said(wire.tasks_stats) else wire.task_stats, dropped),
        last_failure=failure_of(failure) if failure else None,
    )


def _time(text: str | None) -> datetime | None:
    return from_rfc3339(text) if text else None


def _stats(entry: msgspec.Raw, dropped: Dropped) -> tuple[LifeStats, ...]:
    """The lines that Marathon has, in the order in which its users know them."""
    said = one(entry, Statistics, dropped, what="task statistics") if is_said(entry) else None
    if said is None:
        return ()
    lines = {
        "started after last scaling": said.started_after_last_scaling,
        "with latest config": said.with_latest_config,
        "with outdated config": said.with_outdated_config,
        "total": said.total_summary,
    }
    return tuple(_line(words, line.stats) for words, line in lines.items() if line is not None)


def _line(words: str, said: Numbers) -> LifeStats:
    counts = {field: getattr(said.counts, field) for field in ("staged", "running", "healthy", "unhealthy")}
    whole = {field: None if value is None else int(value) for field, value in counts.items()}
    return LifeStats(name=words, **whole, median_life_seconds=said.life_time.median_seconds)


def read(client: Client, place: MarathonPlace, dropped: Dropped, wanted: Iterable[str]) -> MarathonApps:
    """The lists, then the last failure of each wanted app that is in them."""
    answer = client.get(place.url + LIST, limit_bytes=LIMIT_BYTES, total_seconds=LIST_SECONDS)
    apps = decode_apps(answer.body, dropped, url=answer.url)
    apps += read_pods(client, place, dropped)
    whole = not dropped
    listed = {app.app_id for app in apps}
    failures, refused = ask_failures(client, place, [app_id for app_id in wanted if app_id in listed], dropped)
    apps = [msgspec.structs.replace(app, last_failure=failures.get(app.app_id, app.last_failure)) for app in apps]
    told = {app.app_id for app in apps if app.last_failure is not None} | failures.keys()
    return MarathonApps(
        key=place.key,
        taken_at=answer.taken_at,
        apps=tuple(apps),
        whole=whole,
        asked=tuple(sorted(told)),
        refused=tuple(sorted(refused - told)),
    )


def read_pods(client: Client, place: MarathonPlace, dropped: Dropped) -> list[AppSummary]:
    """Without them the apps are still true; that they are missing is counted."""
    try:
        answer = client.get(place.url + PODS, limit_bytes=LIMIT_BYTES, total_seconds=LIST_SECONDS)
        return decode_pods(answer.body, dropped, url=answer.url)
    except PollError as error:
        if error.http_status not in NO_PODS:
            count(dropped, f"pods: {error.detail}")
        return []


def poll(target: Target, turn: Turn) -> Harvest:
    """Two questions to each Marathon, and one for each app that lost tasks."""

    def of(client: Client, place: MarathonPlace, dropped: Dropped) -> MarathonApps:
        return read(client, place, dropped, [app_id for key, app_id in turn.failed_apps if key == place.key])

    return ask_marathons(target, of, deadline_seconds=POLL_DEADLINE_SECONDS)


SOURCE = Source(
    name="apps",
    title="Apps and pods",
    endpoint="/service/marathon/v2/apps",
    document="https://mesosphere.github.io/marathon/api-console/index.html",
    records="MarathonApps",
    period_seconds=30,
    lag_seconds=0,
    kinds=frozenset(Kind),
    asks_marathon=True,
    poll=poll,
)
