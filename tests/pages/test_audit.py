from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from dashboard.auditing import daily
from dashboard.models import AuditEntry, Cluster, Event
from tests import builders
from tests.builders import NOON, agent, framework, master, node_health, report, summary, unit, write, write_masters
from tests.pages.conftest import said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
PAGE = "/c/prod/audit/"
HOSTILE = "</td><script>alert(1)</script>\u202e"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, settings: Settings) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def prod() -> Cluster:
    """Its third day is NOON's: one agent came, one went, Mesos was upgraded, and something hostile happened."""
    cluster = builders.cluster("prod")
    write_masters(cluster, master())
    first = NOON - timedelta(days=2)
    write(cluster, summary(first, agent("10.0.0.1"), agent("10.0.0.2")))
    write(cluster, report(first, node_health("10.0.0.1", unit("dcos-net.service"), unit("dcos-log.service", 1))))
    daily.make(cluster, first)
    daily.make(cluster, NOON - timedelta(days=1))
    write(cluster, summary(NOON, agent("10.0.0.1", version="1.11.1"), agent("10.0.0.3", attributes={"r": HOSTILE})))
    write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.3"), frameworks=(framework(HOSTILE),)))
    Event.objects.create(
        cluster=cluster,
        kind="flag",
        subject="agent/10.0.0.1:5051",
        name=HOSTILE,
        place="10.0.0.1",
        after="x",
        taken_at=NOON - timedelta(hours=1),
        seen_at=NOON - timedelta(hours=1),
    )
    cluster.refresh_from_db()
    daily.make(cluster, NOON)
    return cluster


def test_the_page_lists_the_days_with_what_changed_and_whether_they_are_what_was_signed(
    prod: Cluster, viewer: Client
) -> None:
    page = said(viewer.get(PAGE))
    assert "3 days written down, the last <1 s ago" in page
    assert page.count("Verified") == 3 and "first entry" in page and "1 agent new: 10.0.0.3" in page
    assert AuditEntry.objects.get(number=3).digest[:12] in page and "kept for ever" in page
    assert "Broken" not in page


def test_a_broken_entry_is_a_red_answer_and_its_content_is_not_shown(prod: Cluster, viewer: Client) -> None:
    AuditEntry.objects.filter(number=2).update(signature="ab" * 64)
    page = said(viewer.get(PAGE))
    assert "Broken 21 Nov 2026, number 2: its signature is not of its digest" in page and page.count("Verified") == 2
    day = said(viewer.get(f"{PAGE}2026-11-21/"))
    assert "What stands there now is not what was signed" in day and "Inventory" not in day
    assert "is not compared" in said(viewer.get(f"{PAGE}compare/?from=2026-11-21&to=2026-11-22"))


def test_a_gap_in_the_chain_is_a_red_answer(prod: Cluster, viewer: Client) -> None:
    AuditEntry.objects.filter(number=2).delete()
    assert "which does not follow number 1" in said(viewer.get(PAGE))


def test_without_a_key_nothing_is_called_verified(prod: Cluster, viewer: Client, data: Path) -> None:
    (data / "audit_key").unlink()
    page = said(viewer.get(PAGE))
    assert "This machine has no audit key" in page and "Verified" not in page


def test_a_day_tells_inventory_health_capacity_and_events_in_words(prod: Cluster, viewer: Client) -> None:
    page = said(viewer.get(f"{PAGE}2026-11-22/"))
    assert "number 3, made 22 Nov 2026 12:00:00 UTC of what was known then" in page
    assert "CPU 8 cores 2 cores — — — — 0 of 24" in page
    assert "10.0.0.3 Active eu-a 1.11.0 4 8 GiB 100 GiB" in page
    assert "dcos-log.service on 10.0.0.1: No data" in page
    assert "Components not healthy not known" in page, "the report is two days old"
    assert "Not known" in page and "1 agent gone: 10.0.0.2" in page


def test_what_a_cluster_said_is_text_and_never_markup(prod: Cluster, viewer: Client) -> None:
    for address in (PAGE, f"{PAGE}2026-11-22/", f"{PAGE}compare/"):
        page = viewer.get(address).content.decode()
        assert "<script>alert" not in page and "\u202e" not in page


def test_two_days_are_compared_the_earlier_one_first(prod: Cluster, viewer: Client) -> None:
    page = said(viewer.get(f"{PAGE}compare/?from=2026-11-22&to=2026-11-20"))
    assert "1 agent new: 10.0.0.3" in page
    assert page == said(viewer.get(f"{PAGE}compare/?from=2026-11-20&to=2026-11-22"))
    same = said(viewer.get(f"{PAGE}compare/?from=2026-11-20&to=2026-11-21"))
    assert "agent new" not in same
    assert "1 agent new" in said(viewer.get(f"{PAGE}compare/?from=x&to=1999-01-01"))


def test_a_day_without_an_entry_is_not_found(prod: Cluster, viewer: Client, operator: Client) -> None:
    for day in ("2020-01-01", "yesterday"):
        assert viewer.get(f"{PAGE}{day}/").status_code == 404
        assert operator.get(f"{PAGE}audit.jsonl?day={day}").status_code == 404


def test_before_the_first_entry_the_page_says_when_it_comes(viewer: Client) -> None:
    builders.cluster("prod")
    assert "Nothing has been written down yet" in said(viewer.get(PAGE))
    assert "no two days yet" in said(viewer.get(f"{PAGE}compare/"))


def test_an_operator_downloads_the_chain_or_a_day_of_it(prod: Cluster, operator: Client) -> None:
    answer = operator.get(f"{PAGE}audit.jsonl")
    rows = [json.loads(line) for line in b"".join(answer).decode().splitlines()]
    assert [row["number"] for row in rows[1:]] == [1, 2, 3]
    assert answer["Content-Disposition"] == 'attachment; filename="prod-audit.jsonl"'
    answer = operator.get(f"{PAGE}audit.jsonl?day=2026-11-21")
    rows = [json.loads(line) for line in b"".join(answer).decode().splitlines()]
    assert [row["number"] for row in rows[1:]] == [2] and "2026-11-21" in answer["Content-Disposition"]


def test_the_csv_has_every_day_with_its_state(prod: Cluster, viewer: Client) -> None:
    answer = viewer.get(f"{PAGE}audit.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert [(row["day"], row["state"]) for row in rows] == [
        ("2026-11-22", "verified"),
        ("2026-11-21", "verified"),
        ("2026-11-20", "verified"),
    ]


def test_older_days_are_on_further_pages(viewer: Client) -> None:
    cluster = builders.cluster("prod")
    for day in range(32, 0, -1):
        daily.make(cluster, NOON - timedelta(days=day))
    page = viewer.get(PAGE)
    assert "?before=3" in page.content.decode() and said(page).count("Verified") == 30
    assert said(viewer.get(f"{PAGE}?before=3")).count("Verified") == 2
    assert said(viewer.get(f"{PAGE}?before=x")).count("Verified") == 30


def test_the_queries_do_not_grow_with_the_days(prod: Cluster, viewer: Client) -> None:
    viewer.get(PAGE)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            viewer.get(PAGE)
        counts.append(len(queries))
        daily.make(prod, NOON + timedelta(days=1))
    assert counts[0] == counts[1] <= 14
