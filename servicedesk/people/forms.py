"""Forms about oneself: logging in, the account, the profile, tokens."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from servicedesk.fields import PlainText

from . import access
from .models import Absence, ApiToken, User

MAX_TOKENS = 20


class LoginForm(AuthenticationForm):
    """E-mail and password; one answer for everything that is wrong."""

    error_messages = {
        "invalid_login": _("This e-mail address and password do not belong together."),
        "inactive": _("This account is not active."),
    }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail")
        self.fields["username"].widget = forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"})

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()


class SignUpForm(forms.Form):
    """The first half of signing up."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("We send a link to this address."),
    )  # fmt: skip


class AcceptForm(forms.Form):
    """The second half: who somebody is, and the password."""

    name = PlainText(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"), max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters."),
    )  # fmt: skip

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        password_validation.validate_password(password, User(name=self.cleaned_data.get("name", "")))
        return password


class ProfileForm(forms.ModelForm):
    """What people say of themselves. The address and the role are an admin's to change."""

    name = PlainText(label=_("Name"), max_length=120)
    phone = PlainText(label=_("Phone"), max_length=40, required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"))

    class Meta:
        model = User
        fields = ["name", "phone", "language", "time_zone", "theme"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))
        known = {self.instance.time_zone, settings.TIME_ZONE, "UTC", *zones}
        self.fields["time_zone"].choices = [(zone, zone.replace("_", " ")) for zone in sorted(known)]  # type: ignore[attr-defined]


class TokenForm(forms.Form):
    """A new API token's name."""

    name = PlainText(label=_("Name"), max_length=80, help_text=_("What the token is for, such as “monitoring”."))

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        if ApiToken.objects.filter(user=self.user, revoked_at=None).count() >= MAX_TOKENS:
            raise forms.ValidationError(_("You have %(n)d tokens already; revoke one first."), params={"n": MAX_TOKENS})
        return self.cleaned_data


class AbsenceForm(forms.ModelForm):
    """When somebody is away; the deputy by address."""

    deputy_email = forms.EmailField(
        label=_("Deputy"), required=False, max_length=254, help_text=_("The e-mail address of who decides meanwhile.")
    )

    class Meta:
        model = Absence
        fields = ["first_day", "last_day"]
        widgets = {name: forms.DateInput(attrs={"type": "date"}) for name in fields}

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = self.instance.user = user

    def clean_deputy_email(self) -> str:
        email = str(self.cleaned_data["deputy_email"])
        if email:
            self.instance.deputy = (
                access.nameable_people(self.user, User.objects.all()).filter(email__iexact=email).first()
            )
            if self.instance.deputy is None:
                raise forms.ValidationError(_("Nobody here is known as “%(value)s”."), params={"value": email})
        return email

    def _get_validation_exclusions(self) -> set[str]:
        left: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return left - {"user", "deputy"}  # their constraints are checked here
