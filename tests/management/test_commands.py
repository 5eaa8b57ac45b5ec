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

from collectors.simulator import Settings, Simulator
from dashboard.models import Cluster, Node
from dashboard.roles import Role, role_of
from dashboard.store import clusters

pytestmark = pytest.mark.django_db(transaction=True)


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
    assert clusters.token_of(Cluster.objects.get()) == "a-token" and "a-token" not in said


def test_a_cluster_that_does_not_answer_is_not_connected(simulator: Simulator) -> None:
    with pytest.raises(CommandError, match="Not connected") as refused:
        run("add_cluster", "prod", simulator.router_url)
    assert refused.value.returncode == 1 and not Cluster.objects.exists()


def test_plain_mesos_is_connected_by_its_masters(simulator: Simulator) -> None:
    first, second, third = simulator.master_urls
    run("add_cluster", "lab", first, "--kind", "mesos", "--master", second, "--master", third)
    assert [str(url) for url in Cluster.objects.get().master_urls.all()] == [second, third]


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
    environment = {**os.environ, "DAYTWO_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    command = [sys.executable, "manage.py", "poll", "prod"]
    ended = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "start `manage.py up` once" in ended.stderr and len(ended.stderr.strip().splitlines()) == 1
