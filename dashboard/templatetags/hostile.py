"""Filters for text the cluster supplied. The templates' autoescape still does its part: nothing here is marked safe."""

from __future__ import annotations

from django import template

from dashboard import hostile_text

register = template.Library()


@register.filter
def visible(text: str) -> str:
    """A name or a sentence on one line, with what cannot be seen in it written out."""
    return hostile_text.visible(str(text), one_line=True)


@register.filter
def visible_lines(text: str) -> str:
    """A log with its lines."""
    return hostile_text.visible(str(text))
