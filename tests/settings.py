"""The product's settings, with what tests need otherwise: a data folder of their own, no broker, cheap passwords.

pytest-django reads the settings before any conftest.py, so this cannot stand there.
"""

from __future__ import annotations

import os
import tempfile

for name in [name for name in os.environ if name.startswith("DAYTWO_") and name != "DAYTWO_NO_VENV"]:
    del os.environ[name]  # what the developer's own installation is told is not for the tests
os.environ["DAYTWO_DATA_DIR"] = tempfile.mkdtemp(prefix="daytwo-tests-")

from dashboard.settings import *  # noqa: E402, F403  only now does the environment say where the data is

CELERY_BROKER_URL = "memory://"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
}
