"""Rules: which watch, which fire, which cannot say anything, and at which limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard import figures
from dashboard.models import Cluster, Rule, Watch
from dashboard.models.rules import Severity
from dashboard.pages import alert_tabs, alert_words, rule_facts
from dashboard.pages.access import role
from dashboard.pages.alert_rows import limited
from dashboard.pages.sorting import query
from dashboard.queries import alert_counts, alert_rules
from dashboard.queries.alert_rules import Watched
from dashboard.roles import Role
from dashboard.store import rules

LONGEST_TEXT = 100
KINDS: dict[str, tuple[str, str, Callable[[Watched], bool]]] = {
    "firing": ("Fire", "bad", lambda one: one.firing > 0 and one.rule.on),
    "unknown": ("Know nothing", "unk", lambda one: one.rank in (0, 3)),
    "on": ("On", "good", lambda one: one.rule.on),
    "off": ("Off", "mute", lambda one: not one.rule.on),
    "mesos": ("Mesos’ own", "note", lambda one: one.rule.key in alert_words.DECK),
    "own": ("Your own", "note", lambda one: one.rule.own),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One rule as its row shows it; limits are empty where it has none."""

    watched: Watched
    what: str
    why: str
    warning: str
    critical: str
    held: str


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    watch = Watch.objects.filter(cluster=cluster).first()
    all_rules = alert_rules.watched(cluster)
    asked = {"is": request.GET.get("is", ""), "q": request.GET.get("q", "")[:LONGEST_TEXT]}
    asked["is"] = asked["is"] if asked["is"] in KINDS else ""
    found = [one for one in all_rules if asked["q"].lower() in f"{one.rule.key} {one.rule.name}".lower()]
    kept = KINDS[asked["is"]][2] if asked["is"] else None
    context = {
        "cluster": cluster,
        "now": now,
        "tabs": alert_tabs.tabs(request, cluster, "rules", now),
        "watch": watch,
        "late_seconds": alert_words.judged_late(watch, now),
        "said": _said(all_rules),
        "watching": alert_counts.watching(cluster, alert_words.DECK),
        "asked": asked,
        "choices": _choices(found, asked),
        "lines": [_line(one) for one in found if kept is None or kept(one)],
        "total": len(all_rules),
        "may_act": role(request) >= Role.OPERATOR,
    }
    return render(request, "pages/rules.html", context)


def _said(found: Sequence[Watched]) -> str:
    on = [one for one in found if one.rule.on]
    if not found:
        return "No rule watches yet: they come with the first evaluation."
    firing = sum(1 for one in on if one.firing)
    nothing = sum(1 for one in on if one.rank in (0, 3))
    parts = [f"{figures.count(len(on))} of {figures.counted(len(found), 'rule')} {'is' if len(on) == 1 else 'are'} on"]
    parts.append(f"{figures.count(firing)} {'fires' if firing == 1 else 'fire'}" if firing else "none fires")
    if nothing:
        parts.append(f"{figures.count(nothing)} can say nothing now")
    return "; ".join(parts) + "."


def _choices(found: Sequence[Watched], asked: dict[str, str]) -> list[dict[str, object]]:
    counts = {kind: sum(1 for one in found if kept(one)) for kind, (_, _, kept) in KINDS.items()}
    everything = {"word": "All", "count": len(found), "state": "", "kind": ""}
    named = [
        {"word": word, "count": counts[kind], "state": "" if state == "note" else state, "kind": kind}
        for kind, (word, state, _) in KINDS.items()
    ]
    return [
        {**one, "href": query({**asked, "is": str(one["kind"])}), "current": one["kind"] == asked["is"]}
        for one in (everything, *named)
        if one["count"] or one["kind"] in ("", asked["is"])
    ]


def _line(one: Watched) -> Line:
    rule = one.rule
    unknown = f"{figures.count(rule.subjects_unknown)} of {figures.count(rule.subjects)} not known"
    return Line(
        watched=one,
        what=rule_facts.brief(rule),
        why=rule.error or (unknown if rule.on and rule.subjects_unknown else ""),
        warning=_limit(rule, rule.warning),
        critical=_limit(rule, rule.critical),
        held=figures.duration(rule.for_seconds) if rule.for_seconds else "at once",
    )


def _limit(rule: Rule, limit: float | None) -> str:
    """Some rules have no number to be compared: they hold or do not."""
    return limited(rule, limit) or ("" if limit is None else "when it holds")


@require_POST
def switch(request: HttpRequest, cluster_name: str, key: str) -> HttpResponse:
    """`set` is what to switch and how: warning:on, critical:off, all:off."""
    rule = get_object_or_404(Rule.objects.select_related("cluster"), cluster__name=cluster_name, key=key)
    what, _, way = request.POST.get("set", "").partition(":")
    back = "rules" if request.POST.get("back") == "list" else "rule"
    try:
        _switch(rule, what, way, request)
    except ValidationError as error:
        messages.error(request, f"Nothing was changed. {' '.join(error.messages)}")
    return redirect("rules", cluster_name) if back == "rules" else redirect("rule", cluster_name, key)


def _switch(rule: Rule, what: str, way: str, request: HttpRequest) -> None:
    assert isinstance(request.user, User)
    now = timezone.now()
    if (what, way) == ("all", "off"):
        rules.switch_off(rule, request.user, now)
        messages.success(request, f"{rule.key} is off: its open alerts end with the next evaluation.")
    elif what in Severity.values and way in ("on", "off"):
        rules.switch(rule, what, way == "on", request.user, now)
        messages.success(request, f"{rule.key}: {what} is {way}.")
    else:
        raise ValidationError("Say what to switch: a warning or a critical limit, on or off.")


@require_POST
def delete(request: HttpRequest, cluster_name: str, key: str) -> HttpResponse:
    """Only of own rules, once they are off and nothing of them is open."""
    assert isinstance(request.user, User)
    rule = get_object_or_404(Rule, cluster__name=cluster_name, key=key)
    try:
        rules.delete_own(rule, request.user, timezone.now())
    except ValidationError as error:
        messages.error(request, f"Nothing was deleted. {' '.join(error.messages)}")
        return redirect("rule", cluster_name, key)
    messages.success(request, f"{rule.name} was deleted with its history.")
    return redirect("rules", cluster_name)
