"""What the deployment files start and set exists: commands, their options, settings, the files an image is made of."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.core.management import load_command_class

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "dashboard" / "deploy"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
COMMANDS = {path.stem for path in (ROOT / "dashboard" / "management" / "commands").glob("[a-z]*.py")}


def settings_read() -> set[str]:
    files = [ROOT / "manage.py", *(ROOT / "dashboard").rglob("*.py")]
    return {name for path in files for name in re.findall(r'"(DAYTWO_[A-Z_]+)"', path.read_text())}


def command_lines() -> Iterator[list[str]]:
    """The words after manage.py of everything that the units, compose and Marathon start."""
    for unit in (FOLDER / "systemd").glob("*.service"):
        line = re.search(r"^ExecStart=(.+)$", unit.read_text(), re.MULTILINE)
        assert line
        yield shlex.split(line[1])[2:]
    services = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
    yield from (service["command"] for service in services.values() if service["image"] == "daytwo")
    for app in json.loads((FOLDER / "marathon.json").read_text())["apps"]:
        for part in app["cmd"].replace("$PORT0", "31000").split("&&"):
            words = shlex.split(part)
            yield words[words.index("/opt/daytwo/manage.py") + 1 :]


def test_every_command_line_is_one_that_manage_py_takes() -> None:
    lines = list(command_lines())
    assert {line[0] for line in lines} == {"up", "prepare", "web", "worker", "beat", "listen"}
    for name, *options in lines:
        load_command_class("dashboard", name).create_parser("manage.py", name).parse_args(options)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_that_is_named_is_one(path: Path) -> None:
    named = {name.removesuffix("_FILE") for name in re.findall(r"DAYTWO_[A-Z_]*[A-Z]", path.read_text())}
    assert named <= settings_read()


def test_every_command_the_readme_names_exists() -> None:
    named = set(re.findall(r"manage\.py (\w+)", (FOLDER / "README.md").read_text()))
    assert {"up", "prepare", "web", "worker", "beat", "listen", "backup"} <= named <= COMMANDS


def test_every_file_is_in_the_readmes_table() -> None:
    table = [line for line in (FOLDER / "README.md").read_text().splitlines() if line.startswith("| `")]
    for path in FILES:
        process = re.fullmatch(r"daytwo-(\w+)\.service", path.name)
        word = process[1] if process else path.name
        assert path.name == "README.md" or any(word in line for line in table), path.name


def test_no_file_holds_a_secret() -> None:
    for path in FILES:
        for user_info in re.findall(r"://([^/\s@]+)@", path.read_text()):
            assert re.fullmatch(r"[a-z]*:(THAT-)?PASSWORD", user_info), path


def test_an_image_is_made_of_what_the_repository_has_and_of_no_data() -> None:
    text = (FOLDER / "Dockerfile").read_text()
    copied = [word for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE) for word in line.split()]
    let_in = re.findall(r"^!(\S+)$", (FOLDER / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    assert set(copied) == set(let_in) == {
        "manage.py", "LICENSE", "requirements.txt", "collectors", "dashboard", "templates", "static",
    }  # fmt: skip
    assert all((ROOT / word).exists() for word in copied)
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    # The last line that fits decides: what compose reads its secrets from must not be in an image that others pull.
    assert "*" in ignored and ignored.index("dashboard/deploy") > ignored.index("!dashboard")
    assert "--require-hashes -r requirements.txt" in text
    assert text.index("USER daytwo") < text.index("ENTRYPOINT")
