"""What answers tell of an alert."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from dashboard.alerts import in_words
from dashboard.api import fields
from dashboard.models import Alert
from dashboard.models.rules import Severity
from dashboard.queries import alert_list
from dashboard.queries.alert_list import Standing

STATES, SEVERITIES = Alert.State.values, Severity.values
STANDINGS = [standing.value for standing in Standing]
STANDING_MEANS = (
    "How it stands with people: firing (nobody has it, nothing keeps it quiet), acknowledged, silenced, inhibited (another "
    "alert explains it) or pending (not yet for long enough)."
)


class AlertSerializer(fields.AgedSerializer):
    """One rule that holds for one subject. `taken_at` is the sample time of its value."""

    id = serializers.IntegerField()
    rule = serializers.CharField(help_text="Key of the rule.")
    rule_name = serializers.CharField()
    subject = serializers.CharField(help_text="Unique within the rule; empty for the cluster.")
    name = fields.Said(help_text="What an operator calls the subject.")
    host = fields.Said(help_text="Of which node it is; null where it is of none.")
    reason = fields.Said(help_text="Alerts of a rule with the same one are told together.")
    state = serializers.ChoiceField(STATES)
    standing = serializers.ChoiceField(STANDINGS, allow_null=True, help_text=f"{STANDING_MEANS} Null once it ended.")
    severity = serializers.ChoiceField(SEVERITIES)
    sentence = serializers.CharField(help_text="What is wrong, with the value and the limit.")
    value = serializers.FloatField(allow_null=True, help_text="As last known; null where the rule has no number.")
    worst = serializers.FloatField(allow_null=True, help_text="The worst it has been.")
    limit = serializers.FloatField(allow_null=True)
    unit = fields.Said(help_text="Of the value, its worst and the limit.")
    pending_since = serializers.DateTimeField()
    fired_at = serializers.DateTimeField(allow_null=True)
    critical_at = serializers.DateTimeField(allow_null=True, help_text="Since when the critical limit is passed.")
    recovering_since = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Null while it is open.")
    unknown_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when nothing is known of it: it fires on meanwhile. Null while something is."
    )
    unknown_why = fields.Said()
    flapping = serializers.BooleanField()
    acknowledged_by = fields.Said(help_text="The user who has it; null also where that user is no more.")
    acknowledged_at = serializers.DateTimeField(allow_null=True, help_text="Null while nobody has it.")
    note = fields.Said(help_text="What was said when it was acknowledged.")
    silence = serializers.IntegerField(allow_null=True, help_text="Id of the silence that covers it.")
    inhibited_by = fields.Said(help_text="Which firing alert explains it, a sentence.")


def alert(one: Alert) -> dict[str, Any]:
    """For AlertSerializer; no query where rule and holder were read with it."""
    return {
        **vars(one),
        "taken_at": one.measured_at,
        "rule": one.rule.key,
        "rule_name": one.rule.name,
        "unit": in_words.unit(one.rule),
        "standing": None if one.ended_at is not None else alert_list.standing(one).value,
        "acknowledged_by": one.acknowledged_by.get_username() if one.acknowledged_by else "",
        "silence": one.silence_id,
    }
