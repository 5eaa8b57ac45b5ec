"""What the pages of containers draw: a double bar of two amounts, not of two percents; where figures come from."""

from __future__ import annotations

from collections.abc import Callable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dashboard import figures
from dashboard.charts.bars import double_bar
from dashboard.queries.containers import ContainerRow
from dashboard.templatetags.parts import ALLOCATED, LIMIT, USED, basis

register = template.Library()

NO_LIMIT = "no limit"


@register.filter
def breakable(path: str) -> SafeString:
    """A long dotted name that may go on in the next line after each dot."""
    return format_html_join(mark_safe(".<wbr>"), "{}", ((part,) for part in path.split(".")))


@register.simple_tag
def cpu_of_limit(row: ContainerRow) -> SafeString:
    """What is requested above what is used, of the limit; without one of what is requested."""
    own = row.use
    if own is None:
        return _drawn("cpu", "CPU", None, None, None, figures.cores)
    return _drawn("cpu", "CPU", own.cpus_requested, own.cpus_limit, own.cpus_used, figures.cores)


@register.simple_tag
def mem_of_limit(row: ContainerRow) -> SafeString:
    """The limit above what is used of it, without file cache."""
    own = row.use
    if own is None:
        return _drawn("mem", "Memory", None, None, None, figures.byte_size)
    return _drawn("mem", "Memory", None, own.mem_limit_bytes, own.mem_used_bytes, figures.byte_size)


def _drawn(
    resource: str,
    label: str,
    requested: float | None,
    limit: float | None,
    used: float | None,
    write: Callable[[float | None], str],
) -> SafeString:
    """Written here and not by a template: a node has hundreds of containers."""
    whole = limit or requested
    bar = double_bar(_share(requested or limit, whole), _share(used, whole))
    most = NO_LIMIT if limit is None and requested is not None else write(limit)
    over = bar.used_over and limit is not None
    return format_html(
        '<div class="pair r-{}{}"><svg role="img" aria-label="{}: {} used, limit {}">'
        '<rect class="t" y="1" width="100%" height="14"/>{}{}{}</svg><span class="v">{}<br>{}</span></div>',
        resource,
        " over" if over else "",
        label,
        write(used),
        most,
        _part(ALLOCATED, bar.allocated_width),
        _part(USED, bar.used_width),
        _part(LIMIT, bar.limit_x) if over else "",
        basis("" if most == NO_LIMIT else "limit", most, first=True),
        basis("used", write(used), past=over),
    )


def _part(drawing: str, width: str) -> SafeString | str:
    return format_html(drawing, width) if width else ""


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None
