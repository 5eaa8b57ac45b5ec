"""The commands an operator types, against a simulated cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from collectors.login import Account
from collectors.simulator import Settings, Simulator
from dashboard.models import Cluster, Node
from dashboard.roles import Role, role_of
from dashboard.store import clusters

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "canary-password-7f3a"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(Settings(token="a-token", with_stories=False)).running() as running:
        yield running


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("a-token\n")
    return file


def run(*words: str, **options: Any) -> str:
    out = StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def test_a_cluster_is_connected_with_a_line_per_endpoint(simulator: Simulator, token_file: Path) -> None:
    said = run("add_cluster", "prod", simulator.router_url, "--token-file", str(token_file))
    assert "12 agents" in said and said.endswith("Connected prod.\n")
    assert clusters.secrets_of(Cluster.objects.get()).token == "a-token" and "a-token" not in said


@pytest.fixture
def signing_in() -> Iterator[Simulator]:
    with Simulator(Settings(user="reader", password=PASSWORD, with_stories=False)).running() as running:
        yield running


@pytest.mark.parametrize("way", ["file", "standard input", "environment", "file of the environment"])
def test_a_cluster_is_signed_in_to_by_user_name(
    way: str, signing_in: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file := tmp_path / "password").write_text(f"{PASSWORD}\n")
    monkeypatch.setattr("sys.stdin", StringIO(f"{PASSWORD}\n"))
    words = {"file": ["--password-file", str(file)], "standard input": ["--password-file", "-"]}.get(way, [])
    if way == "environment":
        monkeypatch.setenv("DAYTWO_CLUSTER_PASSWORD", PASSWORD)
    if way == "file of the environment":
        monkeypatch.setenv("DAYTWO_CLUSTER_PASSWORD_FILE", str(file))
    warned = StringIO()
    said = run("add_cluster", "prod", signing_in.router_url, "--user", "reader", *words, stderr=warned)
    assert "Signed in as reader; the token holds until " in said and said.endswith("Connected prod.\n")
    assert "travel unencrypted" in warned.getvalue() and PASSWORD not in said + warned.getvalue()
    assert clusters.secrets_of(Cluster.objects.get()).account == Account("reader", PASSWORD)


def test_the_password_is_asked_for_at_a_terminal(signing_in: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return PASSWORD

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("collectors.passwords.getpass", answer)
    run("add_cluster", "prod", signing_in.router_url, "--user", "reader")
    assert asked == ["Password of reader: "] and Cluster.objects.exists()


def test_a_wrong_password_is_told_and_the_cluster_not_connected(
    signing_in: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYTWO_CLUSTER_PASSWORD", "wrong-7f3a")
    out = StringIO()
    with pytest.raises(CommandError, match="Not connected") as refused:
        call_command("add_cluster", "prod", signing_in.router_url, "--user", "reader", stdout=out)
    assert refused.value.returncode == 1 and not Cluster.objects.exists()
    assert "the user name or password was refused" in out.getvalue() and "wrong-7f3a" not in out.getvalue()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--user", "reader"], "There is no terminal to ask for the password at: give it with --password-file"),
        (["--user", "reader", "--password-file", "/nonexistent"], "/nonexistent"),
        (["--user", "reader", "--password-file", "/dev/null"], "1 to 1024 characters"),
        (["--password-file", "/dev/null"], "add --user"),
        (["--user", "reader", "--password-file", __file__, "--token-file", __file__], "not both"),
        (["--user", "reader", "--password-file", __file__, "--kind", "mesos"], "Plain Mesos has no sign-in"),
    ],
    ids=["no terminal", "no file", "empty", "no user", "both", "mesos"],
)
def test_half_an_account_or_two_ways_at_once_are_told(words: list[str], told: str, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("t0k")
    words = [str(token) if word == __file__ else word for word in words]
    with pytest.raises(CommandError, match=told):
        run("add_cluster", "prod", "http://127.0.0.1:9", *words)
    assert not Cluster.objects.exists()


def test_a_cluster_that_does_not_answer_is_not_connected(simulator: Simulator) -> None:
    with pytest.raises(CommandError, match="Not connected") as refused:
        run("add_cluster", "prod", simulator.router_url)
    assert refused.value.returncode == 1 and not Cluster.objects.exists()


def test_plain_mesos_is_connected_by_its_masters(simulator: Simulator) -> None:
    first, second, third = simulator.master_urls
    run("add_cluster", "lab", first, "--kind", "mesos", "--master", second, "--master", third)
    assert [str(url) for url in Cluster.objects.get().master_urls.all()] == [second, third]


def test_further_marathons_are_given_one_by_one(simulator: Simulator, token_file: Path) -> None:
    own = f"{simulator.router_url}/service/marathon"
    user = f"{simulator.router_url}/service/marathon-user"
    token = ["--token-file", str(token_file)]
    run("add_cluster", "prod", simulator.router_url, *token, "--marathon", own, "--marathon", user)
    assert sorted(Cluster.objects.get().marathon_urls.values_list("url", flat=True)) == [own, user]


def test_poll_prints_what_it_stored(simulator: Simulator, token_file: Path) -> None:
    run("add_cluster", "prod", simulator.router_url, "--token-file", str(token_file))
    said = json.loads(run("poll", "prod", "--source", "summary", "--json"))
    assert (said["outcome"], Node.objects.count()) == ("ok", 12)


def test_a_failed_poll_exits_with_1(simulator: Simulator) -> None:
    run("add_cluster", "prod", simulator.router_url, "--anyway")
    with pytest.raises(SystemExit) as left:
        run("poll", "prod", "--source", "summary")
    assert left.value.code == 1


def test_polling_an_unknown_cluster_names_the_known_ones() -> None:
    with pytest.raises(CommandError, match="none is connected yet"):
        run("poll", "prod")


def test_a_user_is_added_with_a_role_and_moved_to_another() -> None:
    said = run("add_user", "m.ruiz", "--role", "operator")
    assert "shown once" in said and role_of(User.objects.get()) is Role.OPERATOR
    assert "shown once" not in run("add_user", "m.ruiz", "--role", "viewer")
    assert role_of(User.objects.get()) is Role.VIEWER


@pytest.mark.parametrize(("name", "password"), [("m.ruiz", "k7-zz"), ("not a name", "a long enough one 7")])
def test_a_user_with_a_weak_password_or_no_name_is_not_made(
    name: str, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYTWO_USER_PASSWORD", password)
    with pytest.raises(CommandError, match="No user was made") as refused:
        run("add_user", name)
    assert not User.objects.exists() and password not in str(refused.value)


def test_a_command_before_the_first_up_says_so_in_one_line(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    own = {"DAYTWO_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    environment = {name: value for name, value in os.environ.items() if name != "DAYTWO_DATABASE_URL"} | own
    command = [sys.executable, "manage.py", "poll", "prod"]
    ended = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "start `manage.py up` once" in ended.stderr and len(ended.stderr.strip().splitlines()) == 1
