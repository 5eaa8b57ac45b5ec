"""Whether the database has the tables of this version."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


@dataclass(frozen=True)
class Schema:
    """The database against this version's migrations, each named `app.0001_name`, in order."""

    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    is_blank: bool = False
    """Whether no version ever made its tables here."""

    @property
    def lacks(self) -> str:
        """What is missing, counted."""
        return f"{len(self.missing)} migration{'' if len(self.missing) == 1 else 's'} of this version"

    @property
    def problem(self) -> str:
        """Why a process of this version cannot start on it, and what to do; empty when it can."""
        if self.unknown:
            newest = self.unknown[-1]
            return f"The database is of a newer Day Two (it has {newest}): start that version, or restore a backup."
        if self.missing:
            return f"The database lacks {self.lacks}: run `manage.py prepare` first."
        return ""


def found() -> Schema:
    """One or two queries. Django's database errors are the caller's."""
    apps, ours = _on_disk()
    applied = {name for name in MigrationRecorder(connection).applied_migrations() if name[0] in apps}
    return Schema(missing=_named(ours - applied), unknown=_named(applied - ours), is_blank=not applied)


@cache
def _on_disk() -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """The apps that have migrations, and every (app, migration) of this version; none of ours is squashed."""
    loader = MigrationLoader(None)
    return frozenset(loader.migrated_apps), frozenset(loader.disk_migrations)


def _named(migrations: frozenset[tuple[str, str]] | set[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(sorted(f"{app}.{name}" for app, name in migrations))
