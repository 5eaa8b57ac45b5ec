from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from dashboard.auditing import daily
from dashboard.models import AuditEntry, Cluster
from dashboard.store.tokens import make
from tests.api.conftest import CANARY, PROD, Ask

AUDIT = f"{PROD}audit/"


@pytest.fixture
def entries(prod: Cluster, now: datetime, tmp_path: Path, settings: Settings) -> list[AuditEntry]:
    """Three days, of which the last is today."""
    settings.DATA_DIR = tmp_path
    made = [daily.make(prod, now - timedelta(days=days)) for days in (2, 1, 0)]
    return [entry for entry in made if entry is not None]


def test_the_days_are_told_the_latest_first_page_by_page(entries: list[AuditEntry], asked: Ask) -> None:
    first = asked(AUDIT, limit=2)
    assert [row["number"] for row in first["results"]] == [3, 2]
    assert {row["checked"] for row in first["results"]} == {"verified"}
    second = asked(first["next"])
    assert [row["number"] for row in second["results"]] == [1] and second["next"] is None
    assert second["results"][0]["compared_with"] is None
    assert asked(AUDIT, status=400, after="nonsense")["parameter"] == "after"


def test_a_day_is_told_with_all_that_was_signed(entries: list[AuditEntry], asked: Ask) -> None:
    day = entries[-1].day.isoformat()
    told = asked(f"{AUDIT}{day}/")
    assert told["digest"] == entries[-1].digest and told["content"]["day"] == day
    assert len(told["content"]["inventory"]["agents"]) == 3 and CANARY not in json.dumps(told)
    asked(f"{AUDIT}2001-01-01/", status=404)
    asked(f"{AUDIT}today/", status=404)


def test_a_broken_entry_says_why_and_nothing_else(entries: list[AuditEntry], asked: Ask) -> None:
    AuditEntry.objects.filter(number=2).update(digest="ab" * 32)
    rows = asked(AUDIT)["results"]
    assert [row["checked"] for row in rows] == ["broken", "broken", "verified"]
    assert "does not follow number 2" in rows[0]["why"] and "its digest is not that" in rows[1]["why"]
    assert asked(f"{AUDIT}{entries[1].day.isoformat()}/")["content"] is None


def test_an_operator_gets_the_chain_as_a_file_and_a_viewer_does_not(
    entries: list[AuditEntry], asked: Ask, olga: User, now: datetime
) -> None:
    asked(f"{AUDIT}export/", status=403)
    signed = {"Authorization": f"Token {make(olga, 'tests', now=now)}"}
    answer = Client().get(f"{AUDIT}export/", {"since": entries[1].day.isoformat()}, headers=signed)
    rows = [json.loads(line) for line in b"".join(answer).decode().splitlines()]
    assert rows[0]["format"] == "daytwo-audit-1" and [row["number"] for row in rows[1:]] == [2, 3]
