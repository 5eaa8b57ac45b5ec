"""The product's settings, with what tests need otherwise: a data folder of their own, no broker, cheap passwords.

pytest-django reads the settings before any conftest.py, so this cannot stand there.
"""

from __future__ import annotations

import os
import tempfile

KEPT = ("DAYTWO_NO_VENV", "DAYTWO_TESTS_DATABASE_URL", "DAYTWO_TESTS_FOLDER")
DATABASE_URL = os.environ.get("DAYTWO_TESTS_DATABASE_URL", "")

for name in [name for name in os.environ if name.startswith("DAYTWO_") and name not in KEPT]:
    del os.environ[name]  # what the developer's own installation is told is not for the tests
os.environ["DAYTWO_DATA_DIR"] = tempfile.mkdtemp(prefix="daytwo-tests-")
if DATABASE_URL:
    os.environ["DAYTWO_DATABASE_URL"] = DATABASE_URL

from dashboard.settings import *  # noqa: E402, F403  only now does the environment say where the data is

CELERY_BROKER_URL = "memory://"
# Threads end with their request here: a connection that one of them keeps would keep the database from being dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
}
