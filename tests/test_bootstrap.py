"""manage.py before Django: what it sets up, when, and what it says when it cannot."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
FAKE_DJANGO = """\
import os
def execute_from_command_line(arguments):
    print("django got", *arguments[1:], "data", os.environ.get("DAYTWO_DATA_DIR"))
"""


def load(root: Path) -> ModuleType:
    """manage.py as a module that takes `root` for the repository."""
    shutil.copy(ROOT / "manage.py", root)
    spec = importlib.util.spec_from_file_location("manage_under_test", root / "manage.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("runtime list\n")
    (tmp_path / "requirements-dev.txt").write_text("runtime list and test tools\n")
    return tmp_path


@pytest.fixture
def environment(checkout: Path) -> Path:
    """What a virtual environment looks like from outside."""
    folder = checkout / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "pyvenv.cfg").touch()
    return folder


def test_an_environment_with_the_dev_list_serves_up_too(checkout: Path, environment: Path) -> None:
    manage = load(checkout)
    manage.stamp(environment, "requirements-dev.txt")
    assert manage.is_stamped(environment, "requirements-dev.txt")
    assert manage.is_stamped(environment, "requirements.txt")


def test_an_environment_with_the_runtime_list_does_not_serve_test(checkout: Path, environment: Path) -> None:
    manage = load(checkout)
    manage.stamp(environment, "requirements.txt")
    assert not manage.is_stamped(environment, "requirements-dev.txt")


def test_a_changed_list_is_installed_again(checkout: Path, environment: Path) -> None:
    manage = load(checkout)
    manage.stamp(environment, "requirements.txt")
    (checkout / "requirements.txt").write_text("runtime list, one more\n")
    assert not manage.is_stamped(environment, "requirements.txt")


def test_a_stamp_without_its_python_counts_for_nothing(checkout: Path, environment: Path) -> None:
    manage = load(checkout)
    manage.stamp(environment, "requirements.txt")
    (environment / "bin" / "python").unlink()
    assert not manage.is_stamped(environment, "requirements.txt")


def test_no_environment_is_chosen_when_that_is_forbidden(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYTWO_NO_VENV", "1")
    assert load(checkout).chosen_environment() is None


def test_an_active_environment_is_taken_instead_of_an_own_one(
    checkout: Path, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAYTWO_NO_VENV", raising=False)
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    active = environment.rename(checkout / "active")
    manage = load(checkout)
    monkeypatch.setenv("VIRTUAL_ENV", str(active))
    assert manage.chosen_environment() == active
    monkeypatch.setenv("VIRTUAL_ENV", str(checkout / "removed"))
    assert manage.chosen_environment() == checkout / ".venv"


@pytest.mark.parametrize("options", [["--data", "here"], ["--demo", "--data=here"]])
def test_the_data_folder_is_known_before_django_starts(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.setenv("DAYTWO_DATA_DIR", "elsewhere")
    monkeypatch.chdir(checkout)
    load(checkout).export_data_folder(options)
    assert os.environ["DAYTWO_DATA_DIR"] == str(checkout / "here")


def test_a_python_without_venv_names_the_debian_package(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manage = load(checkout)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)  # as Debian's python3 without python3-venv
    with pytest.raises(SystemExit, match="apt-get install -y python3-venv"):
        manage.create(checkout / ".venv")


def test_an_old_python_can_read_the_file_and_says_that_it_is_too_old(checkout: Path) -> None:
    ast.parse((ROOT / "manage.py").read_text(), feature_version=(3, 8))
    assert load(checkout).too_old((3, 9, 2)).startswith("Day Two needs Python 3.11 or newer, this is 3.9.2.")


def test_a_command_without_packages_says_what_to_run(checkout: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", shutil.copy(ROOT / "manage.py", checkout), "poll", "prod"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "Python packages are missing: run `python3 manage.py up` first, it installs them.\n"


@pytest.fixture
def installable(checkout: Path) -> Path:
    """A checkout whose runtime list is one hash-locked wheel, so that pip works as ever but needs no network."""
    wheel = checkout / "django-5.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("django/__init__.py", "django/core/__init__.py"):
            archive.writestr(name, "")
        archive.writestr("django/core/management.py", FAKE_DJANGO)
        archive.writestr("django/core/exceptions.py", "class ImproperlyConfigured(Exception): ...\n")
        archive.writestr("django-5.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: django\nVersion: 5.2\n")
        archive.writestr("django-5.2.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("django-5.2.dist-info/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (checkout / "requirements.txt").write_text(f"django @ {wheel.as_uri()} --hash=sha256:{digest}\n")
    shutil.copy(ROOT / "manage.py", checkout)
    return checkout


def start(checkout: Path, *arguments: str) -> subprocess.Popen[str]:
    python = Path(sys.base_prefix) / "bin" / "python3"
    environment = {"PATH": os.environ["PATH"], "HOME": str(checkout)}
    command = [str(python), "manage.py", *arguments]
    return subprocess.Popen(command, cwd=checkout, env=environment, stdout=-1, stderr=subprocess.STDOUT, text=True)


@pytest.mark.slow
def test_two_first_starts_set_up_once_and_both_go_on(installable: Path) -> None:
    starts = [start(installable, "up", "--data", "kept") for _ in range(2)]
    outputs = [one.communicate(timeout=120)[0] for one in starts]
    assert sum(output.count("Setting up Python packages, once") for output in outputs) == 1
    assert all(f"django got up --data kept data {installable / 'kept'}" in output for output in outputs)

    again = start(installable, "poll", "prod").communicate(timeout=60)[0]
    assert again == "django got poll prod data None\n"


@pytest.mark.slow
def test_a_wheel_that_was_tampered_with_is_not_installed(installable: Path) -> None:
    with (installable / "django-5.2-py3-none-any.whl").open("ab") as wheel:
        wheel.write(b"more")
    failed = start(installable, "up")
    output = failed.communicate(timeout=120)[0]
    assert failed.returncode == 1
    assert "pip could not install requirements.txt: the reason stands above. Nothing was started." in output
    assert not (installable / ".venv" / "daytwo-packages.txt").exists()
