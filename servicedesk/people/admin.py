"""People, teams, organisations and invitations in Django's admin."""

from __future__ import annotations

from typing import Any

from axes.utils import reset as reset_lockout
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from servicedesk.text import clean_text

from .accounts import invite
from .models import Absence, CostCentre, Invitation, Membership, Organisation, Team, User
from .sessions import end_sessions

admin.site.unregister(Group)  # roles and teams say who may do what


def environment_label(request: HttpRequest) -> list[str] | None:
    """The badge in the admin's corner: only the demo has one."""
    return [str(_("Demo")), "info"] if settings.DEMO else None


class PersonCreationForm(UserCreationForm):
    """An account made by hand; an invitation is usually better."""

    class Meta:
        model = User
        fields = ["email", "name", "role", "organisation"]
        field_classes: dict[str, Any] = {}


class PersonChangeForm(UserChangeForm):
    """Refuses what would lock the last admin out."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes: dict[str, Any] = {}

    def clean_name(self) -> str:
        name = clean_text(self.cleaned_data["name"], one_line=True)
        if not name:
            raise ValidationError(_("Write a name."))
        return name

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        was_admin = self.instance.pk and User.objects.filter(pk=self.instance.pk, role="admin", is_active=True).exists()
        stays = data.get("role", self.instance.role) == "admin" and data.get("is_active", True)
        if was_admin and not stays:
            others = User.objects.filter(role="admin", is_active=True).exclude(pk=self.instance.pk)
            if not others.exists():
                raise ValidationError(_("This is the last active admin: make somebody else one first."))
        return data


class MembershipOfUser(TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["team"]
    verbose_name = _("team")
    verbose_name_plural = _("teams")


class MembershipOfTeam(TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]
    verbose_name = _("member")
    verbose_name_plural = _("members")


@admin.register(User)
class PersonAdmin(DjangoUserAdmin, ModelAdmin):
    form = PersonChangeForm
    add_form = PersonCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["name", "email", "role", "organisation", "is_active", "last_login"]
    list_filter = ["role", "is_active", "teams", "organisation"]
    list_select_related = ["organisation"]
    search_fields = ["name", "email"]
    ordering = ["name"]
    filter_horizontal = ()
    autocomplete_fields = ["organisation", "manager", "cost_centre"]
    readonly_fields = ["last_login", "date_joined", "external_ref"]
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["email", "name", "password", "role", "is_active"]}),
        (_("Belongs to"), {"fields": ["organisation", "manager", "cost_centre", "phone"]}),
        (_("Choices"), {"fields": ["language", "time_zone", "theme"]}),
        (_("Record"), {"fields": ["last_login", "date_joined", "external_ref"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["email", "name", "role", "organisation", "password1", "password2"]})
    ]
    inlines = [MembershipOfUser]
    actions = ["sign_out", "unlock"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People stay, for the record; who leaves is made inactive."""
        return False

    @admin.action(description=_("Sign out everywhere"))
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        count = sum(end_sessions(user) for user in queryset)
        text = ngettext("%(n)d session ended.", "%(n)d sessions ended.", count)
        self.message_user(request, text % {"n": count}, messages.SUCCESS)

    @admin.action(description=_("Unlock after failed logins"))
    def unlock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            reset_lockout(username=user.email)
        self.message_user(request, _("They can log in again."), messages.SUCCESS)


@admin.register(Team)
class TeamAdmin(ModelAdmin):
    list_display = ["name", "lead", "member_count", "is_private", "is_active"]
    ordering = ["name"]
    list_filter = ["is_active", "is_private"]
    list_select_related = ["lead"]
    search_fields = ["name"]
    autocomplete_fields = ["lead"]
    inlines = [MembershipOfTeam]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).annotate(members_n=Count("memberships"))

    @admin.display(description=_("members"), ordering="members_n")
    def member_count(self, team: Any) -> int:
        return int(team.members_n)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A team that tickets were given to stays; it is made inactive."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.tickets.exists())


@admin.register(Organisation)
class OrganisationAdmin(ModelAdmin):
    list_display = ["name", "domain_list", "contact", "shared_tickets", "allow_sign_up"]
    list_filter = ["shared_tickets", "allow_sign_up"]
    list_select_related = ["contact"]
    search_fields = ["name"]
    autocomplete_fields = ["contact"]

    @admin.display(description=_("mail domains"))
    def domain_list(self, organisation: Organisation) -> str:
        return ", ".join(organisation.domains)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.tickets.exists())


class InvitationForm(forms.ModelForm):
    class Meta:
        model = Invitation
        fields = ["email", "organisation", "role", "expires_at"]

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].strip().lower()
        if User.objects.filter(email__iexact=email).exists():
            raise ValidationError(_("Somebody has this address already."))
        return str(email)


@admin.register(Invitation)
class InvitationAdmin(ModelAdmin):
    """Adding one mails its link."""

    form = InvitationForm
    list_display = ["email", "role", "organisation", "created_at", "expires_at", "accepted_at"]
    list_select_related = ["organisation"]
    search_fields = ["email"]
    autocomplete_fields = ["organisation"]
    readonly_fields = ["created_at", "accepted_at", "invited_by"]
    actions = ["send_again"]

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        obj.invited_by = request.user if request.user.is_authenticated else None
        invite(obj)
        self.message_user(request, _("The invitation is on its way."), messages.SUCCESS)

    @admin.action(description=_("Send again, with a new link"))
    def send_again(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        from .models.access import invitation_end

        for row in queryset.filter(accepted_at=None):
            row.expires_at = invitation_end()
            invite(row)
        self.message_user(request, _("Sent again."), messages.SUCCESS)


@admin.register(CostCentre)
class CostCentreAdmin(ModelAdmin):
    list_display = ["code", "name", "owner", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["owner"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["owner"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What costs were charged to stays; it is made inactive."""
        return False


@admin.register(Absence)
class AbsenceAdmin(ModelAdmin):
    list_display = ["user", "first_day", "last_day", "deputy"]
    list_select_related = ["user", "deputy"]
    search_fields = ["user__name", "user__email"]
    autocomplete_fields = ["user", "deputy"]
