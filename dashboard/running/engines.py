"""Which database and which broker this installation uses: its own on this machine, or those that were named by URL.

Read by the settings, so it imports nothing of Django but an exception. A URL may hold a password: no message here repeats it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from dashboard import keys

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"
DATABASE_SCHEMES = {"sqlite", "postgres", "postgresql"}
BROKER_SCHEMES = {"redis", "rediss", "redis+socket"}


def database(data: Path) -> dict[str, Any]:
    """Django's description of the database: DAYTWO_DATABASE_URL (or the file it is in), else SQLite in the data folder."""
    url = keys.setting_or_file("DAYTWO_DATABASE_URL")
    if not url:
        return {"ENGINE": SQLITE, "NAME": str(data / "daytwo.sqlite3")}
    if not _is_url(url, DATABASE_SCHEMES):
        raise ImproperlyConfigured(
            "DAYTWO_DATABASE_URL is none: postgres://USER:PASSWORD@HOST:5432/NAME (in the password, write @ as %40, "
            "/ as %2F, : as %3A) or sqlite:////PATH."
        )
    found: dict[str, Any] = environ.Env.db_url_config(url)
    return found


def redis_url() -> str:
    """DAYTWO_REDIS_URL (or the file it is in), empty when this installation brings its own broker."""
    url = keys.setting_or_file("DAYTWO_REDIS_URL") or ""
    if url and not _is_url(url, BROKER_SCHEMES):
        raise ImproperlyConfigured(
            "DAYTWO_REDIS_URL is none: redis://:PASSWORD@HOST:6379/0, rediss:// with TLS, or redis+socket:///PATH."
        )
    return url


def _is_url(url: str, schemes: set[str]) -> bool:
    """Looked at before anybody else reads it: those who cannot make sense of it print it, password and all."""
    try:
        found = urlsplit(url)
        return "://" in url and found.scheme in schemes and found.port != 0
    except ValueError:
        return False
