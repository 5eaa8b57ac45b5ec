from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import AppContainer, AppMetricsReading
from collectors.sources import app_datapoints
from collectors.sources.app_datapoints import of_message

ANSWERED = datetime(2026, 11, 22, 9, 19, tzinfo=UTC)
SENT = "2026-11-22T09:18:50Z"
ASKED = AppContainer(host="10.0.0.1", agent_id="S1", container_id="c1")


def point(name: str, value: Any, *, at: str | None = SENT, **tags: str) -> dict[str, Any]:
    found = {"name": name, "value": value, "unit": "", "timestamp": at, "tags": tags}
    return {key: entry for key, entry in found.items() if key == "value" or entry}


def read(*points: Any, dropped: Counter[str] | None = None, **dimensions: Any) -> AppMetricsReading:
    """The answer of the container asked; nothing may be dropped unless somebody counts."""
    counted: Counter[str] = Counter() if dropped is None else dropped
    body = {"datapoints": list(points), "dimensions": {"mesos_id": "", "container_id": "c1", **dimensions}}
    found = of_message(json.dumps(body).encode(), ASKED, counted, answered_at=ANSWERED, url="http://router/app")
    assert dropped is not None or not counted
    return found


def only(reading: AppMetricsReading) -> dict[str, float]:
    (one,) = reading.sets
    return dict(one.values)


def test_names_stay_as_they_were_sent() -> None:
    found = read(point("web.Latency-p99", 2.5), point("web.latency.upper", 7))
    assert only(found) == {"web.Latency-p99": 2.5, "web.latency.upper": 7}
    assert (found.host, found.agent_id, found.container_id) == ("10.0.0.1", "S1", "c1")


def test_datapoints_of_other_tags_are_another_set() -> None:
    found = read(point("hits", 1, route="/a"), point("hits", 2, route="/b"), point("up", 1), labels={"team": "shop"})
    assert [(dict(one.tags), dict(one.values)) for one in found.sets] == [
        ({}, {"up": 1}),
        ({"route": "/a"}, {"hits": 1}),
        ({"route": "/b"}, {"hits": 2}),
    ]
    assert found.labels == {"team": "shop"}


def test_what_only_tells_the_container_is_no_tag() -> None:
    service = {"container_id": "c1", "host": "10.0.0.1", "dcos_cluster_name": "prod"}
    assert dict(read(point("hits", 1, **service, route="/a")).sets[0].tags) == {"route": "/a"}


def test_a_host_that_differs_within_an_answer_was_set_by_the_application() -> None:
    found = read(point("lag", 1, host="db1"), point("lag", 2, host="db2"))
    assert [dict(one.tags) for one in found.sets] == [{"host": "db1"}, {"host": "db2"}]


@pytest.mark.parametrize("nan", ["NaN", "", None])
def test_what_is_said_to_be_no_number_is_absent_and_its_siblings_stay(nan: Any) -> None:
    assert only(read(point("ratio", nan), point("hits", 2))) == {"hits": 2}


def test_a_bare_nan_does_not_lose_the_answer() -> None:
    assert only(read(point("ratio", float("nan")), point("hits", 2))) == {"hits": 2}


def test_other_text_is_counted() -> None:
    dropped: Counter[str] = Counter()
    assert only(read(point("state", "green"), point("hits", -2), dropped=dropped)) == {"hits": -2}
    assert dropped == {"app metric: not a number": 1}


def test_one_bad_datapoint_does_not_lose_its_siblings() -> None:
    dropped: Counter[str] = Counter()
    assert only(read({"name": 5}, "x", point("", 1), point("hits", 2), dropped=dropped)) == {"hits": 2}
    assert sum(dropped.values()) == 3


@pytest.mark.parametrize("written", ["2026-11-22T09:18:50Z", "2026-11-22T11:18:50+02:00", "2026-11-22T09:18:50.0000Z"])
def test_times_are_read_in_every_form(written: str) -> None:
    assert read(point("hits", 1, at=written)).taken_at == datetime(2026, 11, 22, 9, 18, 50, tzinfo=UTC)


def test_a_datapoint_without_a_time_was_true_when_it_was_told() -> None:
    assert read(point("hits", 1, at=None)).taken_at == ANSWERED


@pytest.mark.parametrize("written", ["2026-11-22T09:30:00Z", "2026-11-22T07:18:00Z", "yesterday"])
def test_a_time_that_cannot_be_true_is_refused_and_counted(written: str) -> None:
    dropped: Counter[str] = Counter()
    assert only(read(point("hits", 1, at=written), point("up", 1), dropped=dropped)) == {"up": 1}
    assert sum(dropped.values()) == 1


def test_a_set_is_as_old_as_its_newest_value_and_what_is_a_minute_older_is_absent() -> None:
    found = read(
        point("a", 1, at="2026-11-22T09:18:00Z"), point("b", 2, at="2026-11-22T09:16:59Z"), point("c", 3, at=SENT)
    )
    assert (only(found), found.sets[0].taken_at) == ({"a": 1, "c": 3}, ANSWERED - timedelta(seconds=10))


def test_of_a_name_said_twice_the_newer_stays() -> None:
    assert only(read(point("a", 1, at="2026-11-22T09:18:40Z"), point("a", 2), point("a", 2))) == {"a": 2}
    dropped: Counter[str] = Counter()
    assert only(read(point("a", 1), point("a", 2), dropped=dropped)) == {"a": 1}
    assert dropped == {"app metric: said twice, with two values": 1}


def test_the_answer_of_a_container_whose_id_begins_alike_is_refused() -> None:
    dropped: Counter[str] = Counter()
    with pytest.raises(PollError) as refused:
        read(point("hits", 1), dropped=dropped, container_id="c1-other")
    assert refused.value.outcome is Outcome.WRONG_SHAPE and "c1-other" in refused.value.detail
    assert dropped == {"app metrics: the answer of another container": 1}


def test_datapoints_of_a_container_whose_id_begins_alike_are_left_out() -> None:
    dropped: Counter[str] = Counter()
    found = read(point("hits", 1, container_id="c1"), point("hits", 9, container_id="c12"), dropped=dropped)
    assert only(found) == {"hits": 1} and sum(dropped.values()) == 1


def test_an_answer_without_datapoints_tells_nothing() -> None:
    with pytest.raises(PollError) as empty:
        read()
    assert empty.value.outcome is Outcome.EMPTY


def test_more_than_is_read_of_one_container_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_datapoints, "MOST_SERIES", 3)
    dropped: Counter[str] = Counter()
    points = [point(f"m{number}", number, set=str(number % 2)) for number in range(6)]
    assert [dict(one.values) for one in read(*points, dropped=dropped).sets] == [{"m0": 0, "m2": 2, "m4": 4}]
    assert dropped == {"app metric: more than 3 of one container": 3}
