"""Naming people: a form field that knows them by address or name, and the type-ahead behind it."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parseaddr
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from servicedesk.text import asked

from .models import User

MOST = 8


class PersonField(forms.CharField):
    """Somebody by e-mail address, ``Name <address>`` as the type-ahead fills it in, or a name that only one has.

    ``people`` gives those who may be named, ``suggest`` is the type-ahead's address.
    """

    def __init__(self, *, people: Callable[[], QuerySet[User]], suggest: str, **kwargs: Any):
        self.people = people
        super().__init__(max_length=300, **kwargs)
        self.widget.attrs |= {
            "autocomplete": "off", "data-suggest": suggest, "role": "combobox", "aria-expanded": "false",
            "aria-autocomplete": "list",
        }  # fmt: skip

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        people = self.people()
        found = list(people.filter(email__iexact=parseaddr(text)[1] or text)[:1])
        found = found or list(people.filter(name__iexact=text)[:2])
        if len(found) != 1:
            raise forms.ValidationError(_("Nobody here is known as “%(value)s”."), params={"value": text})
        return found[0]


def suggestions(request: HttpRequest, people: QuerySet[User]) -> JsonResponse:
    """Up to eight of ``people`` whose name or address contains the words of ``q``."""
    words = asked(request.GET.get("q"), 80)
    if len(words) < 2:
        return JsonResponse({"people": []})
    rows = people.select_related("organisation")
    # The names that begin so come first; both halves use the trigram index.
    begins = list(rows.filter(name__istartswith=words)[:MOST])
    more = rows.filter(name__icontains=words).union(rows.filter(email__icontains=words)).order_by("name")[: 2 * MOST]
    seen = {person.pk for person in begins}
    found = [*begins, *(person for person in more if person.pk not in seen)][:MOST]
    organisations = {p.pk: p.organisation.name for p in found if p.organisation_id and p.organisation}
    return JsonResponse(
        {
            "people": [
                {"value": f"{p.name} <{p.email}>", "name": p.name, "hint": organisations.get(p.pk) or p.email}
                for p in found
            ]
        }
    )
