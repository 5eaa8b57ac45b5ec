#!/usr/bin/env python3
"""Day Two's one entry: `up` starts it, `test` checks it, everything else is a Django command.

`up` and `test` first set up what they need: a virtual environment in `.venv` (an active one is taken instead) and the
hash-locked packages, again whenever the list changed. No other command installs anything, and DAYTWO_NO_VENV=1 forbids
it to these two as well. Until then this file uses the standard library only.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
LISTS = {"up": "requirements.txt", "test": "requirements-dev.txt"}
CONTAINED = {"requirements.txt": [], "requirements-dev.txt": ["requirements.txt"]}
STAMP = "daytwo-packages.txt"
WRONG_SETTING = 78  # EX_CONFIG of sysexits.h: to try again changes nothing
PYTEST_PROCESSES = max(4, (os.cpu_count() or 1) + 2)
"""More than there are cores: many tests wait for a process, a browser or a clock."""
PYTEST_OPTIONS = ["-n", str(PYTEST_PROCESSES), "--dist", "loadfile", "--no-loadscope-reorder"]


def main(arguments: list[str]) -> None:
    """Run the command named in `arguments` (as in sys.argv), inside the environment it needs."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(too_old(sys.version_info[:3]))
    os.umask(0o077)  # whatever a command makes holds keys or data: it is its user's alone
    command = arguments[1] if len(arguments) > 1 else "help"
    if command == "up":
        export_data_folder(arguments[2:])
    environment = chosen_environment()
    if environment is not None:
        if command in LISTS:
            set_up(environment, LISTS[command])
        enter(environment, arguments)
    if command == "test":
        run_tests(arguments[2:])
    else:
        run_django(arguments)


def too_old(version: tuple[int, ...]) -> str:
    found = ".".join(str(part) for part in version)
    return f"Day Two needs Python 3.11 or newer, this is {found}. Start it with a newer one: python3.11 manage.py up"


def export_data_folder(options: list[str]) -> None:
    """Put `--data DIR` into DAYTWO_DATA_DIR: the settings read it before any command sees its options."""
    parser = argparse.ArgumentParser(prog="manage.py up", add_help=False, allow_abbrev=False)
    parser.add_argument("--data")
    data = parser.parse_known_args(options)[0].data
    if data:
        os.environ["DAYTWO_DATA_DIR"] = str(Path(data).expanduser().resolve())


def chosen_environment() -> Path | None:
    """The environment this Python runs in, else the active one, else `.venv`; None when DAYTWO_NO_VENV forbids one."""
    if os.environ.get("DAYTWO_NO_VENV", "") not in ("", "0"):
        return None
    if sys.prefix != sys.base_prefix:
        return Path(sys.prefix)
    active = os.environ.get("VIRTUAL_ENV")
    return Path(active) if active and is_environment(Path(active)) else ROOT / ".venv"


def is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file() and python_of(folder).exists()


def python_of(environment: Path) -> Path:
    return environment / "bin" / "python"


def set_up(environment: Path, name: str) -> None:
    """Make `environment` hold the list `name`, unless its stamp says that it does. Of two starts the second waits."""
    if is_stamped(environment, name):
        return
    with one_at_a_time():
        if is_stamped(environment, name):
            return
        say("Setting up Python packages, once: about 30 s …")
        if not is_environment(environment):
            create(environment)
        install(environment, name)
        stamp(environment, name)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def create(environment: Path) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit("This Python cannot make virtual environments. On Debian or Ubuntu: apt-get install -y python3-venv")
    run(
        [sys.executable, "-m", "venv", "--clear", "--without-pip", str(environment)],
        "Could not make " + environment.name,
    )


def install(environment: Path, name: str) -> None:
    """Install exactly the list `name`. The stamp goes first, so that an interrupted install is never taken for done."""
    (environment / STAMP).unlink(missing_ok=True)
    python = str(python_of(environment))
    if not (environment / "bin" / "pip").exists():
        run([python, "-m", "ensurepip", "--default-pip"], "Could not set up pip", quiet=True)
    pip = [python, "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input", "install"]
    run([*pip, "--require-hashes", "-r", str(ROOT / name)], f"pip could not install {name}")


def run(command: list[str], complaint: str, *, quiet: bool = False) -> None:
    done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL if quiet else None)
    if done.returncode:
        sys.exit(f"{complaint}: the reason stands above. Nothing was started.")


def is_stamped(environment: Path, name: str) -> bool:
    file = environment / STAMP
    return is_environment(environment) and file.is_file() and digest(name) in file.read_text().split()


def stamp(environment: Path, name: str) -> None:
    """Remember what was installed: this list, and the list it contains."""
    lines = [f"{one} {digest(one)}\n" for one in (name, *CONTAINED[name])]
    fresh = environment / f"{STAMP}.new"
    fresh.write_text("".join(lines))
    fresh.replace(environment / STAMP)


def digest(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def enter(environment: Path, arguments: list[str]) -> None:
    """Go on with the Python of `environment`, in this process; no-op when it is that already or does not exist."""
    if Path(sys.prefix).resolve() == environment.resolve() or not is_environment(environment):
        return
    python = str(python_of(environment))
    os.execv(python, [python, str(ROOT / "manage.py"), *arguments[1:]])


def run_tests(options: list[str]) -> None:
    if importlib.util.find_spec("pytest") is None:
        sys.exit(not_installed("requirements-dev.txt"))
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *PYTEST_OPTIONS, *options])


def run_django(arguments: list[str]) -> None:
    if importlib.util.find_spec("django") is None:
        sys.exit(not_installed("requirements.txt"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(arguments)
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)
        sys.exit(WRONG_SETTING)


def not_installed(name: str) -> str:
    if chosen_environment() is None:
        return f"Python packages are missing and DAYTWO_NO_VENV is set: install {name} yourself, or unset it."
    return "Python packages are missing: run `python3 manage.py up` first, it installs them."


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)
