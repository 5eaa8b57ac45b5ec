"""What can be wrong inside an answer that arrived whole: siblings are kept, nothing crashes, nothing is taken for a number."""

from __future__ import annotations

import json
import time
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.client import Answer
from collectors.decoding import LONGEST_NAME, LONGEST_OUTPUT, MOST_ENTRIES
from collectors.errors import Outcome, PollError
from collectors.records import ClusterSummary, HealthReport
from collectors.sources.component_health import decode_report
from collectors.sources.masters import decode_snapshot
from collectors.sources.summary import decode_summary
from tests.faults.documents import agent, framework, node, paths, removed, replaced, report, summary

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def read_summary(value: Any) -> tuple[ClusterSummary, dict[str, int]]:
    return decode_summary(value if isinstance(value, bytes) else json.dumps(value).encode(), NOW)


def read_report(value: Any, **headers: str) -> tuple[HealthReport, dict[str, int]]:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    found, dropped, _ = decode_report(
        Answer(url="http://x/report", status=200, headers=headers, body=body, taken_at=NOW, seconds=0.1)
    )
    return found, dropped


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(paths(agent(2))), anything)
def test_whatever_stands_in_an_agents_field_its_siblings_stay(path: tuple[Any, ...], value: Any) -> None:
    found, dropped = read_summary(replaced(summary(), ("slaves", 1, *path), value))
    assert {"10.0.0.1", "10.0.0.3"} <= {agent.host for agent in found.agents}
    assert len(found.agents) == 3 or dropped
    assert len(found.frameworks) == 3


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(paths(framework(2))), anything)
def test_whatever_stands_in_a_frameworks_field_its_siblings_stay(path: tuple[Any, ...], value: Any) -> None:
    found, _ = read_summary(replaced(summary(), ("frameworks", 1, *path), value))
    assert {"F1", "F3"} <= {framework.framework_id for framework in found.frameworks}
    assert len(found.agents) == 3


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(paths(node(2))), anything)
def test_whatever_stands_in_a_nodes_field_its_siblings_stay(path: tuple[Any, ...], value: Any) -> None:
    found, _ = read_report(replaced(report(), ("Nodes", "10.0.0.2", *path), value))
    assert {"10.0.0.1", "10.0.0.3"} <= {node.host for node in found.nodes}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([*paths(summary()), *paths(report())]), anything)
def test_no_document_raises_anything_but_a_poll_error(path: tuple[Any, ...], value: Any) -> None:
    for document, read in ((summary(), read_summary), (report(), read_report)):
        if path in paths(document):
            try:
                read(replaced(document, path, value))
            except PollError as error:
                assert error.detail


@settings(max_examples=300, deadline=None)
@given(anything)
def test_whatever_a_metric_is_the_others_stay(value: Any) -> None:
    body = json.dumps({"master/elected": 1, "master/tasks_lost": value, "a": 2}).encode()
    metrics, _ = decode_snapshot(body)
    assert (metrics["master/elected"], metrics["a"]) == (1, 2)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_poll_error(body: bytes) -> None:
    for read in (read_summary, read_report, decode_snapshot):
        with pytest.raises(PollError):
            read(body)


@pytest.mark.parametrize("path", paths(agent(1)), ids=str)
def test_a_missing_key_never_becomes_a_zero(path: tuple[Any, ...]) -> None:
    found, dropped = read_summary(removed(summary(), ("slaves", 0, *path)))
    whole = {agent.host: agent for agent in read_summary(summary())[0].agents}
    for one in found.agents:
        assert one.total == whole[one.host].total
        assert one.tasks.running == 2
    assert len(found.agents) == 3 or sum(dropped.values()) == 1


@pytest.mark.parametrize(
    "written", ["NaN", "Infinity", "-Infinity", "1e999", '"12"', '"1_0"', "true", "null", "[1]", "9" * 5000]
)
def test_what_is_no_finite_number_is_dropped_alone(written: str) -> None:
    metrics, dropped = decode_snapshot(f'{{"master/elected": 1, "bad": {written}, "good": 4}}'.encode())
    assert metrics == {"master/elected": 1, "good": 4}
    assert dropped == {"metric: not a finite number": 1}


def test_a_counter_below_zero_is_impossible_and_a_gauge_is_not() -> None:
    metrics, dropped = decode_snapshot(b'{"master/elected": 1, "master/tasks_failed": -1, "system/load_1min": -1}')
    assert metrics == {"master/elected": 1, "system/load_1min": -1}
    assert sum(dropped.values()) == 1


