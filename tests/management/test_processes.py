"""`prepare`, `web`, `worker`, `beat` and `listen` as real processes, on the engine that the tests run on."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet

from dashboard.running import before_start
from tests.patience import HANG_SECONDS, until
from tests.servers.databases import Database, own
from tests.test_up import free_address

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "DAYTWO_SECRET_KEY": secrets.token_urlsafe(64),
    "DAYTWO_CREDENTIAL_KEYS": Fernet.generate_key().decode(),
    "DAYTWO_AUDIT_KEY": secrets.token_hex(32),
}
NEWER = """
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
MigrationRecorder(connection).{do}("dashboard", "9999_later")
"""
NOBODY = "127.0.0.1:1"
"""Where nothing listens."""

pytestmark = pytest.mark.slow
Environment = dict[str, str | None]


class Installation:
    """A data folder and a database, and what was started on them."""

    def __init__(self, data: Path, database: Database) -> None:
        self.data, self.database = data, database
        self.started: list[subprocess.Popen[str]] = []
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DAYTWO_", "DJANGO_"))}
        told = {"DAYTWO_NO_VENV": "1", "DAYTWO_DATA_DIR": str(data), "DAYTWO_DATABASE_URL": database.url, **KEYS}
        self.environment: Environment = {**inherited, **told}

    def manage(self, *words: str, **environment: str | None) -> subprocess.Popen[str]:
        """Start manage.py; what is given as None is left out of its environment."""
        given = {name: value for name, value in (self.environment | environment).items() if value is not None}
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        # Not from the checkout: the commands must find their own code.
        one = subprocess.Popen(command, cwd="/", env=given, stdout=-1, stderr=subprocess.STDOUT, text=True)
        self.started.append(one)
        return one

    def end(self) -> None:
        for one in self.started:
            one.kill()
            one.communicate()


Prepared = tuple[Installation, list[tuple[int, str]]]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Installation]:
    """Without a table."""
    with own(tmp_path) as database:
        one = Installation(tmp_path, database)
        yield one
        one.end()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """Prepared by two processes at once, and what each of them said; on PostgreSQL as if on two machines."""
    data = tmp_path_factory.mktemp("data")
    with own(data) as database:
        one = Installation(data, database)
        other = data if database.is_sqlite else tmp_path_factory.mktemp("other")
        both = [one.manage("prepare"), one.manage("prepare", DAYTWO_DATA_DIR=str(other))]
        yield one, [ended(process) for process in both]
        one.end()


def ended(process: subprocess.Popen[str], seconds: float = HANG_SECONDS) -> tuple[int, str]:
    """Its exit code and all it said."""
    said = process.communicate(timeout=seconds)[0]
    return process.returncode, said


def refusal(process: subprocess.Popen[str], code: int) -> str:
    """The one line that it refused with."""
    left_with, said = ended(process)
    assert (left_with, len(said.splitlines())) == (code, 1), said
    return said


@pytest.mark.parametrize("name", ["web", "worker", "beat", "listen"])
def test_without_its_tables_nothing_starts(empty: Installation, name: str) -> None:
    said = refusal(empty.manage(name), before_start.NOT_NOW)
    assert "lacks" in said and "run `manage.py prepare` first" in said


def test_of_two_that_prepare_at_once_one_makes_everything(prepared: Prepared) -> None:
    one, told = prepared
    assert [code for code, _ in told] == [0, 0], told
    assert sum("Sign in as admin with password" in said for _, said in told) == 1
    assert one.database.ask("SELECT COUNT(*) FROM auth_user") == [(1,)]
    assert ended(one.manage("prepare")) == (
        0,
        "Ready: start `manage.py web`, `manage.py worker`, `manage.py beat` and `manage.py listen`.\n",
    )


def test_a_database_of_a_newer_version_is_left_alone(prepared: Prepared) -> None:
    one, _ = prepared
    assert ended(one.manage("shell", "-v0", "-c", NEWER.format(do="record_applied"))) == (0, "")
    try:
        for name in ("web", "worker", "beat", "listen", "prepare"):
            assert "of a newer Day Two (it has dashboard.9999_later)" in refusal(one.manage(name), before_start.NOT_NOW)
    finally:
        assert ended(one.manage("shell", "-v0", "-c", NEWER.format(do="record_unapplied"))) == (0, "")


@pytest.mark.parametrize("name", ["web", "worker", "beat", "listen", "prepare", "up"])
def test_nothing_starts_with_keys_that_are_none_such_as_those_of_a_template(empty: Installation, name: str) -> None:
    template = "MADE-AS-README-SAYS"
    given = dict.fromkeys(["DAYTWO_SECRET_KEY", "DAYTWO_CREDENTIAL_KEYS", "DAYTWO_AUDIT_KEY"], template)
    said = refusal(empty.manage(name, **given), before_start.CONFIGURATION)
    assert all(key in said for key in given) and template not in said


def test_a_database_that_does_not_answer_is_waited_for_and_then_told(empty: Installation) -> None:
    began = time.monotonic()
    url = f"postgres://daytwo:hunter2-secret@{NOBODY}/daytwo"
    said = refusal(empty.manage("worker", "--wait", "1", DAYTWO_DATABASE_URL=url), before_start.NOT_NOW)
    assert "The database does not answer, for 1 s:" in said and "hunter2-secret" not in said
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize("name", ["web", "worker", "beat", "listen", "prepare"])
def test_keys_of_this_machine_alone_are_refused_on_a_database_for_many(
    empty: Installation, tmp_path: Path, name: str
) -> None:
    url = f"postgres://daytwo@{NOBODY}/daytwo"
    said = refusal(empty.manage(name, DAYTWO_DATABASE_URL=url, DAYTWO_SECRET_KEY=None), before_start.CONFIGURATION)
    assert "set DAYTWO_SECRET_KEY, or name a file by DAYTWO_SECRET_KEY_FILE" in said
    assert f"This machine made for itself: {tmp_path}/secret_key" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DAYTWO_DATABASE_URL", "postgres://daytwo:hunter2/secret@db:5432/daytwo"),
        ("DAYTWO_DATABASE_URL", "mysql://daytwo:hunter2@db/daytwo"),
        ("DAYTWO_REDIS_URL", "http://:hunter2@redis:6379"),
        ("DAYTWO_REDIS_URL", "redis://:hunter2/secret@redis:6379"),
        ("DAYTWO_REDIS_URL_FILE", "/nonexistent/hunter3"),
        ("DAYTWO_SUB_PATH", "service/daytwo"),
        ("DAYTWO_SUB_PATH", "/service;Domain=x"),
    ],
)
def test_a_setting_that_cannot_be_is_told_in_one_line_without_its_secret(
    empty: Installation, name: str, value: str
) -> None:
    said = refusal(empty.manage("web", **{name: value}), before_start.CONFIGURATION)
    assert name in said and "hunter2" not in said


@pytest.mark.parametrize(("words", "code"), [(("web", "--bind", "8000"), 78), (("worker", "--threads", "0"), 78)])
def test_an_option_that_cannot_be_is_told(empty: Installation, words: tuple[str, ...], code: int) -> None:
    assert words[1] in refusal(empty.manage(*words), code)


def test_secrets_come_from_files_too(empty: Installation, tmp_path: Path) -> None:
    files: dict[str, str | None] = {}
    for name, value in {
        **KEYS,
        "DAYTWO_DATABASE_URL": empty.database.url,
        "DAYTWO_REDIS_URL": f"redis://{NOBODY}",
    }.items():
        (tmp_path / name).write_text(f"{value}\n")
        files |= {name: None, f"{name}_FILE": str(tmp_path / name)}
    assert ended(empty.manage("prepare", **files))[0] == 0
    assert empty.database.ask("SELECT COUNT(*) FROM auth_group") == [(3,)]


@pytest.mark.parametrize("name", ["web", "worker", "beat", "listen"])
def test_a_process_tells_no_password_and_ends_when_told(prepared: Prepared, name: str) -> None:
    url = f"redis://:hunter2-secret@{NOBODY}/0"
    words = [name, "--bind", free_address()] if name == "web" else [name]
    process = prepared[0].manage(*words, DAYTWO_REDIS_URL=url, DAYTWO_ADMIN_PASSWORD="hunter4-secret")
    command = Path(f"/proc/{process.pid}/cmdline")
    program = {
        "web": b"gunicorn",
        "worker": b"dashboard.worker",
        "beat": b"dashboard.clock",
        "listen": b"dashboard.listener",
    }[name]
    until(lambda: program in command.read_bytes(), what=f"{name} in the place of manage.py")
    if name == "web":
        until(lambda: answers(words[2]), what="an answer")
    else:
        time.sleep(4)  # it looks for its broker, and says that there is none
    assert b"hunter" not in command.read_bytes()
    assert b"hunter4" not in Path(f"/proc/{process.pid}/environ").read_bytes()
    process.send_signal(signal.SIGTERM)
    said = ended(process)[1]
    assert "hunter" not in said


def answers(bind: str) -> bool:
    try:
        return requests.get(f"http://{bind}/-/healthy", timeout=5).status_code == 200
    except requests.RequestException:
        return False
