"""What commands need before they can do anything: a database that `up` has made."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import CommandError
from django.db import OperationalError, ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor


def require_database() -> None:
    """Raise CommandError that says where no database was found, and what to do."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (OperationalError, ProgrammingError) as error:
        raise CommandError(f"The database does not answer: {str(error).strip()}", returncode=1) from error
    if missing:
        raise CommandError(
            f"There is no database of this version in {settings.DATA_DIR}: start `manage.py up` once, or name the folder "
            "that it was given by DAYTWO_DATA_DIR.",
            returncode=1,
        )
