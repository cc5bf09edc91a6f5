"""What customers see: one question, their tickets, and one ticket."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from servicedesk.people import access
from servicedesk.services.models import Service
from servicedesk.sla.display import promises_of
from servicedesk.text import asked
from servicedesk.tickets import operations, registry
from servicedesk.tickets.errors import Invalid, OperationError
from servicedesk.tickets.models import DeskSettings, Ticket
from servicedesk.tickets.search import search
from servicedesk.tickets.timeline import talk

from .forms import AnswerForm, ReasonForm
from .front import fronts

ON_THE_FRONT = 5
PAGE = 20
ROW_FIELDS = (
    "number", "kind", "title", "status", "status_category", "activity_at", "opened_at", "requester_id",
    "requester__name", "requester__email", "assignee__name", "assignee__email",
)  # fmt: skip


def greeting() -> str:
    """By the viewer's clock."""
    hour = timezone.localtime().hour
    if 4 <= hour < 12:
        return _("Good morning")
    return _("Good afternoon") if hour < 18 else _("Good evening")


def rows_of(user: Any) -> Any:
    """The tickets of the customer's lists, newest activity first."""
    rows = access.visible(user, Ticket.objects.all()).select_related("requester", "assignee").only(*ROW_FIELDS)
    return rows.order_by("-activity_at", "-pk")


def find_ticket(user: Any, number: str) -> Ticket:
    """The ticket with this number if ``user`` may see it; raises Http404."""
    if len(number) > 40:
        raise Http404
    rows = access.visible(user, Ticket.objects.defer("search"))
    return get_object_or_404(
        rows.select_related("requester__organisation", "assignee", "service", "organisation"), number=number.upper()
    )


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """One question first."""
    user: Any = request.user
    context = {
        "greeting": greeting(),
        "reports": [process for process in registry.all_processes() if process.report_url],
        "mine": rows_of(user).filter(requester=user)[:ON_THE_FRONT],
        "status_line": DeskSettings.get().status_line,
        "majors": access.visible(user, Ticket.objects.filter(is_major=True, status_category__in=["open", "waiting"]))[
            :3
        ],
        "fronts": [(front.home_template, front.home(user)) for front in fronts() if front.home_template],
    }
    return render(request, "portal/home.html", context)


@login_required
@require_safe
def tickets(request: HttpRequest) -> HttpResponse:
    """My tickets, or the organisation's where its members may see each other's."""
    user: Any = request.user
    shared = bool(user.organisation_id and user.organisation.shared_tickets)
    whose = "organisation" if shared and request.GET.get("whose") == "organisation" else "mine"
    rows = rows_of(user)
    rows = rows.filter(organisation=user.organisation_id) if whose == "organisation" else rows.filter(requester=user)
    state = request.GET.get("state", "")
    if state == "open":
        rows = rows.filter(status_category__in=["open", "waiting", "resolved"])
    elif state == "closed":
        rows = rows.filter(status_category="closed")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "whose": whose, "shared": shared, "state": state, "current": "tickets"}
    return render(request, "portal/tickets.html", context)


@login_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """What was typed into the front page's question: services it may be about, and one's own tickets."""
    words = asked(request.GET.get("q"))
    if not words:
        return redirect("portal:home")
    found = Service.objects.filter(is_active=True, name__icontains=words)[:6]
    context = {
        "words": words, "services": found, "hits": search(request.user, words, limit=10),
        "fronts": [(front.find_template, front.find(request.user, words)) for front in fronts() if front.find_template],
        "reports": [process for process in registry.all_processes() if process.report_url],
    }  # fmt: skip
    return render(request, "portal/find.html", context)


def _page(request: HttpRequest, ticket: Ticket, form: Any, status: int = 200) -> HttpResponse:
    user: Any = request.user
    steps = {step.slug: step for step in ticket.process.lifecycle.open_to(request.user, ticket)}
    context = {
        "ticket": ticket, "talk": talk(ticket, viewer=user), "form": form,
        "may": {slug: slug in steps for slug in ("confirm", "reopen", "withdraw")},
        "watching": ticket.watchers.filter(user=user).exists(),
        "is_mine": ticket.requester_id == request.user.pk, "promises": promises_of(ticket),
        "panel": ticket.process.customer_panel, **ticket.process.customer_context(ticket, user),
    }  # fmt: skip
    return render(request, "portal/ticket.html", context, status=status)


@login_required
@require_safe
def ticket_page(request: HttpRequest, number: str) -> HttpResponse:
    """What happens next, the conversation, and what one can do."""
    ticket = find_ticket(request.user, number)
    operations.mark_seen(ticket, actor=request.user)
    return _page(request, ticket, AnswerForm())


@login_required
@require_POST
def answer(request: HttpRequest, number: str) -> HttpResponse:
    """Write to the desk, with or without files."""
    ticket = find_ticket(request.user, number)
    form = AnswerForm(request.POST, request.FILES)
    if form.is_valid():
        body, files = form.cleaned_data["body"], form.cleaned_data["files"]
        try:
            if body.strip() or not files:
                operations.reply(ticket, actor=request.user, body=body, files=files, channel="portal")
            else:
                operations.attach(ticket, actor=request.user, files=files)
            messages.success(request, _("Sent. We will answer here and by e-mail."))
            return redirect("portal:ticket", number)
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    return _page(request, find_ticket(request.user, number), form, status=422)


@login_required
@require_POST
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    """It is solved."""
    ticket = find_ticket(request.user, number)
    try:
        operations.transition(ticket, "confirm", actor=request.user)
        messages.success(request, _("Good. The ticket is closed."))
    except OperationError as error:
        messages.error(request, error.message)
    return redirect("portal:ticket", number)


@login_required
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """Reopen or withdraw, with a reason."""
    ticket = find_ticket(request.user, number)
    if slug not in ("reopen", "withdraw"):
        raise Http404
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.transition(ticket, slug, actor=request.user, **form.cleaned_data)
            return redirect("portal:ticket", number)
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    context = {"ticket": ticket, "form": form, "slug": slug}
    return render(request, "portal/step.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def watch(request: HttpRequest, number: str) -> HttpResponse:
    """Follow a colleague's ticket, or stop."""
    ticket = find_ticket(request.user, number)
    try:
        if request.POST.get("stop"):
            operations.unwatch(ticket, actor=request.user)
        else:
            operations.watch(ticket, actor=request.user)
    except OperationError as error:
        messages.error(request, error.message)
    still = access.visible(request.user, Ticket.objects.filter(pk=ticket.pk)).exists()
    return redirect("portal:ticket", number) if still else redirect("portal:tickets")
