"""Pages while the disk is full or the database damaged: each says it, reading goes on, what cannot be saved says so."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard import disk, trouble
from dashboard.models import ApiToken
from dashboard.queries import safety
from dashboard.roles import Role
from dashboard.store import space, tokens
from dashboard.trouble import Trouble
from tests import builders
from tests.on_file import damage, database_on_small_disk
from tests.pages.conftest import signed_in, words


@pytest.fixture(autouse=True)
def own_folder(client: Client, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    client.raise_request_exception = False
    monkeypatch.setattr(space, "_remembered", space._Remembered())


@pytest.fixture
def full_disk(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """The database on a file system on which nothing is left, not even for its log; there is no reserve."""
    settings.DISK_PAUSE_MIB = 8
    with database_on_small_disk(tmp_path / "disk", mib=32) as file:
        yield file


def fill(file: Path) -> None:
    connection.ensure_connection()
    User.objects.count()
    write_till_full(file.parent)


def write_till_full(folder: Path) -> None:
    with (folder / "somebody-elses").open("wb") as other:
        while True:
            try:
                os.write(other.fileno(), bytes(4096))
            except OSError:
                return


@pytest.mark.django_db
def test_every_page_says_that_collecting_is_paused_and_since_when(viewer: Client) -> None:
    builders.cluster()
    assert "paused" not in viewer.get("/c/prod/").content.decode()
    space.pause(Trouble.FULL, timezone.now())
    for path in ("/c/prod/", "/c/prod/nodes/", "/"):
        said = words(viewer.get(path, follow=True))
        assert said.startswith("Disk full since") and "goes on by itself" in said


@pytest.mark.django_db
def test_while_all_is_well_the_banner_costs_nothing(
    viewer: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(0):
        assert safety.banners(timezone.now(), noted=False) == []


@pytest.mark.django_db
def test_who_has_not_signed_in_is_told_nothing(client: Client) -> None:
    space.pause(Trouble.FULL, timezone.now())
    trouble.note_damage("page 3", timezone.now())
    page = client.get("/accounts/login/").content.decode()
    assert "Disk full" not in page and "damaged" not in page


def test_on_a_full_disk_pages_are_read_and_say_so(full_disk: Path, client: Client) -> None:
    builders.cluster()
    signed_in(client, Role.VIEWER)
    fill(full_disk)
    for path in ("/c/prod/", "/c/prod/nodes/", "/c/prod/collection/"):
        assert words(client.get(path)).startswith("Disk full")


def test_on_a_full_disk_the_api_is_read_although_a_token_s_use_cannot_be_noted(full_disk: Path, client: Client) -> None:
    builders.cluster()
    user = signed_in(client, Role.VIEWER)
    key = tokens.make(user, "a", now=timezone.now())
    client.logout()
    fill(full_disk)
    response = client.get("/api/v1/clusters/", headers={"Authorization": f"Token {key}"})
    assert response.status_code == 200 and ApiToken.objects.get().last_used_at is None


def test_on_a_full_disk_signing_in_fails_in_plain_words_and_works_again_with_room(
    full_disk: Path, client: Client
) -> None:
    User.objects.create_user("vera", password="a long enough one 7")
    fill(full_disk)
    typed = {"username": "vera", "password": "a long enough one 7"}
    response = client.post("/accounts/login/", typed)
    assert response.status_code == 503 and response.headers["Retry-After"] == "60"
    assert "Disk full" in response.content.decode() and "make room" in response.content.decode()
    (full_disk.parent / "somebody-elses").unlink()
    assert client.post("/accounts/login/", typed).status_code == 302


def test_with_nothing_left_for_the_log_a_page_says_so_and_the_next_one_is_read(
    full_disk: Path, client: Client, settings: Settings
) -> None:
    settings.DISK_PAUSE_MIB = 20
    builders.cluster()
    disk.keep_reserve()
    signed_in(client, Role.VIEWER)
    connection.close()
    with closing(sqlite3.connect(full_disk)) as own:
        own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm"):
        full_disk.with_name(full_disk.name + suffix).unlink(missing_ok=True)
    write_till_full(full_disk.parent)
    response = client.get("/c/prod/")
    assert response.status_code == 503 and "Disk full" in response.content.decode()
    assert words(client.get("/c/prod/")).startswith("Disk full")


def test_a_change_by_the_api_that_cannot_be_saved_is_a_problem_with_its_reason(full_disk: Path, client: Client) -> None:
    builders.cluster()
    signed_in(client, Role.OPERATOR)
    fill(full_disk)
    silence = {
        "matcher": "node:10.0.0.1",
        "why": "its disk",
        "ends_at": (timezone.now() + timedelta(hours=1)).isoformat(),
    }
    response = client.post("/api/v1/clusters/prod/silences/", silence, content_type="application/json")
    assert response.status_code == 503, response.content


def test_a_damaged_database_makes_a_page_that_says_what_to_do(full_disk: Path, client: Client) -> None:
    for n in range(100):
        builders.cluster(name=f"c{n}")
    signed_in(client, Role.VIEWER)
    damage(full_disk)
    full_disk.write_bytes(full_disk.read_bytes()[:16] + b"\xa5" * 8192)
    response = client.get("/c/c1/")
    assert response.status_code == 503 and "python3 manage.py restore FILE" in response.content.decode()
    assert trouble.damage() is not None
