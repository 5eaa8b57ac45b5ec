"""What we did not write ourselves is what it says it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
LISTED = json.loads((VENDOR / "vendor.json").read_text())["files"]


@pytest.mark.parametrize("entry", LISTED, ids=lambda entry: str(entry["file"]))
def test_a_vendored_file_is_the_one_that_was_taken(entry: dict[str, str]) -> None:
    assert hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    assert (VENDOR / entry["licence_file"]).is_file()
    assert entry["name"] and entry["version"] and entry["licence"] and entry["source"]


def test_nothing_is_vendored_without_being_listed() -> None:
    present = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert present - {"vendor.json"} == {entry["file"] for entry in LISTED}
