"""Against Debian's Alertmanager itself, started on loopback; nothing here is skipped where CI runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pytest_django import Settings

from dashboard.alerts import deliver
from dashboard.alerts.channels import alertmanager
from dashboard.alerts.channels.sending import Call, NotTaken
from dashboard.alerts.refresh import refresh
from dashboard.models import Alert, Channel, Notice, NoticeLine
from tests import notices_owed
from tests.alerts.channels.messages import call, line, message
from tests.faults.server import free_port
from tests.patience import HANG_SECONDS

MISSING = "these tests need Debian's Alertmanager: apt-get install -y prometheus-alertmanager"
CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("prometheus-alertmanager")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    folder: Path = tmp_path_factory.mktemp("alertmanager")
    (folder / "config.yml").write_text(CONFIG)
    address = f"127.0.0.1:{free_port()}"
    options = [
        f"--config.file={folder / 'config.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ]
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        _await(lambda: _asked(f"http://{address}/-/ready") is not None)
        yield f"http://{address}"
        server.terminate()


def _asked(url: str) -> bytes | None:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            found: bytes = answer.read()
            return found
    except (urllib.error.URLError, ConnectionError):
        return None


def _await(true: Callable[[], bool], within_seconds: float = HANG_SECONDS) -> None:
    deadline = time.monotonic() + within_seconds
    while not true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.05)


def shown(url: str) -> dict[str, dict[str, Any]]:
    """Subject → the alert, of those that Alertmanager holds for active."""
    alerts = msgspec.json.decode(_asked(f"{url}/api/v2/alerts") or b"[]", type=list[dict[str, Any]])
    return {alert["labels"].get("subject", alert["labels"]["alertname"]): alert for alert in alerts}


def at_now(url: str) -> Call:
    return call(url, now=datetime.now(UTC))


def test_an_alert_is_shown_with_its_labels_and_resolved_when_it_ends(url: str) -> None:
    began = datetime.now(UTC) - timedelta(minutes=2)
    fires = line(subject="10.0.0.7", host="10.0.0.7", began_at=began)
    assert alertmanager.send(at_now(url), message(lines=[fires])) == "answered 200"
    found = shown(url)["10.0.0.7"]
    assert found["labels"] == {
        "alertname": "memory allocated",
        "cluster": "prod",
        "rule": "R20",
        "severity": "critical",
        "subject": "10.0.0.7",
        "node": "10.0.0.7",
    }
    assert found["annotations"]["summary"] == "memory of 10.0.0.1 is 91 % allocated"
    assert found["annotations"]["value"] == "0.91" and found["status"]["state"] == "active"
    assert found["generatorURL"] == "https://daytwo.example.org/c/prod/alerts/"
    ended = line(subject="10.0.0.7", host="10.0.0.7", began_at=began, ended_at=datetime.now(UTC), state="resolved")
    alertmanager.send(at_now(url), message(kind="recovery", lines=[ended]))
    _await(lambda: "10.0.0.7" not in shown(url))


def test_of_a_cluster_as_a_whole_there_is_neither_subject_nor_node(url: str) -> None:
    whole = line(subject="", host="", name="", began_at=datetime.now(UTC))
    alertmanager.send(at_now(url), message(rule_name="no leader", lines=[whole]))
    assert set(shown(url)["no leader"]["labels"]) == {"alertname", "cluster", "rule", "severity"}


def test_a_test_is_shown_for_a_minute(url: str) -> None:
    alertmanager.send(at_now(url), message(kind="test", lines=[]))
    found = shown(url)["Day Two test"]
    lasts = datetime.fromisoformat(found["endsAt"]) - datetime.fromisoformat(found["startsAt"])
    assert lasts == timedelta(minutes=1)


def test_what_ends_as_it_begins_is_taken_and_what_is_no_alert_is_refused(url: str) -> None:
    now = datetime.now(UTC)
    alertmanager.send(at_now(url), message(lines=[line(began_at=now, ended_at=now)]))
    with pytest.raises(NotTaken) as caught:
        alertmanager.send(at_now(url), message(lines=[line(began_at=now + timedelta(hours=1))]))
    assert (caught.value.outcome, caught.value.receiver_failed) == ("refused_by_receiver", False)


@pytest.mark.django_db
def test_what_fires_is_told_again_and_what_ended_meanwhile_is_ended_there(url: str, settings: Settings) -> None:
    settings.ALLOW_LOOPBACK = True
    now = datetime.now(UTC)
    times = iter(now + timedelta(seconds=30 * step) for step in range(100))
    began = now - timedelta(minutes=3)
    notices_owed.channel("am", kind=Channel.Kind.ALERTMANAGER, target=url)
    group = notices_owed.group()
    names = ("fires", "ends", "silenced")
    fires, ends, silenced = (notices_owed.alert(group, f"{name}.test", fired_at=began) for name in names)
    notices_owed.owe(group, Notice.Kind.PROBLEM, now, fires, ends)
    assert deliver.send_due(lambda: now) == 1 and set(shown(url)) >= {"fires.test", "ends.test"}
    Alert.objects.filter(pk=ends.pk).update(state=Alert.State.RESOLVED, ended_at=now)
    Alert.objects.filter(pk=silenced.pk).update(inhibited_by="the cluster cannot be reached")
    assert refresh(lambda: next(times)) == 1
    found = shown(url)
    assert "ends.test" not in found and "silenced.test" not in found
    first_end = datetime.fromisoformat(found["fires.test"]["endsAt"])
    assert refresh(lambda: now + timedelta(seconds=30)) == 0, "told within the minute"
    assert refresh(lambda: now + timedelta(seconds=90)) == 1
    assert datetime.fromisoformat(shown(url)["fires.test"]["endsAt"]) > first_end
    assert NoticeLine.objects.count() == 2


@pytest.mark.django_db
def test_one_that_was_never_told_of_a_group_is_not_told_how_it_goes_on(url: str, settings: Settings) -> None:
    settings.ALLOW_LOOPBACK = True
    now = datetime.now(UTC)
    notices_owed.channel("am", kind=Channel.Kind.ALERTMANAGER, target=url)
    notices_owed.alert(notices_owed.group(), "unheard.test", fired_at=now)
    assert refresh(lambda: now) == 0 and "unheard.test" not in shown(url)
