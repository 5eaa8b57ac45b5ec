from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from dashboard import keys


def test_processes_that_start_together_read_one_whole_key(tmp_path: Path) -> None:
    path, together = tmp_path / "data" / "secret_key", Barrier(8)

    def start(number: int) -> str:
        together.wait()
        return keys.kept(path, f"{number}" * 4096)

    with ThreadPoolExecutor(8) as pool:
        read = set(pool.map(start, range(8)))
    assert read == {path.read_text()} and len(path.read_text()) == 4096
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]


def test_a_key_once_made_stays(tmp_path: Path) -> None:
    assert keys.kept(tmp_path / "key", "first") == "first"
    assert keys.kept(tmp_path / "key", "second") == "first"
