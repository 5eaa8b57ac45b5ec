"""Parts of answers that several resources have. Null always means "not known", never zero."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers

from collectors.errors import Outcome
from dashboard.queries import reasons
from dashboard.queries.freshness import Freshness, SourceAge

FRESHNESS = [freshness.value for freshness in Freshness]
MARKS = ("good", "warn", "bad", "unk", "mute")
ALLOCATION = "As Mesos allocates it, not as it is used; from the leading master's summary of `taken_at`."
LONGEST_METRIC = 200
PLAIN = re.compile(rf"[!-~]{{1,{LONGEST_METRIC}}}")
"""A name that the field for one lets pass as it is."""
REMEMBERED = "As many as Mesos still remembers: it forgets old ones, so this may fall."


class Said(serializers.CharField):
    """A text that is null while nobody has said it: stored as an empty one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)

    def to_representation(self, value: Any) -> Any:
        return str(value) if value else None


class MetricNames(serializers.ListField):
    """Names of metrics. Plain ones, which nearly all are, are checked at a tenth of what a field takes for each."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=LONGEST_METRIC), **kwargs)

    def run_child_validation(self, data: Any) -> Any:
        if all(isinstance(name, str) and PLAIN.fullmatch(name) for name in data):
            return data
        return super().run_child_validation(data)


class Seconds(serializers.FloatField):
    """Seconds to the millisecond."""

    def to_representation(self, value: Any) -> Any:
        return round(float(value), 3)


class Age(serializers.FloatField):
    """Seconds from the moment its source names to the answer's own; never negative: a clock ahead of ours is now."""

    def to_representation(self, value: Any) -> Any:
        return round(max(0.0, (self.context["now"] - value).total_seconds()), 3)


def taken_at(source: str | None = None) -> serializers.DateTimeField:
    return serializers.DateTimeField(
        source=source, allow_null=True, help_text="When the figures were true; null before the first."
    )


def age_seconds(source: str = "taken_at") -> Age:
    return Age(source=source, allow_null=True, help_text="Seconds from `taken_at` to this answer.")


class AgedSerializer(serializers.Serializer[Any]):
    """Base of every answer that holds figures of the cluster. Its context holds `now`."""

    taken_at = taken_at()
    age_seconds = age_seconds()


class MarkSerializer(serializers.Serializer[Any]):
    """A state as the pages show it."""

    mark = serializers.ChoiceField(MARKS, help_text="good, warn, bad, unk (not known) or mute (as somebody wants it).")
    word = serializers.CharField(help_text="The same in a word.")


class FreshSerializer(AgedSerializer):
    """Base of answers out of one source: how far the whole of it may be called the present."""

    freshness = serializers.ChoiceField(
        FRESHNESS,
        help_text="fresh or late: the present. no_data: too old to be called so. never: the source brought nothing yet.",
    )
    outcome = serializers.ChoiceField(
        [outcome.value for outcome in Outcome], allow_null=True, help_text="How the source's last poll ended."
    )


class SourceSerializer(FreshSerializer):
    """One source of a cluster: how old its figures are, how its last poll ended."""

    name = serializers.CharField(source="source.name")
    title = serializers.CharField(source="source.title")
    endpoint = serializers.CharField(source="source.endpoint", help_text="What it asks of the cluster.")
    period_seconds = serializers.IntegerField(
        help_text="How often its figures may be expected: its own period, or the longer one it is polled in here."
    )
    lag_seconds = serializers.IntegerField(
        source="source.lag_seconds", help_text="How old the cluster's own answer may be although all is well."
    )
    taken_at = taken_at("sample_at")
    age_seconds = age_seconds("sample_at")
    since = serializers.DateTimeField(allow_null=True, help_text="Since when the outcome is this one.")
    reason = serializers.SerializerMethodField(help_text="The outcome in words, with what exactly was seen.")
    notes = Said(help_text="How the source is polled, where that is not as usual.")
    last_success_at = serializers.DateTimeField(allow_null=True, help_text="When it last answered, whole or in part.")
    failures_in_row = serializers.IntegerField(help_text="Polls without an answer since then.")
    duration_seconds = Seconds(allow_null=True, help_text="How long the last poll took.")

    def get_reason(self, source: SourceAge) -> str:
        return reasons.reason(source.outcome, source.detail)


class AllocationSerializer(serializers.Serializer[Any]):
    """The four resources."""

    cpus_total = serializers.FloatField(allow_null=True, help_text=f"Cores. {ALLOCATION}")
    cpus_allocated = serializers.FloatField(allow_null=True, help_text=f"Cores. {ALLOCATION}")
    mem_total_bytes = serializers.FloatField(allow_null=True, help_text=f"Bytes. {ALLOCATION}")
    mem_allocated_bytes = serializers.FloatField(allow_null=True, help_text=f"Bytes. {ALLOCATION}")
    disk_total_bytes = serializers.FloatField(allow_null=True, help_text=f"Bytes. {ALLOCATION}")
    disk_allocated_bytes = serializers.FloatField(allow_null=True, help_text=f"Bytes. {ALLOCATION}")
    gpus_total = serializers.FloatField(allow_null=True, help_text=f"GPUs. {ALLOCATION}")
    gpus_allocated = serializers.FloatField(allow_null=True, help_text=f"GPUs. {ALLOCATION}")


class TasksSerializer(serializers.Serializer[Any]):
    """Numbers of tasks by state."""

    tasks_staging = serializers.IntegerField(allow_null=True)
    tasks_starting = serializers.IntegerField(allow_null=True)
    tasks_running = serializers.IntegerField(allow_null=True)
    tasks_killing = serializers.IntegerField(allow_null=True)
    tasks_unreachable = serializers.IntegerField(allow_null=True)
    tasks_finished = serializers.IntegerField(allow_null=True, help_text=REMEMBERED)
    tasks_failed = serializers.IntegerField(allow_null=True, help_text=REMEMBERED)
    tasks_killed = serializers.IntegerField(allow_null=True, help_text=REMEMBERED)
    tasks_lost = serializers.IntegerField(allow_null=True, help_text=REMEMBERED)
    tasks_error = serializers.IntegerField(allow_null=True, help_text=REMEMBERED)


def of_source(source: SourceAge) -> dict[str, Any]:
    """What FreshSerializer needs of an answer out of one source."""
    return {
        "taken_at": source.sample_at,
        "freshness": source.freshness,
        "outcome": source.outcome,
    }
