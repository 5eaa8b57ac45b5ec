"""Rules: which watch, at which limits, how they stand; and an operator's changes of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.alerts import in_words
from dashboard.api import paging, tables
from dashboard.api.acting import Changeable, done, refusing, who
from dashboard.api.events import EventSerializer, event
from dashboard.api.problems import BadBody, Refused
from dashboard.api.resource import CLUSTER, cluster_named, described
from dashboard.api.rule_fields import NewRuleBody, RuleBody, RuleSerializer, numbered, rule
from dashboard.models import Channel, Cluster, Rule, Subject
from dashboard.queries import alert_rules, metric_catalogue, rule_choices
from dashboard.queries.alert_rules import Watched
from dashboard.store import rules
from dashboard.store.rules import LIMITS

KEY = OpenApiParameter("key", str, OpenApiParameter.PATH, description="The rule's key.", pattern="^[-a-zA-Z0-9_]+$")
MOST_CHANGES = 50
FIRST = {"for_seconds": 600, "clear_seconds": 600, "repeat_seconds": 86_400}
"""What a new rule has where nothing is said."""


class RulesQuery(tables.TableQuery):
    own = serializers.BooleanField(required=False, help_text="Only operators' own, or only those of the catalogue.")
    on = serializers.BooleanField(required=False, help_text="Only those that are on, or only the others.")
    firing = serializers.BooleanField(required=False, help_text="Only those of which alerts fire, or only the others.")


class RulesSerializer(paging.CountedPageSerializer):
    """Rules by key. There are none before the first evaluation."""

    results = RuleSerializer(many=True)


class RuleDetailSerializer(RuleSerializer):
    """One rule, with the last 50 changes that operators made of it."""

    changes = EventSerializer(many=True, help_text="Newest first.")


class RulesOfCluster(Changeable):
    query = RulesQuery

    @described("rules", "The rules, and how they stand", answer=RulesSerializer, query=RulesQuery, csv=True)
    def get(self, request: Request, cluster_name: str) -> Any:
        """Four queries."""
        cluster = cluster_named(cluster_name)
        told = _told(cluster)
        found = [one for one in alert_rules.watched(cluster) if self._asks_for(one)]
        rows = {one.rule.key: rule(one, told.get(one.rule.pk, ())) for one in sorted(found, key=_key)}
        if tables.wants_csv(request, self.asked):
            return tables.answer(f"{cluster.name}-rules", RuleSerializer, rows.values(), self.now)
        page = paging.cut(found, _key, request, self.asked)
        results = [rows[one.rule.key] for one in page.results]
        return Response(RulesSerializer({"next": page.next, "count": len(found), "results": results}).data)

    @done("make_rule", "Make an own rule", answer=RuleDetailSerializer, body=NewRuleBody, status=201)
    def post(self, request: Request, cluster_name: str) -> Response:
        sent, cluster = NewRuleBody.read(request), cluster_named(cluster_name)
        sent = {**FIRST, "warning_on": _given(sent, "warning"), "critical_on": _given(sent, "critical"), **sent}
        channels = _channels(sent.pop("channels", []))
        check_metric(cluster, Subject.Kind(sent["subject_kind"]), sent["metric"], sent.get("measure", ""), self.now)
        with refusing():
            made = rules.create_own(cluster, sent, who(request), self.now, channels=channels)
        answer = Response(detail(made, self.now), status=201)
        answer["Location"] = f"{request.path}{made.key}/"
        return answer

    def _asks_for(self, one: Watched) -> bool:
        facts = {"own": one.rule.own, "on": one.rule.on, "firing": one.firing > 0}
        return all(self.asked.get(name, fact) == fact for name, fact in facts.items())


class OneRule(Changeable):
    http_method_names = ["get", "head", "patch", "delete"]  # noqa: RUF012  Django's own attribute

    @described("rule", "One rule", answer=RuleDetailSerializer, path=(CLUSTER, KEY))
    def get(self, request: Request, cluster_name: str, key: str) -> Response:
        """Five queries."""
        return Response(detail(rule_named(cluster_named(cluster_name), key), self.now))

    @done("change_rule", "Change a rule", answer=RuleDetailSerializer, body=RuleBody, path=(CLUSTER, KEY))
    def patch(self, request: Request, cluster_name: str, key: str) -> Response:
        sent = RuleBody.read(request)
        found = rule_named(cluster_named(cluster_name), key)
        channels = _channels(sent.pop("channels")) if "channels" in sent else None
        if not numbered(found) and (limits := [name for name in sent if name in LIMITS]):
            word = "This rule holds or does not: it can only be switched on or off."
            raise Refused(word, errors={name: [word] for name in limits})
        if found.own and {"metric", "measure"} & set(sent):
            metric, measure = sent.get("metric", found.metric), sent.get("measure", found.measure)
            kept = () if metric != found.metric else (metric,)
            check_metric(found.cluster, Subject.Kind(found.subject_kind), metric, measure, self.now, also=kept)
        with refusing():
            changed = rules.change(found, sent, who(request), self.now, channels=channels, unit=in_words.unit(found))
        return Response(detail(changed, self.now))

    @done("delete_rule", "Delete an own rule with its history", answer=None, path=(CLUSTER, KEY))
    def delete(self, request: Request, cluster_name: str, key: str) -> Response:
        """Refused while it is on or alerts of it are open: whoever was told is owed the end first."""
        found = rule_named(cluster_named(cluster_name), key)
        with refusing():
            rules.delete_own(found, who(request), self.now)
        return Response(status=204)


def rule_named(cluster: Cluster, key: str) -> Rule:
    """One query. Raises NotFound."""
    found = Rule.objects.filter(cluster=cluster, key=key).first()
    if found is None:
        raise NotFound(f"There is no rule {key} of {cluster.name}.")
    found.cluster = cluster
    return found


def detail(one: Rule, now: datetime) -> Any:
    """The answer about one rule. Three queries."""
    firing, critical = alert_rules.counted(one)
    rank, state = alert_rules.stands(one, firing, critical)
    watched = Watched(rule=one, state=state, rank=rank, firing=firing, critical=critical)
    answer = {
        **rule(watched, one.channels.values_list("name", flat=True)),
        "changes": [event(change) for change in alert_rules.changes(one, MOST_CHANGES)],
    }
    return RuleDetailSerializer(answer, context={"now": now}).data


def check_metric(
    cluster: Cluster, kind: Subject.Kind, metric: str, measure: str, now: datetime, also: Sequence[str] = ()
) -> None:
    """Raises BadBody for a metric that no subject of the kind has, and for a rate of what is no counter."""
    known = metric_catalogue.known(kind, metric)
    if metric not in also:
        choice = next((one for one in rule_choices.of(cluster, now) if one.kind == kind), None)
        names = [one.name for one in choice.metrics] if choice else []
        if metric not in names:
            word = f"Nothing of the kind {kind} has been measured lately by this name."
            raise BadBody(word, errors={"metric": [word]}, allowed=names)
    if measure in (Rule.Measure.RATE, Rule.Measure.INCREASE) and not known.counter:
        word = f"{known.words} goes up and down: only its value can be watched."
        raise BadBody(word, errors={"measure": [word]}, allowed=[Rule.Measure.VALUE.value])


def _channels(names: Sequence[str]) -> list[Channel]:
    found = {channel.name: channel for channel in Channel.objects.filter(name__in=names)} if names else {}
    if strange := [name for name in names if name not in found]:
        word = f"There is no channel {strange[0]}."
        raise BadBody(word, errors={"channels": [word]}, allowed=Channel.objects.values_list("name", flat=True))
    return list(found.values())


def _told(cluster: Cluster) -> dict[int, list[str]]:
    """Rule → names of the channels it names. One query."""
    told: dict[int, list[str]] = {}
    for pk, name in Rule.objects.filter(cluster=cluster, channels__isnull=False).values_list("pk", "channels__name"):
        told.setdefault(pk, []).append(name)
    return told


def _given(sent: dict[str, Any], severity: str) -> bool:
    return sent.get(severity) is not None


def _key(one: Watched) -> paging.Key:
    return (paging.by_number(one.rule.key),)
