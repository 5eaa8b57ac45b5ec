"""python -m collectors listen: a line a record, and how it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.__main__ import main
from collectors.streams.marathon import PATH
from tests.collectors.conftest import Stage
from tests.collectors.streams.events import FAILED, STATUS, TASK, updated
from tests.collectors.streams.framing import recordio, server_sent
from tests.collectors.streams.scene import EVENTS_HEAD, HEAD
from tests.faults import server as fault

OPENING: dict[str, Any] = {"type": "SUBSCRIBED", "subscribed": {"get_state": {"get_tasks": {"tasks": [TASK]}}}}
ADDED = {"type": "TASK_ADDED", "task_added": {"task": TASK}}
EVENTS = (OPENING, ADDED, updated(), {"type": "AGENT_ADDED"})


def stream(*events: dict[str, Any]) -> fault.Script:
    return fault.raw(HEAD + b"".join(recordio(json.dumps(event).encode()) for event in events))


def test_what_the_leader_tells_is_a_line_a_record(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    server = stage.server({"/api/v1": stream(*EVENTS)})
    assert main(["listen", server.url, "--kind", "mesos"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "open: 1 tasks are listed",
        "added web.1 TASK_STAGING S0",
        "changed web.1 TASK_FAILED REASON_CONTAINER_LIMITATION_MEMORY Memory limit exceeded",
        "worth a look: summary",
    ]
    assert said.err == "collectors: truncated: The stream was ended by the cluster\n"


def test_or_as_a_json_object_a_line(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    main(["listen", stage.server({"/api/v1": stream(*EVENTS)}).url, "--kind", "mesos", "--json"])
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["record"] for one in said] == ["StreamOpened", "TaskAdded", "TaskChange", "WorthALook"]
    assert (said[0]["tasks"]["tasks"][0]["task_id"], said[2]["state"]) == ("web.1", "TASK_FAILED")


def test_a_marathon_is_listened_to_by_its_name(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    server = stage.server({PATH: fault.raw(EVENTS_HEAD + server_sent(FAILED))})
    assert main(["listen", server.url, "--kind", "mesos", "--marathon", server.url, "--stream", "marathon"]) == 1
    opened, changed = capsys.readouterr().out.splitlines()
    assert opened == "open: tasks are not listed"
    assert changed == "changed web.1 TASK_FAILED Memory limit exceeded"


def test_what_a_terminal_would_obey_is_shown_as_text(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    server = stage.server({"/api/v1": stream(OPENING, updated({**STATUS, "message": "\x1b[2Jgone\nand more"}))})
    main(["listen", server.url, "--kind", "mesos"])
    assert r"\x1b[2Jgone\nand more" in capsys.readouterr().out.splitlines()[1]


def test_a_marathon_that_nobody_registered_is_one_line_and_exit_1(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["listen", stage.server().url, "--kind", "mesos", "--stream", "team/other"]) == 1
    assert capsys.readouterr().err == "collectors: not_found: No Marathon of this cluster is called team/other\n"
