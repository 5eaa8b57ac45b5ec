from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.on_file import database_on_file


@pytest.fixture
def database(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[Path]:
    settings.DATA_DIR, settings.DISK_PAUSE_MIB = tmp_path, 1
    with database_on_file(tmp_path) as file:
        yield file
