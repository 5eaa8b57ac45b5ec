"""What must stand before the processes start: tables, static files, roles, somebody who can sign in.

Each step looks first and is quick when there is nothing to do: a second start is a matter of seconds.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from dashboard import __version__
from dashboard.keys import setting_or_file
from dashboard.roles import Role, grant

FIRST_ADMIN = "admin"
ADVISORY_LOCK = 0x44617954776F
"""The number that all machines lock in a PostgreSQL database while they prepare it: the bytes of "DayTwo"."""
UNUSED_STATIC = ["redoc"]
"""The API's pages use Swagger UI; ReDoc comes in the same package and takes seconds to compress."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until nobody else prepares this data folder or, on PostgreSQL, this database; then hold others off.

    Both locks end with the process, however it ends.
    """
    descriptor = os.open(Path(settings.DATA_DIR) / "prepare.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with _advisory_lock():
            yield
    finally:
        os.close(descriptor)


@contextmanager
def _advisory_lock() -> Iterator[None]:
    """On a connection of its own: migrations commit, and may close theirs. A lock of the session, not of a transaction."""
    if connection.vendor != "postgresql":
        yield
        return
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute(
                "SET lock_timeout = 0; SET statement_timeout = 0"
            )  # whoever goes first takes as long as it takes
            cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        yield
    finally:
        own.close()


def prepare() -> None:
    """Everything but the first admin."""
    migrate()
    collect_static()
    make_roles()


def migrate() -> None:
    """Bring the database to this version. A lock that does not come within the settings' time is an error: to go on waiting
    for a table would hold up everybody who comes after."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
    call_command("migrate", verbosity=0, interactive=False)


def collect_static() -> None:
    """Collect the static files again when the version, the packages or a file of ours changed."""
    stamp = Path(settings.DATA_DIR) / "static.stamp"
    wanted = static_digest()
    if stamp.is_file() and stamp.read_text() == wanted and Path(settings.STATIC_ROOT).is_dir():
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False, clear=True, ignore_patterns=UNUSED_STATIC)
    stamp.write_text(wanted)


def static_digest() -> str:
    """A digest of everything that decides what is collected; our files by path, size and time of change."""
    digest = hashlib.sha256(__version__.encode())
    digest.update((settings.BASE_DIR / "requirements.txt").read_bytes())
    for path in sorted(own_static_files()):
        found = path.stat()
        digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def own_static_files() -> Iterator[Path]:
    for folder in settings.STATICFILES_DIRS:
        yield from (path for path in Path(folder).rglob("*") if path.is_file())


def make_roles() -> None:
    """Make the groups that stand for roles, so that an admin can hand them out."""
    names = [role.name.lower() for role in Role if role is not Role.NOBODY]
    missing = set(names) - set(Group.objects.filter(name__in=names).values_list("name", flat=True))
    Group.objects.bulk_create([Group(name=name) for name in sorted(missing)], ignore_conflicts=True)


def make_first_admin() -> tuple[str, str | None] | None:
    """The name of the admin made because there was no user yet, and the password if it was made up here; else None.

    DAYTWO_ADMIN_PASSWORD or the file DAYTWO_ADMIN_PASSWORD_FILE decides the password. ValidationError when it is too
    weak, ImproperlyConfigured when the file cannot be read.
    """
    if User.objects.exists():
        return None
    given = setting_or_file("DAYTWO_ADMIN_PASSWORD")
    password = given or secrets.token_urlsafe(12)
    validate_password(password, User(username=FIRST_ADMIN))
    with transaction.atomic():
        grant(User.objects.create_user(FIRST_ADMIN, password=password), Role.ADMIN)
    return FIRST_ADMIN, None if given else password


def told(made: tuple[str, str | None] | None) -> str:
    """How to sign in, where an admin was just made: a password that was made up is said here, or never."""
    if made is None:
        return ""
    name, password = made
    return f"Sign in as {name} with password {password} (shown once)" if password else f"Sign in as {name}"
