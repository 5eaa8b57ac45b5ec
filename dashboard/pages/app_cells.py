"""What tables say of apps, as HTML: their names, how they stand, what they are given over what they use. Not a template: a page
has hundreds of such cells."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard import figures
from dashboard.hostile_text import visible
from dashboard.queries.marks import Mark
from dashboard.templatetags.parts import ALLOCATED, USED, bar_part, basis, health

FULL_PERCENT = 96.0
"""How much of its track the longer one of two bars takes."""
MISSING = "not measured"


def app_link(cluster_name: str, marathon_key: str, app_id: str) -> SafeString:
    """An app's id as a link to its page; as a text where it makes no address."""
    text = visible(app_id, one_line=True)
    try:
        href = reverse("app", args=[cluster_name, marathon_key, app_id.removeprefix("/")])
    except NoReverseMatch:
        return format_html("{}", text)
    return format_html('<a href="{}">{}</a>', href, text)


def state_mark(mark: Mark) -> SafeString:
    """Its shape and word, quiet where it is expected or wished for."""
    return health(mark.mark, mark.word, quiet=mark.mark in ("good", "mute"))


def amounts(
    resource: str, allocated: float, used: float | None, told: Callable[[float], str], label: str
) -> SafeString:
    """The double bar of two amounts in one unit, of which the longer one nearly fills it; use that nobody told is said so."""
    whole = max(allocated, used or 0.0)
    widths = ["" if one is None or not whole else f"{one / whole * FULL_PERCENT:.1f}%" for one in (allocated, used)]
    given, taken = told(allocated), figures.ABSENT if used is None else told(used)
    use = MISSING if used is None else f"{escape(taken)} used, p95 of 24 h"
    return mark_safe(  # noqa: S308  what is not ours is escaped
        f'<div class="pair r-{escape(resource)}"><svg role="img" aria-label="{escape(label)}: {escape(given)} allocated, {use}">'
        f'<rect class="t" y="1" width="100%" height="14"/>{bar_part(ALLOCATED, widths[0])}{bar_part(USED, widths[1])}</svg>'
        f'<span class="v">{basis("allocated", given, first=True)}<br>{basis("p95 used", taken)}</span></div>'
    )
