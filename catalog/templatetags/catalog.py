"""What the catalogue's templates need."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from servicedesk.icons import icon
from servicedesk.tickets.money import from_words

register = template.Library()


@register.simple_tag
def offering_card(offering: Any) -> SafeString:
    """A card of the catalogue. Written without a template: a page has up to a hundred."""
    return format_html(
        '<a class="card" href="{}">{}<span><b>{}</b><span>{}</span><span class="small price">{}</span></span></a>',
        reverse("requests:order", args=[offering.slug]), icon(offering.icon), offering.name, offering.description,
        from_words(offering.from_once, offering.from_monthly, offering.is_from),
    )  # fmt: skip


@register.filter
def as_json(value: Any) -> str:
    """For a data attribute; the template escapes it."""
    return json.dumps(value, ensure_ascii=False, default=str)


@register.filter
def option_prices(question: Any) -> str:
    """Option → [once, per month] of those that cost something, for the browser's total."""
    return json.dumps({o.label: [str(o.once), str(o.monthly)] for o in question.options if o.once or o.monthly})


@register.filter
def from_price(version: Any) -> str:
    """What a version costs at least."""
    return from_words(version.from_once, version.from_monthly, version.is_from)
