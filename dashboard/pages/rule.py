"""One rule: its sentence to be changed, what it would have done in the past 30 days, what it tells, how it stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from dashboard.alerts import in_words
from dashboard.models import Channel, Rule, Watch
from dashboard.pages import alert_past, alert_words, rule_facts, rule_try
from dashboard.pages.access import RoleNeeded, role
from dashboard.pages.blocks import attempt
from dashboard.pages.rule_form import RuleForm
from dashboard.queries import alert_history, alert_rules
from dashboard.roles import Role
from dashboard.store import rules

PAST = timedelta(days=30)
MOST_OPEN, MOST_CHANGES = 10, 10


def page(request: HttpRequest, cluster_name: str, key: str) -> HttpResponse:
    """POST saves (operators), or leads to the address that tries what was typed; GET shows, and tries what it names."""
    rule = get_object_or_404(Rule.objects.select_related("cluster"), cluster__name=cluster_name, key=key)
    now, channels = timezone.now(), list(Channel.objects.order_by("name"))
    tried = request.method == "GET" and rule_try.TRIED in request.GET
    data = request.POST if request.method == "POST" else request.GET if tried else None
    form = rule_facts.form(data, rule=rule, channels=channels, now=now)
    if request.method == "POST":
        if request.POST.get("do") == "try":
            return redirect(rule_try.address(request, "rule", cluster_name, key))
        if role(request) < Role.OPERATOR:
            raise RoleNeeded(Role.OPERATOR)
        if form.is_valid() and _saved(request, rule, form, now):
            return redirect("rule", cluster_name, key)
    return render(request, "pages/rule.html", _context(request, rule, form, tried, now))


def _saved(request: HttpRequest, rule: Rule, form: RuleForm, now: datetime) -> bool:
    assert isinstance(request.user, User)
    fields, told = form.changed_fields(), list(form.cleaned_data["channels"])
    try:
        rules.change(rule, fields, request.user, now, channels=told, unit=in_words.unit(rule))
    except ValidationError as error:
        rule_facts.add_errors(form, error)
        return False
    messages.success(request, "Saved: it is judged so from the next evaluation on.")
    return True


def _context(request: HttpRequest, rule: Rule, form: RuleForm, tried: bool, now: datetime) -> dict[str, Any]:
    cluster, proposed = rule.cluster, form.proposed(rule)
    watch = Watch.objects.filter(cluster=cluster).first()
    firing, critical = alert_rules.counted(rule)
    past = alert_history.of_rule(rule, now, PAST)
    return {
        "cluster": cluster,
        "now": now,
        "watch": watch,
        "late_seconds": alert_words.judged_late(watch, now),
        "rule": rule,
        "state": alert_rules.stands(rule, firing, critical)[1],
        "firing": firing,
        "form": form,
        "severities": rule_facts.lines(rule, form),
        "deck": rule_facts.deck_words(rule),
        "about": rule_facts.about(rule, now),
        "definition": rule_facts.definition(rule),
        "changed": rule_facts.changed(rule, proposed) if tried else "",
        "tried": tried and form.is_valid(),
        "trial": attempt("back-test", lambda: rule_try.trial(rule, proposed, now))
        if tried and form.is_valid()
        else None,
        "message": rule_facts.message(rule, proposed, now),
        "past": alert_past.drawn(past, now - PAST, now),
        "open": alert_rules.opened(rule, MOST_OPEN),
        "changes": alert_rules.changes(rule, MOST_CHANGES),
        "may_act": role(request) >= Role.OPERATOR,
    }
