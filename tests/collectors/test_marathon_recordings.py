"""Every recorded file of Marathon and of the operator API decodes, or is refused with a reason."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.decoding import decode
from collectors.errors import Outcome, PollError
from collectors.sources.apps import decode_apps
from collectors.sources.deployments import decode_deployments
from collectors.sources.marathon import Info, Leader
from collectors.sources.pods import decode_pods
from collectors.sources.queue import decode_queue
from collectors.sources.tasks import GetTasks, decode_tasks, tasks_of

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"
NOW = datetime(2026, 11, 22, 23, tzinfo=UTC)
Dropped = Counter[str]
MADE: dict[str, Callable[[bytes, Dropped], int]] = {
    "apps": lambda body, dropped: len(decode_apps(body, dropped)),
    "pods": lambda body, dropped: len(decode_pods(body, dropped)),
    "queue": lambda body, dropped: len(decode_queue(body, "marathon", NOW, dropped).waiting),
    "deployments": lambda body, dropped: len(decode_deployments(body, "marathon", NOW, dropped).deployments),
    "info": lambda body, _: len([decode(body, Info, url="")]),
    "leader": lambda body, _: len([decode(body, Leader, url="")]),
}


def recorded(*patterns: str) -> list[Any]:
    found = sorted(path for pattern in patterns for path in CAPTURES.glob(pattern))
    if not found:
        return [pytest.param(None, marks=pytest.mark.skip(reason="no recordings beside the repository"))]
    return [pytest.param(path, id="/".join(path.parts[-2:])) for path in found]


def made_of(path: Path) -> dict[str, tuple[int, Dropped]]:
    """What each decoder makes of a file, and what it drops; one that refuses it has its reason and is not there."""
    found = {}
    for kind, make in MADE.items():
        dropped: Dropped = Counter()
        try:
            found[kind] = make(path.read_bytes(), dropped), dropped
        except PollError as error:
            assert error.outcome in {Outcome.WRONG_SHAPE, Outcome.NOT_JSON} and error.detail
    return found


@pytest.mark.parametrize("path", recorded("marathon/*.json", "marathon/gomarathon/*.json"))
def test_a_file_of_marathon_is_read_as_what_it_is_or_refused_with_a_reason(path: Path) -> None:
    """Decoding never raises anything else, and every entry is a record or a reason."""
    for kind, (number, dropped) in made_of(path).items():
        if kind in ("apps", "queue"):
            assert number + dropped.total() >= len(json.loads(path.read_bytes())[kind])
        elif kind in ("pods", "deployments"):
            assert number + dropped.total() >= len(json.loads(path.read_bytes()))


@pytest.mark.parametrize(
    ("file", "kind", "number"),
    [
        ("dcosui-1-app-for-each-health-app.json", "apps", 4),
        ("docs-app_list.json", "apps", 1),
        ("gomarathon/v2-apps.json", "apps", 2),
        ("mlb-marathon15_apps.json", "apps", 1),
        ("mlb-zdd_apps.json", "apps", 2),
        ("gomarathon/v2-pods-status.json", "pods", 1),
        ("docs-queue.json", "queue", 2),
        ("dcosui-marathon-1-task-offers-queue.json", "queue", 1),
        ("gomarathon/v2-queue.json", "queue", 1),
        ("docs-deployments.json", "deployments", 1),
        ("dcosui-deployments-three-deployments.json", "deployments", 3),
        ("gomarathon/v2-deployments-v1.1.1.json", "deployments", 1),
        ("gomarathon/v2-deployments.json", "deployments", 1),
        ("docs-info.json", "info", 1),
        ("gomarathon/v2-info.json", "info", 1),
        ("gomarathon/v2-leader.json", "leader", 1),
    ],
)
def test_an_answer_of_an_endpoint_that_is_read_is_read_whole(file: str, kind: str, number: int) -> None:
    path = CAPTURES / "marathon" / file
    if not path.is_file():
        pytest.skip("no recordings beside the repository")
    assert made_of(path)[kind] == (number, Counter())


def lists_in(value: Any) -> list[dict[str, Any]]:
    """Every `get_tasks` of a document, those inside GET_STATE and SUBSCRIBED too."""
    if isinstance(value, list):
        return [found for each in value for found in lists_in(each)]
    if not isinstance(value, dict):
        return []
    own = [value["get_tasks"]] if isinstance(value.get("get_tasks"), dict) else []
    return own + [found for key, each in value.items() if key != "get_tasks" for found in lists_in(each)]


@pytest.mark.parametrize("path", recorded("mesos/operator-api-v1/*.json", "mesos/docs-operator-api/*.json"))
def test_every_task_of_the_operator_api_is_read_or_dropped_with_a_reason(path: Path) -> None:
    document = json.loads(path.read_bytes())
    for said in lists_in(document):
        lists = decode(json.dumps(said).encode(), GetTasks, url="")
        found, dropped = tasks_of(lists, NOW)
        ours = sum(len(getattr(lists, field) or ()) for field in GetTasks.__struct_fields__)
        assert len(found.tasks) + dropped.total() == ours
    if not (isinstance(document, dict) and "get_tasks" in document):
        with pytest.raises(PollError) as caught:
            decode_tasks(path.read_bytes(), NOW)
        assert caught.value.outcome is Outcome.WRONG_SHAPE
