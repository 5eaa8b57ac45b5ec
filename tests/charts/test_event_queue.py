from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from dashboard.charts import event_queue
from dashboard.queries import masters_in_words, window
from dashboard.queries.masters import QUEUES
from dashboard.queries.readings import Series
from tests.builders import NOON


def queues(messages: list[float]) -> Series:
    asked = window.of("1h", NOON)
    columns = {name: np.full(asked.steps, np.nan) for name in QUEUES}
    columns[QUEUES[0]][: len(messages)] = messages
    for name in QUEUES[1:]:
        columns[name][: len(messages)] = 1.0
    return Series(asked, columns)


def test_a_time_without_a_leader_is_a_gap_in_every_line() -> None:
    figure = event_queue.figure(queues([3.0, float("nan"), 5.0]))
    assert go.Figure(figure)
    assert [line["name"] for line in figure["data"]] == ["Messages", "Dispatches", "HTTP requests"]
    assert figure["data"][0]["y"][:4] == [3.0, None, 5.0, None]
    assert figure["layout"]["meta"]["gaps"][0]["why"] == "no leader, or not asked"


def test_the_title_says_how_many_wait_and_how_many_did_at_most() -> None:
    assert (
        masters_in_words.queues(queues([3.0, 40.0, 7.0]))
        == "About 9 events wait for the leader; 42 at most in this time"
    )


def test_nothing_measured_is_not_an_empty_queue() -> None:
    assert masters_in_words.queues(queues([])) == "The leader’s event queue was not measured in this time"
