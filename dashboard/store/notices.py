"""Notices that are owed: who is told, and what, written in the transaction that makes it true (house, D13)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from dashboard.models import Alert, AlertGroup, Channel, Cluster, Notice, NoticeLine, Rule, Severity
from dashboard.store import notice_texts
from dashboard.store.notice_texts import Told
from dashboard.store.upserts import upsert

MOST_LINES = 20
"""A notice lists so many alerts, the worst; of the others it gives the count."""
SEVERITIES = (Severity.WARNING, Severity.CRITICAL)
"""In rising order."""
TO_WHOM_IT_WAS_TOLD = frozenset(set(Notice.Kind) - {Notice.Kind.PROBLEM, Notice.Kind.TEST})
"""What follows on a problem goes to those who heard of it."""


@dataclass(frozen=True, kw_only=True)
class Owed:
    """Something that people must be told of a group of alerts."""

    group: AlertGroup
    kind: Notice.Kind
    severity: str
    alerts: Sequence[Alert]
    """All that the notice is about, the worst first."""
    unit: str = ""
    """How the rule's values are told (see alerts.definition); empty: as plain numbers."""


@dataclass(frozen=True)
class Addressees:
    """Who may be told of some groups, asked for once."""

    enabled: Mapping[int, Channel]
    """Every channel that is told notices at all."""
    of_rule: Mapping[int, Collection[int]]
    """Rule → the channels it names, those that are switched off too; no entry where it names none."""
    told: Mapping[int, Collection[int]]
    """Group → the channels that were owed a notice of it."""

    def of(self, owed: Owed) -> list[Channel]:
        """The channels of one notice. A recovery goes only where the problem was told; without one that is nobody."""
        told = self.told.get(owed.group.pk, ())
        chosen = set(told) if owed.kind in TO_WHOM_IT_WAS_TOLD else set[int]()
        if owed.kind == Notice.Kind.WORSE or not (chosen or owed.kind == Notice.Kind.RECOVERY):
            chosen |= set(self._by_severity(owed))
        return [channel for pk, channel in self.enabled.items() if pk in chosen]

    def _by_severity(self, owed: Owed) -> Collection[int]:
        named = self.of_rule.get(owed.group.rule_id)
        if named is not None:
            return named
        reached = SEVERITIES[: SEVERITIES.index(Severity(owed.severity)) + 1]
        return [pk for pk, channel in self.enabled.items() if channel.least_severity in reached]


def owe(owed: Sequence[Owed], now: datetime) -> int:
    """Write the notices that these groups owe to their channels; how many there are.

    To be called in the transaction that changed the alerts. Six queries to know whom and what, one to write all lines,
    and one for each fifty notices.
    """
    owed = [each for each in owed if each.alerts]
    if not owed:
        return 0
    addressees = _addressees(owed)
    texts = _texts(owed, now)
    notices: list[Notice] = []
    lines: list[NoticeLine] = []
    for each, told in zip(owed, texts, strict=True):
        for channel in addressees.of(each):
            notice = _notice(each, told, channel, now)
            notices.append(notice)
            lines += _lines(notice, each.alerts)
    Notice.objects.bulk_create(notices, batch_size=50)
    for line in lines:
        line.notice = line.notice  # its key is known only now
    upsert(lines, unique=("notice", "position"), update=("state",))
    return len(notices)


def _addressees(owed: Sequence[Owed]) -> Addressees:
    channels = Channel.objects.filter(enabled=True).exclude(kind=Channel.Kind.DEAD_MAN).order_by("pk")
    named = Rule.objects.filter(pk__in={each.group.rule_id for each in owed}, channels__isnull=False)
    heard = Notice.objects.filter(group_id__in={each.group.pk for each in owed})
    return Addressees(
        enabled={channel.pk: channel for channel in channels},
        of_rule=_gathered(named.values_list("pk", "channels")),
        told=_gathered(heard.values_list("group_id", "channel_id").distinct()),
    )


def _gathered(pairs: Iterable[tuple[int | None, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for key, value in pairs:
        if key is not None:
            found.setdefault(key, set()).add(value)
    return found


def _texts(owed: Sequence[Owed], now: datetime) -> list[Told]:
    clusters = Cluster.objects.in_bulk({each.group.cluster_id for each in owed})
    rules = Rule.objects.in_bulk({each.group.rule_id for each in owed})
    holders = {alert.acknowledged_by_id for each in owed for alert in each.alerts[:MOST_LINES]} - {None}
    names = dict(User.objects.filter(pk__in=holders).values_list("pk", "username")) if holders else {}
    return [
        notice_texts.told(
            each.kind,
            each.severity,
            clusters[each.group.cluster_id],
            rules[each.group.rule_id],
            each.alerts[:MOST_LINES],
            count=len(each.alerts),
            unit=each.unit,
            holders=names,
            now=now,
        )
        for each in owed
    ]


def thread_of(group: AlertGroup, channel: Channel) -> str:
    """The same for all notices of one group on one channel; its second keeps a database that was made anew apart."""
    return f"group-{group.pk}-{int(group.opened_at.timestamp())}-channel-{channel.pk}"


def new_key() -> str:
    return uuid.uuid4().hex


def _notice(owed: Owed, told: Told, channel: Channel, now: datetime) -> Notice:
    return Notice(
        channel=channel,
        cluster_id=owed.group.cluster_id,
        group=owed.group,
        kind=owed.kind,
        severity=owed.severity,
        key=new_key(),
        thread=thread_of(owed.group, channel),
        subject=told.subject,
        text=told.text,
        alerts=len(owed.alerts),
        created_at=now,
        next_at=now,
    )


def _lines(notice: Notice, alerts: Sequence[Alert]) -> list[NoticeLine]:
    return [
        NoticeLine(
            notice=notice,
            alert=alert,
            position=position,
            state=alert.state,
            severity=alert.severity,
            name=alert.name,
            host=alert.host,
            sentence=alert.sentence,
            value=alert.value,
            limit=alert.limit,
            began_at=alert.fired_at or alert.pending_since,
            ended_at=alert.ended_at,
        )
        for position, alert in enumerate(alerts[:MOST_LINES], 1)
    ]
