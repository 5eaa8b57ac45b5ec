"""What every definition must hold, whoever wrote it."""

from __future__ import annotations

import re

import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.sources import SOURCES_BY_NAME
from dashboard.alerts.catalogue import row
from dashboard.alerts.definition import EVERYTHING, Definition
from dashboard.alerts.rules import BY_KEY, RULES
from dashboard.models import Cluster, Rule
from dashboard.store import masters, summary
from tests import builders
from tests.alerts.rules.judging import facts
from tests.builders import NOON, agent, master, write, write_masters
from tests.builders import summary as summary_of

UNITS = {"ratio", "percent", "count", "bytes", "seconds", "ms", "per_second", ""}
MASTERS_SIDE = {
    f"dashboard.alerts.rules.{module}"
    for module in ("masters", "agents", "tasks", "capacity", "frameworks", "master_load")
}
each = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)


def test_keys_are_unique_and_in_the_order_of_their_numbers() -> None:
    keys = [rule.key for rule in RULES]
    assert len(keys) == len(set(keys)) == len(BY_KEY)
    numbers = [int(re.findall(r"\d+", key)[0]) for key in keys]
    assert numbers == sorted(numbers)
    assert keys.index("R3") < keys.index("R3b") < keys.index("R4") < keys.index("R4b") < keys.index("R4c")


def test_no_two_rules_have_one_name() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_the_decks_eight_rows_are_on_at_its_numbers() -> None:
    deck = {rule.deck_row: rule for rule in RULES if rule.deck_row}
    assert [deck[row].key for row in range(1, 9)] == ["R3b", "R3", "R14", "R6", "R19", "R20", "R21", "R4"]
    assert all(rule.critical_on for rule in deck.values() if rule.key != "R3b")
    # A restart is read in the morning, and two of them as well; of the other rows only the deck's own number is on.
    assert [deck[row].key for row in deck if deck[row].warning_on] == ["R3", "R3b"]
    assert [deck[row].critical for row in (5, 6, 7)] == [0.9, 0.9, 0.9]


@each
def test_what_is_on_has_a_limit_and_ends_on_its_good_side(rule: Definition) -> None:
    above = rule.comparison == Rule.Comparison.ABOVE
    for on, limit, clear in (
        (rule.warning_on, rule.warning, rule.warning_clear),
        (rule.critical_on, rule.critical, rule.critical_clear),
    ):
        assert limit is not None or not on
        if clear is not None:
            assert limit is not None
            assert clear <= limit if above else clear >= limit
    assert rule.warning is not None or rule.critical is not None


@each
def test_it_says_what_is_measured_and_what_to_do(rule: Definition) -> None:
    assert rule.unit in UNITS
    assert rule.name[0].isupper() and len(rule.name) <= 60
    assert 10 < len(rule.what) <= 200 and not rule.what.endswith("."), "a phrase: when … is above …"
    assert rule.advice.endswith(".") and 20 < len(rule.advice) <= 320


@each
def test_its_sources_are_collected_from_its_kind_of_cluster(rule: Definition) -> None:
    for name in rule.sources:
        assert rule.kinds <= SOURCES_BY_NAME[name].kinds, f"{name} is not asked of every cluster this rule is for"
    assert rule.kinds <= frozenset(Cluster.Kind)


@each
def test_what_depends_on_who_registered_waits_after_an_election(rule: Definition) -> None:
    number = int(re.findall(r"\d+", rule.key)[0])
    counts_agents_tasks_or_frameworks = 6 <= number <= 9 or 14 <= number <= 24
    if counts_agents_tasks_or_frameworks:
        assert rule.holds_after_election
    if rule.mutes:
        assert rule.critical_on
        assert rule.mutes == EVERYTHING or rule.key not in rule.mutes


@each
def test_its_history_is_stored(rule: Definition) -> None:
    stored = {"cluster": summary.READING_LAYOUT, "master": masters.LAYOUT}
    history = rule.history
    if history is not None and history.kind in stored:
        names = {history.metric, history.of, history.only_where} - {""}
        assert names <= set(stored[history.kind])


@pytest.mark.django_db
def test_judging_the_masters_side_costs_as_many_queries_with_one_agent_as_with_sixty(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    counted = []
    for name, agents in (("small", 1), ("large", 60)):
        cluster = builders.cluster(name)
        write_masters(cluster, *(master(f"10.0.0.{100 + number}", elected=number == 1) for number in range(1, 4)))
        write(cluster, summary_of(NOON, *(agent(f"10.0.1.{number}") for number in range(1, agents + 1))))
        with django_assert_max_num_queries(25) as queries:
            found = facts(cluster)
            for rule in RULES:
                if rule.measure.__module__ in MASTERS_SIDE:
                    list(rule.measure(found, row(rule)))
        counted.append(len(queries))
    assert counted[0] == counted[1]
