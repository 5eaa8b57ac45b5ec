"""The embedded broker: its socket, its program, its configuration."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from kombu import Connection

from dashboard.running import broker
from tests import patience

LONG = Path("/srv") / ("a-folder-in-a-very-long-path/" * 5)


@pytest.fixture(autouse=True)
def runtime_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """As short as the real one: pytest's own folders are too long for sockets."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


def test_the_socket_lives_in_the_data_folder() -> None:
    assert broker.socket_path(Path("/srv/daytwo")) == Path("/srv/daytwo/broker.sock")


def test_a_long_data_folder_gets_a_short_socket_of_its_own(runtime_folder: Path) -> None:
    short = broker.socket_path(LONG)
    assert short.parent.parent == runtime_folder
    assert len(os.fsencode(short)) <= broker.LONGEST_SOCKET_PATH_BYTES
    assert short == broker.socket_path(LONG)
    assert short != broker.socket_path(LONG / "other")


def test_a_long_runtime_folder_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(LONG))
    assert broker.socket_path(LONG).parent.parent == Path("/tmp")


@contextmanager
def served(command: list[str], socket: Path) -> Iterator[redis.Redis]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            patience.until(socket.exists, what="the server's socket")
            yield redis.Redis(unix_socket_path=str(socket))
        finally:
            server.terminate()


def test_the_packaged_server_answers_on_a_socket_in_an_oddly_named_folder(runtime_folder: Path) -> None:
    data = runtime_folder / 'it\'s 50% "odd", #1?'
    data.mkdir()
    command = [broker.packaged_server(), broker.prepare(data)[1]]
    with served(command, data / "broker.sock") as client:
        assert client.ping()
        assert Connection(broker.url(data / "broker.sock")).ensure_connection(max_retries=1).connected
        assert client.config_get("port", "maxmemory-policy") == {"port": "0", "maxmemory-policy": "noeviction"}


def test_a_broker_with_a_long_data_folder_answers_on_the_short_socket(tmp_path: Path) -> None:
    data = tmp_path / ("long-" * 25)
    data.mkdir()
    with served(broker.prepare(data), broker.socket_path(data)) as client:
        assert client.ping()


def test_it_takes_messages_although_the_disk_is_full_for_it_keeps_none(runtime_folder: Path) -> None:
    with served(broker.prepare(runtime_folder), runtime_folder / "broker.sock") as client:
        before = {path.name for path in runtime_folder.iterdir()}
        client.set("message", 1)
        assert {path.name for path in runtime_folder.iterdir()} == before == {"broker.conf", "broker.sock"}
        assert client.config_get("appendonly", "save") == {"appendonly": "no", "save": ""}


def test_a_short_folder_that_others_can_read_is_refused(runtime_folder: Path) -> None:
    folder = broker.socket_path(LONG).parent
    folder.mkdir()
    folder.chmod(0o755)  # whatever the umask
    with pytest.raises(broker.BrokerError, match="not a private folder of yours"):
        broker.make_private(folder)
    folder.rmdir()
    folder.symlink_to(runtime_folder)
    with pytest.raises(broker.BrokerError, match="not a private folder of yours"):
        broker.make_private(folder)
