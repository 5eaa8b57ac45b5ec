"""Whether the database is of this version."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from dashboard.running import schema

pytestmark = pytest.mark.django_db


def test_a_database_of_this_version_has_no_problem() -> None:
    assert schema.found() == schema.Schema(missing=(), unknown=())
    assert schema.found().problem == ""


def test_a_migration_that_was_not_applied_is_missing() -> None:
    MigrationRecorder(connection).record_unapplied("dashboard", "0001_initial")
    assert schema.found().missing == ("dashboard.0001_initial",)
    assert schema.found().problem == "The database lacks 1 migration of this version: run `manage.py prepare` first."


def test_a_migration_that_this_version_does_not_know_is_of_a_newer_one() -> None:
    MigrationRecorder(connection).record_applied("dashboard", "9999_later")
    assert schema.found().unknown == ("dashboard.9999_later",)
    assert "newer Day Two (it has dashboard.9999_later)" in schema.found().problem


def test_an_app_that_is_not_ours_any_more_is_no_newer_version() -> None:
    MigrationRecorder(connection).record_applied("removed", "0001_initial")
    assert schema.found().problem == ""
