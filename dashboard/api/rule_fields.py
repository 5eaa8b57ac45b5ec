"""What answers tell of a rule, and what of one may be sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from dashboard.alerts import in_words
from dashboard.alerts.rules import BY_KEY
from dashboard.api import fields
from dashboard.api.acting import Body, Number
from dashboard.models import Rule, Subject
from dashboard.queries.alert_rules import Watched
from dashboard.store.rules import LONGEST_SECONDS, LONGEST_WINDOW_SECONDS

KINDS = Subject.Kind.values
LIMIT = "In the rule's unit."
CLEAR = "The value that ends it; null: the limit itself."
MOST_CHANNELS = 100


class RuleSerializer(serializers.Serializer[Any]):
    """One rule of a cluster and how it stands. What it says of subjects is of `judged_at`."""

    key = serializers.CharField(help_text="Of the catalogue (R19), or own-NUMBER.")
    name = serializers.CharField()
    own = serializers.BooleanField(help_text="Whether an operator made it here.")
    on = serializers.BooleanField(help_text="Whether its warning or its critical limit is on.")
    what = serializers.CharField(help_text="What is measured, with its basis.")
    sentence = serializers.CharField(help_text="The rule in words.")
    unit = fields.Said(
        help_text="Of its limits: ratio, percent, count, bytes, seconds …; null where it only holds or not."
    )
    subject_kind = serializers.ChoiceField(KINDS, allow_null=True, help_text="Of an own rule: of what it is.")
    subject_key = fields.Said(help_text="Of an own rule: of which subject; null: of any of the kind.")
    metric = fields.Said(help_text="Of an own rule.")
    measure = serializers.ChoiceField(Rule.Measure.values)
    window_seconds = serializers.IntegerField(help_text="Over which a rate or an increase is taken.")
    comparison = serializers.ChoiceField(Rule.Comparison.values)
    warning = serializers.FloatField(allow_null=True, help_text=LIMIT)
    warning_clear = serializers.FloatField(allow_null=True, help_text=CLEAR)
    warning_on = serializers.BooleanField()
    critical = serializers.FloatField(allow_null=True, help_text=LIMIT)
    critical_clear = serializers.FloatField(allow_null=True, help_text=CLEAR)
    critical_on = serializers.BooleanField()
    for_seconds = serializers.IntegerField(help_text="How long it must hold.")
    clear_seconds = serializers.IntegerField(help_text="How long it must not hold to be over.")
    repeat_seconds = serializers.IntegerField(help_text="Told again after so long while nobody has it; 0: never.")
    channels = serializers.ListField(
        child=serializers.CharField(), help_text="Names of those it tells; none: every channel, by severity."
    )
    stands = fields.MarkSerializer(help_text="Fires, quiet, no data, cannot be judged, off …")
    firing = serializers.IntegerField(help_text="How many alerts of it fire.")
    firing_critical = serializers.IntegerField(help_text="How many of them critically.")
    judged_at = serializers.DateTimeField(allow_null=True, help_text="When it could last say something of a subject.")
    subjects = serializers.IntegerField(help_text="Of how many subjects it was judged then.")
    subjects_unknown = serializers.IntegerField(help_text="Of how many of them it could say nothing.")
    closest_name = fields.Said(help_text="The subject that is nearest to a limit.")
    closest_value = serializers.FloatField(allow_null=True, help_text="Its value.")
    error = fields.Said(help_text="Why it could not be judged last time.")
    error_since = serializers.DateTimeField(allow_null=True)
    changed_at = serializers.DateTimeField()
    changed_by = fields.Said(help_text="Null while it is as it came.")


def rule(watched: Watched, channels: Iterable[str]) -> dict[str, Any]:
    """For RuleSerializer; no query."""
    one = watched.rule
    return {
        **vars(one),
        "on": one.on,
        "what": in_words.what(one),
        "sentence": in_words.sentence(one),
        "unit": in_words.unit(one),
        "subject_kind": one.subject_kind or None,
        "channels": sorted(channels),
        "stands": watched.state,
        "firing": watched.firing,
        "firing_critical": watched.critical,
    }


def numbered(one: Rule) -> bool:
    """Whether it has limits that can be changed: some rules of the catalogue only hold or do not."""
    return one.key not in BY_KEY or bool(BY_KEY[one.key].unit)


class LimitsBody(Body):
    """What may be changed of any rule; what is left out stays as it is."""

    warning = Number(required=False, allow_null=True, help_text=f"{LIMIT} Null: none.")
    warning_clear = Number(required=False, allow_null=True, help_text=CLEAR)
    warning_on = serializers.BooleanField(required=False)
    critical = Number(required=False, allow_null=True, help_text=f"{LIMIT} Null: none.")
    critical_clear = Number(required=False, allow_null=True, help_text=CLEAR)
    critical_on = serializers.BooleanField(required=False)
    for_seconds = serializers.IntegerField(required=False, min_value=0, max_value=LONGEST_SECONDS)
    clear_seconds = serializers.IntegerField(required=False, min_value=0, max_value=LONGEST_SECONDS)
    repeat_seconds = serializers.IntegerField(required=False, min_value=0, max_value=LONGEST_SECONDS)
    channels = serializers.ListField(
        child=serializers.CharField(max_length=100, trim_whitespace=False),
        required=False,
        max_length=MOST_CHANNELS,
        help_text="Names of channels; none of them: every channel, by severity.",
    )


class RuleBody(LimitsBody):
    """What may be changed of a rule, the first six of own rules only. What is left out stays as it is."""

    name = serializers.CharField(required=False, max_length=200, trim_whitespace=False)
    subject_key = serializers.CharField(required=False, max_length=255, allow_blank=True, trim_whitespace=False)
    metric = serializers.CharField(required=False, max_length=128, trim_whitespace=False)
    measure = serializers.ChoiceField(Rule.Measure.values, required=False)
    window_seconds = serializers.IntegerField(required=False, min_value=60, max_value=LONGEST_WINDOW_SECONDS)
    comparison = serializers.ChoiceField(Rule.Comparison.values, required=False)


class NewRuleBody(RuleBody):
    """A rule on any metric. A severity with a limit is on unless it is said to be off."""

    subject_kind = serializers.ChoiceField(KINDS, help_text="Of what it is.")
    name = serializers.CharField(max_length=200, trim_whitespace=False)
    metric = serializers.CharField(
        max_length=128, trim_whitespace=False, help_text="A metric of the kind, or the share of two: a÷b."
    )
