from __future__ import annotations

from datetime import timedelta
from typing import Any

from dashboard.models import App, LaunchWait
from dashboard.queries import waiting_in_words as words
from tests.builders import NOON

MIB = 1024.0**2
GIB = 1024.0**3


def app(**given: Any) -> App:
    return App(**({"cpus": 1.0, "mem_bytes": GIB, "disk_bytes": 0.0, "gpus": 0.0} | given))


def wait(**given: Any) -> LaunchWait:
    fields: dict[str, Any] = {"count": 1, "overdue": True, "delay_seconds": 0.0, "since": NOON, "taken_at": NOON}
    return LaunchWait(**(fields | given))


def offer(host: str, *reasons: str, **given: Any) -> dict[str, Any]:
    held = {"role": "*", "cpus": 4.0, "mem_bytes": 4 * GIB, "disk_bytes": 0.0, "gpus": 0.0, "received_at": None}
    return {"host": host, "agent_id": host, "reasons": list(reasons)} | held | given


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_the_nearest_agent_is_the_one_that_lacks_least() -> None:
    far = offer("10.0.0.8", "InsufficientMemory", mem_bytes=100 * MIB)
    near = offer("10.0.0.7", "InsufficientMemory", mem_bytes=812 * MIB)
    found = words.nearest(app(), [far, near])
    assert found is not None
    assert plain(found.says) == "10.0.0.7 comes nearest: it lacks 212 MiB of memory"
    assert plain(found.unblocked_by) == "ask for 212 MiB less memory (812 MiB in place of 1 GiB)"


def test_fewer_reasons_come_before_smaller_ones() -> None:
    two = offer("10.0.0.8", "InsufficientMemory", "UnfulfilledConstraint", mem_bytes=1023 * MIB)
    one = offer("10.0.0.9", "InsufficientCpus", cpus=0.25)
    found = words.nearest(app(), [two, one])
    assert found is not None
    assert found.host == "10.0.0.9"
    assert found.lacks == "it lacks 0.75 of CPU"


def test_a_role_is_named_in_what_would_unblock_it() -> None:
    found = words.nearest(app(), [offer("10.0.0.7", "UnfulfilledRole", role="slave_public")])
    assert found is not None
    assert found.lacks == "no resources for its role"
    assert found.unblocked_by == "let it accept the role slave_public"


def test_an_offer_that_holds_enough_of_another_role_lacks_no_negative_amount() -> None:
    found = words.nearest(app(), [offer("10.0.0.7", "InsufficientMemory")])
    assert found is not None
    assert found.lacks == "too little memory that it may use"
    assert found.unblocked_by == "let it use memory of other roles"


def test_what_is_wanted_stands_beside_what_the_nearest_agent_offered() -> None:
    near = offer("10.0.0.7", "InsufficientMemory", "UnfulfilledConstraint", mem_bytes=768 * MIB)
    found = words.nearest(app(), [near])
    assert found is not None
    told = [(one.name, plain(one.asked), plain(one.offered), one.ratio, plain(one.missing)) for one in found.wants]
    assert told == [("CPU", "1", "4", 4.0, ""), ("Memory", "1 GiB", "768 MiB", 0.75, "256 MiB")]
    assert found.others == ("a constraint is not met",)


def test_an_amount_declined_though_there_is_enough_is_not_called_missing() -> None:
    found = words.nearest(app(), [offer("10.0.0.7", "InsufficientMemory")])
    assert found is not None
    assert [one.missing for one in found.wants] == ["", "enough, but not of a role it may use"]


def test_a_reason_newer_than_the_table_stands_as_it_is_written() -> None:
    found = words.nearest(app(), [offer("10.0.0.7", "MoonInWrongPhase")])
    assert found is not None
    assert (found.lacks, found.unblocked_by) == ("MoonInWrongPhase", "")


def test_without_unused_offers_nothing_is_nearest() -> None:
    assert words.nearest(app(), []) is None
    assert words.nearest(app(), [offer("10.0.0.7")]) is None


def test_requirements_are_those_of_dcos_and_what_was_not_checked_is_not_zero() -> None:
    told = words.requirements([{"reason": "InsufficientCpus", "declined": 1, "processed": 4}])
    assert [one.name for one in told] == ["Role", "Constraint", "CPU", "Memory", "Disk", "GPU", "Ports"]
    cpu, memory = told[2], told[3]
    assert (cpu.matched, cpu.processed, cpu.ratio, cpu.declined) == (3, 4, 0.75, 1)
    assert memory.ratio is None
    assert not memory.is_blocking


def test_a_requirement_of_a_newer_marathon_follows_the_others() -> None:
    told = words.requirements([{"reason": "MoonInWrongPhase", "declined": 2, "processed": 2}])
    assert told[-1] == words.Requirement("MoonInWrongPhase", 0, 2)


def test_a_delay_runs_down_and_not_below_zero() -> None:
    rests = wait(overdue=False, delay_seconds=60.0)
    assert words.resting_seconds(rests, NOON + timedelta(seconds=17)) == 43
    assert words.resting_seconds(rests, NOON + timedelta(minutes=5)) == 0
    assert words.resting_seconds(wait(), NOON) is None
    assert plain(words.why(rests, NOON + timedelta(seconds=17))).endswith("it launches again in 43 s")
    assert words.why(rests, NOON + timedelta(minutes=5)).endswith("it may launch again any moment")


def test_the_requirement_that_fits_least_is_told() -> None:
    offers = [
        {"reason": "InsufficientCpus", "declined": 1, "processed": 3},
        {"reason": "InsufficientMemory", "declined": 2, "processed": 2},
    ]
    assert (
        plain(words.why(wait(last_offers=offers), NOON))
        == "it waits for an offer that fits: Memory fits in 0 of 2 offers"
    )


def test_a_marathon_that_counts_no_offers_is_not_blamed() -> None:
    assert words.why(wait(), NOON) == "it waits for an offer, and its Marathon has told of none yet"
