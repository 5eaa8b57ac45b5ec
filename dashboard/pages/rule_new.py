"""A new rule of an operator's own: of what kind of subject, then the sentence, tried on history before it is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from dashboard.models import Channel, Cluster, Rule
from dashboard.pages import rule_facts, rule_try
from dashboard.pages.blocks import attempt
from dashboard.pages.rule_own_form import OwnRuleForm, kind_words
from dashboard.pages.sorting import query
from dashboard.queries import rule_choices
from dashboard.queries.rule_choices import Choice
from dashboard.store import rules

FOR_SECONDS, REPEAT_SECONDS = 600, 86_400


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """POST makes it, or leads to the address that tries what was typed; GET shows the kinds, then the form of one."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    offered = rule_choices.of(cluster, now)
    tried = request.method == "GET" and rule_try.TRIED in request.GET
    data = request.POST if request.method == "POST" else request.GET if tried else None
    kind = (request.POST if request.method == "POST" else request.GET).get("subject_kind", "")
    choice = next((one for one in offered if one.kind == kind), None)
    form = _form(cluster, choice, data, now) if choice else None
    if request.method == "POST" and form is not None:
        if request.POST.get("do") == "try":
            return redirect(rule_try.address(request, "rule_new", cluster_name))
        if form.is_valid() and (made := _made(request, cluster, form, now)) is not None:
            return redirect("rule", cluster_name, made.key)
    context = {"cluster": cluster, "now": now, "form": form, "kinds": _kinds(offered, kind), "may_act": True}
    if form is not None:
        proposed = form.proposed(_blank(cluster, form.kind.value))
        context |= {"severities": rule_facts.lines(proposed, form), "tried": tried and form.is_valid()}
        if context["tried"]:
            context |= {
                "trial": attempt("back-test", lambda: rule_try.trial(None, proposed, now)),
                "message": rule_facts.message(proposed, proposed, now),
            }
    return render(request, "pages/rule_new.html", context)


def _form(cluster: Cluster, choice: Choice, data: QueryDict | None, now: datetime) -> OwnRuleForm:
    return OwnRuleForm(
        data,
        rule=_blank(cluster, choice.kind.value),
        choice=choice,
        channels=list(Channel.objects.order_by("name")),
        find=lambda text: rule_choices.named(cluster, choice.kind, text, now),
    )


def _blank(cluster: Cluster, kind: str) -> Rule:
    """A rule nobody has said anything of: critical is off until somebody wants to be woken."""
    return Rule(
        cluster=cluster,
        own=True,
        key="own-new",
        subject_kind=kind,
        warning_on=True,
        for_seconds=FOR_SECONDS,
        clear_seconds=FOR_SECONDS,
        repeat_seconds=REPEAT_SECONDS,
    )


def _kinds(offered: Sequence[Choice], present: str) -> list[dict[str, object]]:
    return [
        {"word": kind_words(one), "href": query({"subject_kind": one.kind.value}), "current": one.kind == present}
        for one in offered
    ]


def _made(request: HttpRequest, cluster: Cluster, form: OwnRuleForm, now: datetime) -> Rule | None:
    assert isinstance(request.user, User)
    told = list(form.cleaned_data["channels"])
    try:
        made = rules.create_own(cluster, form.changed_fields(), request.user, now, channels=told)
    except ValidationError as error:
        rule_facts.add_errors(form, error)
        return None
    messages.success(request, "Made: it is judged from the next evaluation on.")
    return made
