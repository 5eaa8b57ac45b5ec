"""What the documents say is what the code does: settings, decisions' dependencies, commands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
OURS = re.compile(r'"(DAYTWO_[A-Z_]+)"')


def settings_read() -> set[str]:
    """Every DAYTWO_ name that the code reads from the environment."""
    files = [ROOT / "manage.py", *(ROOT / "dashboard").rglob("*.py")]
    return {name for path in files for name in OURS.findall(path.read_text())}


def settings_listed() -> set[str]:
    return set(re.findall(r"^\| `(DAYTWO_[A-Z_]+)`", README, re.MULTILINE))


def test_the_readme_lists_every_setting_and_no_other() -> None:
    assert settings_listed() == settings_read()


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    reasons = (ROOT / "dashboard" / "README.md").read_text()
    for wanted in project["dependencies"]:
        name = re.split(r"[\[<>=]", wanted)[0]
        assert re.search(rf"^\|.*\b{name}\b.*\|", reasons, re.MULTILINE), name


def test_the_readme_shows_a_picture_that_exists_and_the_two_commands() -> None:
    first_screen = README[:1800]
    picture = re.search(r"!\[[^\]]+\]\(([^)]+)\)", first_screen)
    assert picture is not None and (ROOT / picture[1]).is_file()
    assert "python3 manage.py up --demo" in first_screen and "python3 manage.py test" in first_screen


def test_every_command_the_readme_names_exists() -> None:
    commands = {path.stem for path in (ROOT / "dashboard" / "management" / "commands").glob("*.py")}
    named = set(re.findall(r"manage\.py (\w+)", README)) - {"test"}
    assert named and named <= commands


def test_nothing_names_a_path_of_somebodys_machine() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "dashboard").rglob("*.md"), *(ROOT / "collectors").rglob("*.md")]:
        assert not re.search(r"/(home|work|Users)/\w+", path.read_text()), path