@pytest.mark.parametrize("depth", [1_100, 100_000, 2_000_000])
def test_deep_nesting_is_refused_and_kills_nobody(depth: int) -> None:
    for body in (b'{"slaves": ' + b"[" * depth, b'{"slaves": ' + b"[" * depth + b"]" * depth + b"}", b'{"a":' * depth):
        with pytest.raises(PollError) as caught:
            read_summary(body)
        assert caught.value.outcome is Outcome.TOO_DEEP


def test_the_last_of_two_equal_keys_counts() -> None:
    metrics, _ = decode_snapshot(b'{"master/elected": 1, "a": 1, "a": 2}')
    assert metrics["a"] == 2


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb"a\u0000b", "a\ufffdb"),
        (rb"a\ud800b", "a\ufffdb"),
        (rb"a\udc00\ud800b", "a\ufffd\ufffdb"),
        (rb"\ud83d\ude00", "😀"),
        (rb"a\\ud800", "a\\ud800"),
        (b"a\xffb", "a\ufffdb"),
        (b"NaN and Infinity", "NaN and Infinity"),
    ],
)
def test_text_that_no_database_takes_is_marked_not_lost(written: bytes, read: str) -> None:
    body = json.dumps(summary()).encode().replace(b"framework 2", written).replace(b'"slots": 3.0', b'"slots": NaN')
    found, _ = read_summary(body)
    assert [framework.name for framework in found.frameworks] == ["framework 1", read, "framework 3"]
    assert len(found.agents) == 3


def test_a_byte_order_mark_is_ignored_and_utf16_is_no_json() -> None:
    assert len(read_summary(b"\xef\xbb\xbf" + json.dumps(summary()).encode())[0].agents) == 3
    with pytest.raises(PollError) as caught:
        read_summary(json.dumps(summary()).encode("utf-16"))
    assert caught.value.outcome is Outcome.NOT_JSON


def test_long_text_is_cut_where_it_matters_least() -> None:
    document = report()
    document["Nodes"]["10.0.0.1"]["Host"] = "h" * 5000
    document["Nodes"]["10.0.0.1"]["Output"]["dcos-gardener.service"] = "old " * 300_000 + "ö" * 100 + "last line"
    found, _ = read_report(document)
    first = found.nodes[0]
    assert first.units is not None
    assert len(first.hostname) == LONGEST_NAME
    assert len(first.units[0].output.encode()) <= LONGEST_OUTPUT
    assert first.units[0].output.endswith("last line")


def test_reasons_are_counted_in_bounded_memory() -> None:
    document = summary()
    document["slaves"] = [{**agent(1), f"{'x' * 10}": 1, "resources": number} for number in range(500)]
    found, dropped = read_summary(document)
    assert found.agents == ()
    assert sum(dropped.values()) == 500
    assert len(dropped) <= 21


@pytest.mark.parametrize(
    "body",
    [b'[NaN,"' + b'\\"' * 500_000, b"NaN" + b'"' * 1_000_001, b"<title>" * 150_000, b"<title" * 150_000],
    ids=["string without end", "empty strings", "titles without end", "tags without end"],
)
def test_reading_takes_time_in_proportion_to_the_answer(body: bytes) -> None:
    started = time.thread_time()
    with pytest.raises(PollError) as caught:
        read_summary(body)
    assert caught.value.outcome in (Outcome.NOT_JSON, Outcome.WRONG_SHAPE)
    assert time.thread_time() - started < 1  # squared, it would be minutes to months


@pytest.mark.parametrize("entry", ["0", "{}", '""', "[]", "NaN"])
def test_an_answer_of_bare_commas_is_refused_before_it_fills_memory(entry: str) -> None:
    tracemalloc.start()
    with pytest.raises(PollError) as caught:
        read_summary(f'{{"slaves":[{",".join([entry] * 600_000)}]}}'.encode())
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.outcome is Outcome.TOO_LARGE
    assert peak_bytes < 16 * 2**20


def test_more_entries_than_are_read_are_counted_at_once() -> None:
    found, dropped = read_summary({**summary(), "slaves": [0] * (MOST_ENTRIES + 7)})
    assert (found.agents, dropped[f"agent: more than {MOST_ENTRIES}"]) == ((), 7)
    assert sum(dropped.values()) == MOST_ENTRIES + 7


def test_a_wrong_shape_names_the_place() -> None:
    with pytest.raises(PollError) as caught:
        read_summary({**summary(), "slaves": {"S1": agent(1)}})
    assert caught.value.outcome is Outcome.WRONG_SHAPE
    assert "$.slaves" in caught.value.detail
