"""Coming in, and everything about oneself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from . import accounts
from .forms import AbsenceForm, AcceptForm, LoginForm, ProfileForm, SignUpForm, TokenForm
from .models import Absence, ApiToken, UserSession
from .models.user import default_time_zone
from .sessions import end_sessions


class LoginView(auth_views.LoginView):
    """E-mail and password."""

    form_class = LoginForm
    template_name = "people/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, may_sign_up=accounts.may_sign_up())


class PasswordResetView(auth_views.PasswordResetView):
    """Mail a link; the answer is the same for known and unknown addresses."""

    template_name = "people/password_reset.html"
    email_template_name = "people/mail/password_reset.txt"
    subject_template_name = "people/mail/password_reset_subject.txt"
    success_url = reverse_lazy("password_reset_done")


class PasswordResetConfirmView(auth_views.PasswordResetConfirmView):
    """Set a new password by the mailed link; every session ends."""

    template_name = "people/password_new.html"
    success_url = reverse_lazy("login")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        end_sessions(form.user)
        messages.success(self.request, _("Your new password is set. Log in with it."))
        return answer


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everybody's own front page."""
    if not request.user.is_authenticated:
        return redirect("login")
    return redirect("desk:queue" if request.user.is_agent else "portal:home")


@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Ask for an account with an address at an allowed domain."""
    if not accounts.may_sign_up():
        raise Http404
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        accounts.sign_up(form.cleaned_data["email"], language=translation.get_language() or "en")
        return render(request, "people/sign_up_sent.html", {"email": form.cleaned_data["email"]})
    return render(request, "people/sign_up.html", {"form": form}, status=422 if form.errors else 200)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, secret: str) -> HttpResponse:
    """Make the account that a mailed link promises."""
    invitation = accounts.find_invitation(secret)
    if invitation is None:
        return render(request, "people/accept_gone.html", status=410)
    form = AcceptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = accounts.accept(
                invitation, name=form.cleaned_data["name"], password=form.cleaned_data["password"],
                language=translation.get_language() or "en", time_zone=default_time_zone(),
            )  # fmt: skip
        except ValidationError as error:
            form.add_error("password", error)
        except ValueError:
            return render(request, "people/accept_gone.html", status=410)
        else:
            login(request, user, "servicedesk.people.auth.Backend")
            return redirect("home")
    context = {"form": form, "invitation": invitation}
    return render(request, "people/accept.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language, zone, theme."""
    user: Any = request.user
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(form.instance.language):
            messages.success(request, _("Saved."))
        return redirect("profile")
    if form.errors:
        user.refresh_from_db()  # the frame shows who somebody is, not who they typed
    return render(request, "people/profile.html", {"form": form, "tab": "profile"}, status=422 if form.errors else 200)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark; the switch calls this."""
    user: Any = request.user
    value = request.POST.get("theme", "")
    if not user.is_authenticated:
        return HttpResponse(status=204)
    if value not in ("auto", "light", "dark"):
        return HttpResponse(status=422)
    user.theme = value
    user.save(update_fields=["theme"])
    return HttpResponse(status=204)


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change one's password; every other session ends."""
    user: Any = request.user
    form = PasswordChangeForm(user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, user)
        end_sessions(user, keep=request.session.session_key)
        messages.success(request, _("Your password is changed. Other devices have to log in again."))
        return redirect("sessions")
    context = {"form": form, "tab": "password"}
    return render(request, "people/password.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Where one is logged in."""
    user: Any = request.user
    rows = UserSession.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-started_at")[:50]
    context = {"sessions": rows, "own": request.session.session_key, "tab": "sessions"}
    return render(request, "people/sessions.html", context)


@login_required
@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else."""
    user: Any = request.user
    count = end_sessions(user, keep=request.session.session_key)
    messages.success(request, _("Signed out on %(n)d other devices.") % {"n": count})
    return redirect("sessions")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """One's API tokens. A new one's key is shown in this answer only."""
    user: Any = request.user
    form = TokenForm(request.POST if request.method == "POST" else None, user=user)
    key = ""
    if request.method == "POST" and form.is_valid():
        _token, key = ApiToken.issue(user, form.cleaned_data["name"])
        form = TokenForm(user=user)
    rows = ApiToken.objects.filter(user=user).order_by("revoked_at", "-created_at")[:50]
    context = {"form": form, "key": key, "tokens": rows, "tab": "tokens"}
    return render(request, "people/tokens.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    user: Any = request.user
    token = get_object_or_404(ApiToken, pk=pk, user=user, revoked_at=None)
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect("tokens")


@login_required
@require_http_methods(["GET", "POST"])
def absences(request: HttpRequest) -> HttpResponse:
    """When one is away, and who decides meanwhile."""
    user: Any = request.user
    form = AbsenceForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Noted. Approvals go to your deputy meanwhile."))
        return redirect("absences")
    rows = Absence.objects.filter(user=user, last_day__gte=timezone.localdate()).select_related("deputy")[:50]
    context = {"form": form, "absences": rows, "tab": "absences"}
    return render(request, "people/absences.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def absence_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an absence back, or end it today."""
    user: Any = request.user
    get_object_or_404(Absence, pk=pk, user=user).delete()
    messages.success(request, _("You are back."))
    return redirect("absences")
