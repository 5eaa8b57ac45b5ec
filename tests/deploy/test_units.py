"""The systemd units: systemd itself reads them, and they start what manage.py knows."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "dashboard" / "deploy" / "systemd"
UNITS = sorted(path.name for path in FOLDER.glob("*.service"))
PROCESSES = ["daytwo-beat.service", "daytwo-listener.service", "daytwo-web.service", "daytwo-worker.service"]
CHECKOUT = "/opt/daytwo/.venv/bin/python /opt/daytwo/"
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "DynamicUser": "yes",
    "StateDirectory": "daytwo",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
}


def read(name: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # directives are told apart by case
    unit.read(FOLDER / name)
    return unit


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units with this checkout in place of /opt/daytwo: systemd looks whether programs are there."""
    for name in UNITS:
        text = (FOLDER / name).read_text().replace(CHECKOUT, f"{sys.executable} {ROOT}/")
        (tmp_path / name).write_text(text.replace("WorkingDirectory=/opt/daytwo", f"WorkingDirectory={ROOT}"))
    return tmp_path


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_finds_nothing_to_complain_of(installed: Path) -> None:
    command = ["systemd-analyze", "verify", "--man=no", *(str(installed / name) for name in UNITS)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in said.stderr.splitlines() if "daytwo" in line]
    assert (said.returncode, ours) == (0, [])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_a_directive_that_systemd_does_not_know_would_be_found(installed: Path) -> None:
    unit = installed / "daytwo-web.service"
    unit.write_text(unit.read_text().replace("NoNewPrivileges=", "NoNewPriviliges="))
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert "NoNewPriviliges" in said.stderr


def test_there_is_a_unit_for_each_process_and_one_for_all() -> None:
    assert set(UNITS) == {*PROCESSES, "daytwo-prepare.service", "daytwo.service"}


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_may_write_into_its_own_folder_and_nothing_else(name: str) -> None:
    service = read(name)["Service"]
    assert {key: service.get(key) for key in HARDENED} == HARDENED
    assert "ReadWritePaths" not in service
    assert "DAYTWO_DATA_DIR=/var/lib/daytwo" in service["Environment"]


@pytest.mark.parametrize("name", [*PROCESSES, "daytwo.service"])
def test_a_process_comes_back_whatever_happens_but_not_to_a_wrong_setting(name: str) -> None:
    unit = read(name)
    service = unit["Service"]
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("always", "78")
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert 10 <= int(service["TimeoutStopSec"]) <= 15


@pytest.mark.parametrize("name", PROCESSES)
def test_no_process_starts_before_its_tables_are_there(name: str) -> None:
    unit = read(name)["Unit"]
    assert unit["Requires"] == "daytwo-prepare.service"
    assert "daytwo-prepare.service" in unit["After"].split()


@pytest.mark.parametrize("name", UNITS)
def test_no_secret_stands_in_a_unit(name: str) -> None:
    text = (FOLDER / name).read_text()
    assert re.search(r"^EnvironmentFile=-?/etc/daytwo/daytwo\.env$", text, re.MULTILINE)
    assert "PASSWORD" not in text and "://" not in text
