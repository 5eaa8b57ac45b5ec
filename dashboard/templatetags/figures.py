"""The filters of `dashboard.figures`: templates never format a number themselves. None and NaN read "—" in all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html

from dashboard import figures

register = template.Library()


def _given(write: Callable[..., str]) -> Callable[..., str]:
    """The same for templates, where a name that does not exist arrives as an empty text: nothing was measured."""

    @wraps(write)
    def filtered(value: Any, *arguments: Any) -> str:
        return write(None if value == "" else value, *arguments)

    return filtered


register.filter("bytes", _given(figures.byte_size))
register.filter("byte_rate", _given(figures.byte_rate))
register.filter("pct", _given(figures.percent))
register.filter("cores", _given(figures.cores))
register.filter("count", _given(figures.count))
register.filter("exact", _given(figures.exact))
register.filter("counted", _given(figures.counted))
register.filter("duration", _given(figures.duration))
register.filter("took", _given(figures.took))
register.filter("absent", figures.absent)


@register.filter
@_given
def age(value: datetime | figures.Span, now: datetime | None = None) -> str:
    """An age in one unit, of a span or of a moment as seen at `now`."""
    return figures.age(_span(value, now))


@register.filter
@_given
def ago(value: datetime | figures.Span, now: datetime | None = None) -> str:
    """ "12 s ago"; of a moment as a <time> whose title is the instant itself."""
    text = figures.ago(_span(value, now))
    if not isinstance(value, datetime):
        return text
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>', figures.iso(value), figures.instant(value, _at(now)), text
    )


@register.filter
@_given
def instant(value: datetime | None, now: datetime | None = None) -> str:
    """A moment in UTC as a <time>: HH:MM:SS today, D Mon HH:MM before."""
    if value is None:
        return figures.ABSENT
    return format_html('<time datetime="{}">{}</time>', figures.iso(value), figures.instant(value, _at(now)))


def _at(now: datetime | None) -> datetime:
    return timezone.now() if now is None else now


def _span(value: datetime | figures.Span, now: datetime | None) -> figures.Span:
    return _at(now) - value if isinstance(value, datetime) else value
