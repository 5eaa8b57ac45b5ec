from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Channel
from dashboard.queries import told_whom
from dashboard.queries.told_whom import nobody, standing
from tests import builders, notices_owed
from tests.builders import NOON, later


def channel(**columns: Any) -> Channel:
    return Channel(**{"name": "ops", "kind": "webhook", "created_at": NOON, **columns})


@pytest.mark.parametrize(
    ("columns", "mark", "word", "when"),
    [
        ({"enabled": False}, "mute", "Off", "never delivered anything"),
        ({}, "unk", "Not tried yet", ""),
        ({"last_tried_at": NOON, "last_sent_at": NOON, "last_outcome": "ok"}, "good", "Delivered", "2 min ago"),
        (
            {"failing_since": NOON, "failures_in_row": 1, "last_outcome": "refused", "last_sent_at": NOON},
            "bad",
            "Failing",
            "for 2 min, 1 failed try in a row",
        ),
        ({"last_tried_at": NOON, "last_outcome": "refused_by_receiver"}, "warn", "Refused the last", "2 min ago"),
        ({"kind": "dead_man", "last_outcome": "held_back"}, "warn", "Held back", "never delivered anything"),
    ],
)
def test_a_channel_fares_as_its_last_tries_say(columns: dict[str, Any], mark: str, word: str, when: str) -> None:
    found = standing(channel(**columns), later(120))
    assert (found.mark.mark, found.mark.word, found.when.replace("\u00a0", " ")) == (mark, word, when)


@pytest.mark.parametrize(("seconds", "word"), [(180, "Delivered"), (181, "Late")])
def test_a_beat_that_was_missed_three_times_is_late_and_not_green(seconds: int, word: str) -> None:
    beats = channel(kind="dead_man", beat_seconds=60, last_tried_at=NOON, last_sent_at=NOON, last_outcome="ok")
    assert standing(beats, later(seconds)).mark.word == word


def test_a_channel_that_is_off_is_not_called_failing() -> None:
    assert standing(channel(enabled=False, failing_since=NOON, failures_in_row=3), later(9)).mark.word == "Off"


def test_who_is_told_nothing_is_said_for_all_and_for_warnings() -> None:
    critical, switch = channel(least_severity="critical"), channel(kind="dead_man")
    off = channel(enabled=False)
    told = [nobody(each) for each in ([], [off], [switch, off], [critical], [critical, channel()])]
    words = [found[0].word if found else "" for found in told]
    assert words == ["Nobody is told", "Nobody is told", "Nobody is told", "Warnings are told to nobody", ""]


@pytest.mark.django_db
def test_rules_that_name_channels_are_listed_in_two_queries_however_many(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    prod, lab = builders.cluster("prod"), builders.cluster("lab")
    off, on = notices_owed.channel("b", enabled=False), notices_owed.channel("a")
    for number in range(9):
        notices_owed.rule(prod, f"R{number}").channels.set([off, on] if number else [off])
    notices_owed.rule(lab, "R1").channels.set([on])
    notices_owed.rule(prod, "R99")
    with django_assert_num_queries(2):
        found = told_whom.only_some(prod)
    assert [one.rule.key for one in found] == [f"R{number}" for number in range(9)]
    assert [one.silent for one in found] == [True, *[False] * 8]
    assert [one.name for one in found[1].channels] == ["a", "b"]
