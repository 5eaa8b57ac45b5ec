from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import MarathonDeployments
from collectors.sources.deployments import SOURCE, decode_deployments
from collectors.sources.source import Source
from tests.collectors.sources.marathon_documents import deployment

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def decoded(*entries: Any) -> tuple[MarathonDeployments, Counter[str]]:
    dropped: Counter[str] = Counter()
    return decode_deployments(json.dumps(entries).encode(), "marathon", NOW, dropped), dropped


def test_a_deployment_says_its_step_and_what_is_being_done() -> None:
    (found,) = decoded(deployment(affectedPods=["/pod"]))[0].deployments
    assert (found.deployment_id, found.step, found.steps) == ("d1", 1, 2)
    assert (found.app_ids, found.actions) == (("/web", "/pod"), ("ScaleApplication /web",))
    assert found.started_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "steps",
    [
        [[{"type": "StartApplication", "app": "/web"}], [{"type": "StopPod", "pod": "/pod"}]],
        [
            {"actions": [{"action": "StartApplication", "app": "/web"}]},
            {"actions": [{"action": "StopPod", "pod": "/pod"}]},
        ],
    ],
    ids=["lists of lists", "lists of objects"],
)
def test_both_shapes_of_steps_are_read(steps: Any) -> None:
    said = deployment(steps=steps, currentStep=2, totalSteps=None, currentActions=None)
    (found,) = decoded(said)[0].deployments
    assert (found.steps, found.actions) == (2, ("StopPod /pod",))


def test_a_step_past_the_last_has_no_actions() -> None:
    (found,) = decoded(deployment(steps=[], currentStep=9, currentActions=None))[0].deployments
    assert (found.step, found.actions) == (9, ())


def test_one_that_cannot_be_read_is_dropped_and_the_list_is_not_whole() -> None:
    said, dropped = decoded(deployment(), {"id": "d2"}, deployment(id=""), 7)
    assert ([each.deployment_id for each in said.deployments], said.whole) == (["d1"], False)
    assert dropped.total() == 3
    assert decoded()[0].whole


def test_another_shape_is_refused_with_the_reason() -> None:
    with pytest.raises(PollError) as caught:
        decode_deployments(b'{"message": "no"}', "marathon", NOW, Counter())
    assert caught.value.outcome is Outcome.WRONG_SHAPE


def test_the_source_is_one_of_marathons() -> None:
    assert isinstance(SOURCE, Source)
    assert SOURCE.asks_marathon
