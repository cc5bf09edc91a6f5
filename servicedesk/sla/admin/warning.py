"""Before a save that moves open clocks: say how many, and ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from ..configuring import open_clocks
from ..display import moved_words
from ..models import Agreement


class WarnsBeforeMoving:
    """For a ModelAdmin: a page in between, unless nothing that clocks depend on changed or none is open."""

    #: form fields and inline models whose change moves clocks
    moving_fields: tuple[str, ...] = ()
    moving_inlines: tuple[type, ...] = ()

    def agreements_of(self, obj: Any) -> QuerySet[Agreement]:
        """The agreements whose clocks an edit of ``obj`` moves."""
        raise NotImplementedError

    def _moves(self, form: Any, formsets: Iterable[Any]) -> bool:
        if set(form.changed_data) & set(self.moving_fields):
            return True
        return any(formset.model in self.moving_inlines and formset.has_changed() for formset in formsets)

    def _question(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        model_admin: Any = self
        obj = model_admin.get_object(request, unquote(object_id))
        if obj is None or not model_admin.has_change_permission(request, obj):
            return None
        form = model_admin.get_form(request, obj, change=True)(request.POST, request.FILES, instance=obj)
        valid = form.is_valid()
        formsets, _inlines = model_admin._create_formsets(request, form.instance, change=True)
        checked = [formset.is_valid() for formset in formsets]  # each says what is wrong with it
        if not (all(checked) and valid and self._moves(form, formsets)):
            return None
        agreements = self.agreements_of(model_admin.get_object(request, unquote(object_id)))
        count = open_clocks(agreements)
        if not count:
            return None
        fields = [
            (name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"
        ]
        context = {
            **model_admin.admin_site.each_context(request), "title": _("Change %(name)s?") % {"name": obj},
            "moved": moved_words(count), "fields": fields, "opts": model_admin.opts, "original": obj,
            "agreements": agreements.distinct(),
        }  # fmt: skip
        return TemplateResponse(request, "sla/admin/confirm.html", context)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if request.method == "POST" and object_id and "_confirmed" not in request.POST:
            if (question := self._question(request, object_id)) is not None:
                return question
        return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]
