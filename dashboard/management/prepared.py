"""What commands need before they can do anything: a database that `up` or `prepare` has made."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError, connection

from dashboard.running import schema


def require_database(*, older: bool = False) -> None:
    """Raise CommandError that says where no database was found, and what to do. `older`: one of an older version will do."""
    try:
        found = schema.found()
    except DatabaseError as error:
        raise CommandError(f"The database does not answer: {str(error).strip()}", returncode=1) from error
    if older and not found.unknown and not found.is_blank:
        return
    if found.missing and not found.unknown and connection.vendor == "sqlite":
        raise CommandError(
            f"There is no database of this version in {settings.DATA_DIR}: start `manage.py up` once, or name the folder "
            "that it was given by DAYTWO_DATA_DIR.",
            returncode=1,
        )
    if found.problem:
        raise CommandError(found.problem, returncode=1)
