"""Who is told of alerts at all: how each channel stands, what nobody would be told, and which rules tell only some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard import figures
from dashboard.models import Attempt, Channel, Cluster, Rule, Severity
from dashboard.queries.marks import Mark
from dashboard.queries.notices import outcome_in_words

MISSED_BEATS = 3
"""A dead-man switch that was told nothing for so many of its periods was forgotten by us."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a channel fares: a state, when it was so, and what exactly was seen."""

    mark: Mark
    when: str
    seen: str


@dataclass(frozen=True, kw_only=True)
class Only:
    """A rule that tells no other channels than these, by name; `silent`: all of them are off."""

    rule: Rule
    channels: Sequence[Channel]

    @property
    def silent(self) -> bool:
        return not any(told_of_alerts(channel) for channel in self.channels)


def told_of_alerts(channel: Channel) -> bool:
    """Whether notices are owed to it at all."""
    return channel.enabled and channel.kind != Channel.Kind.DEAD_MAN


def standing(channel: Channel, now: datetime) -> Standing:
    """Off, failing for how long and why, held back, refused, delivered when; no query."""
    seen = outcome_in_words(channel.last_outcome, channel.last_detail)
    if not channel.enabled:
        return Standing(mark=Mark("mute", "Off"), when=_delivered(channel, now), seen="")
    if channel.failures_in_row:
        return Standing(mark=Mark("bad", "Failing"), when=_failing(channel, now), seen=seen)
    if channel.last_outcome == Channel.HELD_BACK:
        return Standing(mark=Mark("warn", "Held back"), when=_delivered(channel, now), seen=channel.last_detail)
    if channel.last_tried_at is None:
        return Standing(mark=Mark("unk", "Not tried yet"), when="", seen="")
    if channel.last_outcome == Attempt.REFUSED_BY_RECEIVER:
        return Standing(mark=Mark("warn", "Refused the last"), when=figures.ago(now - channel.last_tried_at), seen=seen)
    if _is_late(channel, now):
        return Standing(mark=Mark("unk", "Late"), when=_delivered(channel, now), seen="its beat is overdue")
    return Standing(mark=Mark("good", "Delivered"), when=_ago(channel.last_sent_at, now), seen=channel.last_detail)


def _failing(channel: Channel, now: datetime) -> str:
    tries = f"{figures.counted(channel.failures_in_row, 'failed try', 'failed tries')} in a row"
    return f"for {figures.duration(now - channel.failing_since)}, {tries}" if channel.failing_since else tries


def _is_late(channel: Channel, now: datetime) -> bool:
    if channel.kind != Channel.Kind.DEAD_MAN or channel.last_sent_at is None:
        return False
    return now - channel.last_sent_at > timedelta(seconds=MISSED_BEATS * channel.beat_seconds)


def _delivered(channel: Channel, now: datetime) -> str:
    if channel.last_sent_at is None:
        return "never delivered anything"
    return f"last delivered {_ago(channel.last_sent_at, now)}"


def _ago(moment: datetime | None, now: datetime) -> str:
    return "" if moment is None else figures.ago(now - moment)


def nobody(channels: Sequence[Channel]) -> tuple[Mark, str] | None:
    """What of alerts is told to nobody, and why; None where each severity has somebody. Rules that name channels aside."""
    if not channels:
        return Mark("bad", "Nobody is told"), "There is no channel: an alert reaches only who looks at these pages."
    told = [channel for channel in channels if told_of_alerts(channel)]
    if told:
        if all(channel.least_severity == Severity.CRITICAL for channel in told):
            return Mark("warn", "Warnings are told to nobody"), "Each channel that is on is told critical alerts only."
        return None
    if any(channel.enabled for channel in channels):
        return Mark("bad", "Nobody is told"), "Only dead-man switches are on, and they are told of no alert."
    return Mark("bad", "Nobody is told"), f"Every channel is switched off, {figures.count(len(channels))} in all."


def only_some(cluster: Cluster) -> list[Only]:
    """The rules of a cluster that name channels, by their key. Two queries."""
    found = Rule.objects.filter(cluster=cluster, channels__isnull=False).distinct().prefetch_related("channels")
    return [
        Only(rule=rule, channels=sorted(rule.channels.all(), key=lambda channel: channel.name))
        for rule in found.order_by("key")
    ]


def channels(cluster: Cluster, now: datetime) -> int:
    """How many are switched on, of whatever cluster they tell; one query."""
    return Channel.objects.filter(enabled=True).count()
