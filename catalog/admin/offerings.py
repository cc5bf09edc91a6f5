"""Shelves and offerings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from servicedesk.people.models import Role
from servicedesk.tickets.errors import OperationError
from servicedesk.tickets.money import from_words

from .. import versions
from ..models import Category, Offering, OfferingVersion, VersionState


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    list_display = ["name", "description", "offering_count"]
    ordering = ["position", "name"]
    search_fields = ["name"]
    ordering_field = "position"
    hide_ordering_field = True

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(offerings_n=Count("offerings"))

    @admin.display(description=gettext_lazy("offerings"))
    def offering_count(self, category: Any) -> int:
        return int(category.offerings_n)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.offerings.exists())


class OfferingForm(forms.ModelForm):
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"), choices=Role.choices, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy(
            "Whoever is in one of the organisations or teams, or has one of the roles, may order it."
            " Nothing chosen: everybody."
        ),
    )  # fmt: skip

    class Meta:
        model = Offering
        fields = [
            "name",
            "category",
            "service",
            "icon",
            "description",
            "keywords",
            "position",
            "organisations",
            "teams",
            "roles",
        ]


@admin.register(Offering)
class OfferingAdmin(ModelAdmin):
    """Saving a new one goes on to its draft, where the form is built."""

    form = OfferingForm
    list_display = ["name", "category", "service", "price", "live"]
    list_filter = ["category", "is_retired", "service"]
    list_select_related = ["category", "service"]
    search_fields = ["name", "keywords"]
    autocomplete_fields = ["category", "service", "organisations", "teams"]
    readonly_fields = ["history"]
    actions_detail = ["edit_draft", "retire"]
    fieldsets = [
        (None, {"fields": ["name", "category", "service", "icon", "description", "keywords", "position"]}),
        (gettext_lazy("Who may order it"), {"fields": ["organisations", "teams", "roles"]}),
        (gettext_lazy("Versions"), {"fields": ["history"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        live = OfferingVersion.objects.filter(offering=OuterRef("pk"), state=VersionState.PUBLISHED)
        return super().get_queryset(request).annotate(
            live_number=Subquery(live.values("number")[:1]), once=Subquery(live.values("from_once")[:1]),
            monthly=Subquery(live.values("from_monthly")[:1]), more=Subquery(live.values("is_from")[:1]),
        )  # fmt: skip

    @admin.display(description=gettext_lazy("price"))
    def price(self, offering: Any) -> str:
        return from_words(offering.once, offering.monthly, offering.more) if offering.live_number else "—"

    @admin.display(description=gettext_lazy("published version"))
    def live(self, offering: Any) -> Any:
        return offering.live_number or "—"

    @admin.display(description=gettext_lazy("versions"))
    def history(self, offering: Offering) -> SafeString | str:
        if not offering.pk:
            return _("Save it first; then you build its form.")
        return format_html_join(
            "", '<div><a class="underline" href="{}">{}</a> {}</div>',
            (
                (reverse("admin:catalog_offeringversion_change", args=[version.pk]), version,
                 f"· {version.published_at:%Y-%m-%d}" if version.published_at else "")
                for version in offering.versions.all()[:30]
            ),
        )  # fmt: skip

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        draft = versions.draft_of(obj)
        self.message_user(request, _("Saved. Now say what it asks and costs, then publish it."), messages.SUCCESS)
        return redirect(reverse("admin:catalog_offeringversion_change", args=[draft.pk]))

    @action(description=gettext_lazy("Edit the draft"), url_path="draft")  # type: ignore[untyped-decorator]
    def edit_draft(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        draft = versions.draft_of(Offering.objects.get(pk=object_id))
        return redirect(reverse("admin:catalog_offeringversion_change", args=[draft.pk]))

    @action(description=gettext_lazy("Retire"), url_path="retire")  # type: ignore[untyped-decorator]
    def retire(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        try:
            versions.retire(Offering.objects.get(pk=object_id))
            self.message_user(
                request, _("It cannot be ordered any more. Publish a draft to offer it again."), messages.SUCCESS
            )
        except OperationError as error:
            self.message_user(request, error.message, messages.ERROR)
        return redirect(reverse("admin:catalog_offering_change", args=[object_id]))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was ordered once stays; it is retired."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.requests.exists())
