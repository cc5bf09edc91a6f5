"""What waits for one's approval, and deciding: logged in, or by the link in a mail."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from servicedesk.people.models import User
from servicedesk.tickets.errors import Invalid, OperationError

from . import operations
from .forms import DecisionForm, DelegateForm
from .links import find_by_token
from .models import Answer, Approver, Via
from .operations import with_people
from .process import approvable_of

RELATED = ("step__approval__ticket__requester", "user", "in_place_of", "step__approval__asked_by")
ANSWERED_SHOWN = 30


def asked_of(user: Any) -> Any:
    """What waits for this person, oldest first."""
    rows = Approver.objects.filter(user=user, answer=Answer.ASKED).select_related(*RELATED)
    return rows.order_by("asked_at", "pk")


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What waits for me, and what I answered lately."""
    user: Any = request.user
    waiting = list(asked_of(user)[:100])
    answered = Approver.objects.filter(user=user, answer__in=["approved", "rejected", "delegated"])
    answered = answered.select_related(*RELATED).order_by("-answered_at")[:ANSWERED_SHOWN]
    context = {"waiting": waiting, "answered": answered, "current": "approvals"}
    return render(request, "approvals/mine.html", context)


def _find(user: Any, pk: int) -> Approver:
    return get_object_or_404(Approver.objects.select_related(*RELATED), pk=pk, user=user)


def _context(approver: Approver, **more: Any) -> dict[str, Any]:
    ticket = approver.step.approval.ticket
    side = approvable_of(ticket)
    shown = [approval for approval in with_people(ticket) if approval.pk == approver.step.approval_id]
    open_ = approver.answer == Answer.ASKED and approver.step.state == "asking"
    return {
        "approver": approver, "ticket": ticket, "open": open_, "approvals": shown, "details_template": side.template,
        "current": "approvals", **side.details(ticket), **more,
    }  # fmt: skip


def _decide(request: HttpRequest, approver: Approver, form: DecisionForm, *, actor: Any, via: str) -> bool:
    """Take the decision of the button that was pressed; False with the form's errors set."""
    verdict = request.POST.get("verdict")
    if verdict not in ("approve", "reject"):
        form.add_error(None, _("Choose to approve or to reject."))
        return False
    try:
        operations.decide(
            approver, actor=actor, approve=verdict == "approve", comment=form.cleaned_data["comment"], via=via
        )
    except Invalid as error:
        form.add_refusal(error)
    except OperationError as error:
        form.add_error(None, error.message)
    return not form.errors


@login_required
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """What is asked, and the two buttons."""
    user: Any = request.user
    approver = _find(user, pk)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        via = Via.DESK if user.is_agent else Via.PORTAL
        if _decide(request, approver, form, actor=user, via=via):
            messages.success(request, _("Thank you. Your decision is recorded."))
            return redirect("approvals:mine")
        approver = _find(user, pk)
    context = _context(approver, form=form, delegate=DelegateForm())
    return render(request, "approvals/one.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def delegate(request: HttpRequest, pk: int) -> HttpResponse:
    """Pass it on."""
    user: Any = request.user
    approver = _find(user, pk)
    form = DelegateForm(request.POST)
    if form.is_valid():
        to = User.objects.filter(email__iexact=form.cleaned_data["to"], is_active=True).first()
        try:
            if to is None:
                raise Invalid({"to": _("Nobody here has this address.")})
            operations.delegate(approver, actor=user, to=to, comment=form.cleaned_data["comment"])
            messages.success(request, _("%(name)s is asked instead of you.") % {"name": to.name})
            return redirect("approvals:mine")
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    context = _context(_find(user, pk), form=DecisionForm(), delegate=form)
    return render(request, "approvals/one.html", context, status=422)


@never_cache
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """The link in a mail: shows the request first; only the button decides. No login, and good once.

    Whoever holds the link stands for the person it was mailed to, for this one decision.
    """
    if len(token) > 300:
        raise Http404
    approver, current = find_by_token(token)
    if approver is None:
        return render(request, "approvals/link_gone.html", {"base": "portal/base.html"}, status=410)
    person = approver.user
    with translation.override(person.language), timezone.override(person.time_zone):
        if not person.is_active:
            reason = _("The account this mail was sent to is not active any more.")
            return render(
                request, "approvals/link_gone.html", {"reason": reason, "base": "portal/base.html"}, status=410
            )
        form = DecisionForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            if not current:
                form.add_error(None, _("This link was used already, or a newer one was sent."))
            elif _decide(request, approver, form, actor=person, via=Via.MAIL):
                return redirect(request.path)
        approver = Approver.objects.select_related(*RELATED).get(pk=approver.pk)
        context: dict[str, Any] = _context(approver, form=form, by_link=True, base="portal/base.html")
        context["open"] = bool(context["open"]) and current
        response = render(request, "approvals/one.html", context, status=422 if form.errors else 200)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
