"""What machines ask about Day Two itself: does it live, can it work, how does it do. No login, no session.

They are answered before anything looks at the Host header: a probe asks by IP address, which no list of names can hold.
That is safe because no answer here is made from the request: none holds a link, a name or a figure out of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock, Thread

import prometheus_client
import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector

from dashboard import __version__
from dashboard.queries import itself, safety, streams
from dashboard.queries.freshness import SourceAge
from dashboard.queries.itself import Itself
from dashboard.queries.notices import Total
from dashboard.running import schema

ANSWER_WITHIN_SECONDS = 2.0
BROKER_TIMEOUT_SECONDS = 1.0
View = Callable[[HttpRequest], HttpResponse]


def _plain(text: str, *, status: int = 200) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)


@login_not_required
@require_safe
def healthy(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked: a broken database is no reason to kill the process."""
    return _plain("ok")


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Database and broker answer within two seconds, or 503 and which of them does not."""
    deadline = time.monotonic() + ANSWER_WITHIN_SECONDS
    for check in CHECKS:
        check.begin()
    failed = [f"{check.name}: {reason}" for check in CHECKS if (reason := check.failure(deadline))]
    if failed:
        return _plain("\n".join(failed), status=503)
    return _plain("\n".join(["ok", *(f"{check.name}: {check.remark}" for check in CHECKS if check.remark)]))


class Unprepared(Exception):
    """It answers, but not as this version needs it; the text is ours, and may be told to everybody."""


@dataclass
class Check:
    """Asks one thing in a thread of its own, because no driver keeps a deadline over all it may do.

    One question is open at a time, so that something which hangs holds one thread, however often probes come.
    """

    name: str
    ask: Callable[[], str | None]
    """Returns a remark on what answers, if there is one to make."""
    remark: str = ""
    _asking: Lock = field(default_factory=Lock)
    _thread: Thread | None = None
    _failure: str = ""

    def begin(self) -> None:
        with self._asking:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name=f"ready: {self.name}", daemon=True)
                self._thread.start()

    def failure(self, deadline: float) -> str:
        """Why it does not answer, in words; empty when it does."""
        thread = self._thread
        assert thread is not None, "begun before"
        thread.join(max(0.0, deadline - time.monotonic()))
        return f"no answer within {ANSWER_WITHIN_SECONDS:g} s" if thread.is_alive() else self._failure

    def _run(self) -> None:
        try:
            self.remark = self.ask() or ""
        except Unprepared as error:
            self._failure = str(error)
        except Exception as error:
            # Only the kind of error: its text may hold the password of a URL, and whoever asks has not signed in.
            self._failure = f"does not answer ({type(error).__name__})"
        else:
            self._failure = ""


def _ask_database() -> str | None:
    """A newer version may have prepared it, while this one still runs: what it added is no harm to us."""
    try:
        if (found := schema.found()).missing:
            raise Unprepared(f"lacks {found.lacks}: run manage.py prepare")
        return "collecting is paused" if safety.is_paused() else None
    finally:
        connection.close()


def _ask_broker() -> None:
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://", 1)
    with redis.Redis.from_url(
        url, socket_timeout=BROKER_TIMEOUT_SECONDS, socket_connect_timeout=BROKER_TIMEOUT_SECONDS
    ) as broker:
        broker.ping()


CHECKS = (Check("database", _ask_database), Check("broker", _ask_broker))


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Day Two's own metrics for Prometheus, read from its rows; the process's are those of the one that answers."""
    now = timezone.now()
    try:
        report = itself.report(now)
    except DatabaseError as error:
        return _plain(f"database: does not answer ({type(error).__name__})", status=503)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    _of_sources(registry, report.sources)
    _of_streams(registry, now)
    _of_polls(registry, report, now)
    _of_notices(registry, report.notices, now)
    _of_store(registry, now)
    version = Gauge("daytwo_build_info", "Always 1; the label is the version.", ["version"], registry=registry)
    version.labels(__version__).set(1)
    text = prometheus_client.generate_latest(registry)
    return HttpResponse(text, content_type=prometheus_client.CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _of_sources(registry: CollectorRegistry, sources: tuple[tuple[str, SourceAge], ...]) -> None:
    """A figure nobody knows has no line: absent is not zero."""
    labels = ["cluster", "source"]
    age = Gauge(
        "daytwo_source_age_seconds", "Age of the figures that a source brought last.", labels, registry=registry
    )
    up = Gauge(
        "daytwo_source_up", "1 while a source's figures may be called the present, else 0.", labels, registry=registry
    )
    took = Gauge("daytwo_poll_duration_seconds", "How long a source's last poll took.", labels, registry=registry)
    failures = Gauge(
        "daytwo_source_failures_in_row", "Polls without an answer since the last one.", labels, registry=registry
    )
    for cluster, source in sources:
        names = (cluster, source.source.name)
        up.labels(*names).set(source.freshness.current)
        failures.labels(*names).set(source.failures_in_row)
        if source.age_seconds is not None:
            age.labels(*names).set(source.age_seconds)
        if source.duration_seconds is not None:
            took.labels(*names).set(source.duration_seconds)


def _of_streams(registry: CollectorRegistry, now: datetime) -> None:
    labels = ["cluster", "kind", "key"]
    up = Gauge("daytwo_stream_up", "1 while an event stream is read, else 0.", labels, registry=registry)
    events = Counter("daytwo_stream_events", "Events that an event stream told.", labels, registry=registry)
    silence = Gauge(
        "daytwo_stream_silence_seconds", "Time since an event stream gave a sign of life.", labels, registry=registry
    )
    for row in streams.everywhere(now):
        names = (row.stream.cluster.name, row.stream.kind, row.stream.key)
        up.labels(*names).set(row.is_read)
        events.labels(*names).inc(row.stream.events)
        if row.stream.heard_at is not None:
            silence.labels(*names).set(max(0.0, (now - row.stream.heard_at).total_seconds()))


def _of_polls(registry: CollectorRegistry, report: Itself, now: datetime) -> None:
    ended = Gauge(
        "daytwo_recent_polls",
        "Polls that ended in the past 10 minutes, by outcome.",
        ["cluster", "source", "outcome"],
        registry=registry,
    )
    for row in report.ended:
        ended.labels(row.cluster, row.source, row.outcome).set(row.polls)
    waiting = Gauge("daytwo_polls_waiting", "Polls that are due and not yet taken by a worker.", registry=registry)
    waiting.set(report.waiting)
    readings = Gauge("daytwo_recent_readings", "Readings of the past 10 minutes.", registry=registry)
    readings.set(report.readings)
    if report.last_sent_at is not None:
        age = Gauge(
            "daytwo_last_dispatch_age_seconds", "Time since a poll was last handed to the workers.", registry=registry
        )
        age.set(max(0.0, (now - report.last_sent_at).total_seconds()))


def _of_notices(registry: CollectorRegistry, notices: Total, now: datetime) -> None:
    owed = Gauge("daytwo_notices_owed", "Notices that their channels have not taken yet.", registry=registry)
    owed.set(notices.owed)
    dead = Gauge("daytwo_notices_dead", "Notices given up after a day of trying.", registry=registry)
    dead.set(notices.dead)
    if notices.oldest_at is not None:
        oldest = Gauge(
            "daytwo_notices_oldest_age_seconds", "How long the oldest of the owed notices waits.", registry=registry
        )
        oldest.set(max(0.0, (now - notices.oldest_at).total_seconds()))


def _of_store(registry: CollectorRegistry, now: datetime) -> None:
    stored = safety.report()
    paused = Gauge(
        "daytwo_collecting_paused",
        "1 while nothing is collected for want of room, or because of damage.",
        registry=registry,
    )
    paused.set(stored.paused)
    if stored.disk is not None:
        free = Gauge("daytwo_disk_free_bytes", "Free on the disk of the database.", registry=registry)
        free.set(stored.disk.free_bytes)
    if stored.backups:
        age = Gauge("daytwo_last_backup_age_seconds", "Age of the newest backup in the data folder.", registry=registry)
        age.set(max(0.0, (now - stored.backups[0].manifest.made_at).total_seconds()))


VIEWS: dict[str, View] = {"/-/healthy": healthy, "/-/ready": ready, "/metrics": metrics}


def before_the_host_is_looked_at(get_response: View) -> View:
    """The middleware that answers these addresses, whatever the Host header says."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return VIEWS.get(request.path_info, get_response)(request)

    return middleware
