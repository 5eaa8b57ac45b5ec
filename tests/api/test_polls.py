from __future__ import annotations

from datetime import datetime, timedelta

from collectors.errors import Outcome
from dashboard.models import Cluster, Poll
from dashboard.store import slots
from tests import builders
from tests.api.conftest import PROD, Ask

POLLS = f"{PROD}polls/"


def polled(cluster: Cluster, source: str, outcome: Outcome, due_at: datetime) -> Poll:
    opened = slots.open_now(cluster, source, due_at)
    poll = slots.claim(opened.pk, due_at)
    assert poll is not None
    poll.outcome, poll.detail, poll.requests = outcome, "401 at /mesos", 3
    slots.end(poll, due_at + timedelta(seconds=2))
    return poll


def test_polls_come_newest_first_with_how_they_ended(prod: Cluster, asked: Ask, now: datetime) -> None:
    polled(prod, "summary", Outcome.OK, now - timedelta(seconds=20))
    polled(prod, "summary", Outcome.AUTH, now - timedelta(seconds=10))
    newest, older = asked(POLLS)["results"]
    assert (newest["outcome"], older["outcome"]) == ("auth", "ok")
    assert newest["reason"].startswith("sign-in refused")
    assert (newest["duration_seconds"], newest["requests"], newest["claims"]) == (2, 3, 1)


def test_a_poll_that_waits_has_no_figures_yet(prod: Cluster, asked: Ask, now: datetime) -> None:
    slots.open_now(prod, "masters", now)
    row = asked(POLLS)["results"][0]
    nulls = ("started_at", "ended_at", "outcome", "reason", "duration_seconds", "requests", "bytes_read", "kept")
    assert {row[name] for name in nulls} == {None}


def test_polls_are_found_by_source_and_outcome(prod: Cluster, asked: Ask, now: datetime) -> None:
    polled(prod, "summary", Outcome.OK, now - timedelta(seconds=30))
    polled(prod, "summary", Outcome.AUTH, now - timedelta(seconds=20))
    polled(prod, "masters", Outcome.AUTH, now - timedelta(seconds=10))
    found = asked(POLLS, source="summary", outcome="auth")["results"]
    assert [(row["source"], row["outcome"]) for row in found] == [("summary", "auth")]


def test_polls_of_another_cluster_stay_there(prod: Cluster, asked: Ask, now: datetime) -> None:
    polled(builders.cluster("edge"), "summary", Outcome.OK, now)
    assert asked(POLLS)["results"] == []


def test_pages_hold_each_poll_once_while_new_ones_end(prod: Cluster, asked: Ask, now: datetime) -> None:
    ids = {polled(prod, "summary", Outcome.OK, now - timedelta(seconds=10 * n)).pk for n in range(20, 0, -1)}
    page = asked(POLLS, limit=6)
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        polled(prod, "masters", Outcome.OK, now + timedelta(seconds=len(seen)))
        page = asked(page["next"])
        seen += [row["id"] for row in page["results"]]
    assert seen == sorted(ids, reverse=True)
