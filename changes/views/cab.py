"""Meetings of the change advisory board: planning them, and leading one from the keyboard."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from servicedesk.desk.guard import agents_only, refused
from servicedesk.people import access
from servicedesk.people.models import User
from servicedesk.tickets.errors import Invalid, OperationError

from .. import cab, collisions, windows
from ..forms import MeetingForm
from ..models import AgendaItem, ChangeSettings, Meeting
from ..models.cab import Choice, MeetingState
from ..showing import LEVEL_CHIP


@agents_only
@require_safe
def meetings(request: HttpRequest) -> HttpResponse:
    """Those to come and those that were."""
    rows = Meeting.objects.select_related("chair").annotate(n=Count("items"))
    context = {
        "coming": rows.filter(state=MeetingState.PLANNED).order_by("starts_at")[:50],
        "past": rows.exclude(state=MeetingState.PLANNED).order_by("-starts_at")[:50],
        "may_lead": cab.may_lead(request.user), "current": "changes",
    }  # fmt: skip
    return render(request, "changes/meetings.html", context)


@agents_only
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Plan a meeting, or change one that is planned."""
    user: Any = request.user
    meeting = get_object_or_404(Meeting, pk=pk) if pk is not None else None
    if not cab.may_lead(user, meeting):
        raise access.Forbidden(_("Change managers, admins and the chair do this."))
    zone = zoneinfo.ZoneInfo(user.time_zone)
    if meeting is not None:
        initial: dict[str, Any] = {
            "title": meeting.title, "place": meeting.place, "members": list(meeting.members.all()),
            "starts_at": meeting.starts_at.astimezone(zone).replace(tzinfo=None),
            "ends_at": meeting.ends_at.astimezone(zone).replace(tzinfo=None),
        }  # fmt: skip
    else:
        board = ChangeSettings.get().board
        members = User.objects.filter(memberships__team=board, is_active=True) if board is not None else []
        initial = {"title": _("Change advisory board"), "members": list(members)}
    form = MeetingForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            for name in ("starts_at", "ends_at"):
                values[name] = windows.instant(values[name], zone, name)
            made = cab.plan(actor=user, meeting=meeting, chair=meeting.chair if meeting else user, **values)
            return redirect("changes:meeting", made.pk)
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    context = {"form": form, "meeting": meeting, "current": "changes", "zone": zone.key}
    return render(request, "changes/meeting_form.html", context, status=422 if form.errors else 200)


def _item_context(item: AgendaItem, meeting: Meeting, members: list[User], user: Any, text: str = "") -> dict[str, Any]:
    votes = {vote.member_id: vote.choice for vote in item.votes.all()}
    rows = [
        {
            "member": member, "choice": votes.get(member.pk, ""), "asked": member.pk in item.asked,  # type: ignore[attr-defined]
            "own": member.pk in (item.change.raised_by_id, item.change.assignee_id),
            "open": cab.may_lead(user, meeting) or member.pk == user.pk,
        }
        for member in members
    ]  # fmt: skip
    return {
        "item": item, "meeting": meeting, "rows": rows, "change": item.change, "choices": Choice.choices, "text": text,
        "window": windows.words(item.change.window, item.change.zone), "level_chip": LEVEL_CHIP.get(item.change.risk_level, ""),
        "collisions": collisions.of(item.change, user), "leads": cab.may_lead(user, meeting),
        "open": meeting.state == MeetingState.PLANNED and item.applied_at is None,
    }  # fmt: skip


def _meeting(pk: int) -> Meeting:
    return get_object_or_404(Meeting.objects.select_related("chair"), pk=pk)


@agents_only
@require_safe
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """Agenda, votes and minutes on one screen."""
    row = _meeting(pk)
    members = list(row.members.order_by("name"))
    items = [_item_context(item, row, members, request.user) for item in cab.agenda(row, request.user)]
    context = {
        "meeting": row, "members": members, "items": items, "leads": cab.may_lead(request.user, row), "current": "changes",
        "planned": row.state == MeetingState.PLANNED,
    }  # fmt: skip
    return render(request, "changes/meeting.html", context)


@agents_only
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """What is done with the whole meeting."""
    row = _meeting(pk)
    here = reverse("changes:meeting", args=[pk])
    try:
        match request.POST.get("do", ""):
            case "draw":
                if not cab.may_lead(request.user, row):
                    raise access.Forbidden(_("Change managers, admins and the chair do this."))
                n = cab.draw(row, actor=request.user)
                messages.success(request, _("%(n)d changes were added.") % {"n": n})
            case "end":
                cab.end(row, actor=request.user, minutes=request.POST.get("minutes", ""))
                messages.success(request, _("The meeting is over."))
            case "cancel":
                cab.cancel(row, actor=request.user)
                messages.success(request, _("Cancelled; the members are told."))
            case _:
                raise Http404
    except OperationError as error:
        return refused(request, error, here)
    return redirect(here)


@agents_only
@require_POST
def item(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """A vote, a note, or the result of one change; answers with its part of the screen."""
    row = _meeting(pk)
    user: Any = request.user
    found = next((one for one in cab.agenda(row, user) if one.pk == item_pk), None)
    if found is None:
        raise Http404
    text = ""
    try:
        if "vote" in request.POST:
            member, _colon, choice = request.POST["vote"].partition(":")
            who = row.members.filter(pk=int(member)).first() if member.isdigit() and len(member) < 18 else None
            if who is None:
                raise Invalid({"member": _("This is no member of the meeting.")})
            cab.vote(found, member=who, choice=choice, actor=user)
        if "minutes" in request.POST and cab.may_lead(user, row) and request.POST["minutes"] != found.minutes:
            cab.note(found, text=request.POST["minutes"], actor=user)
        if request.POST.get("do") == "apply":
            text = cab.apply(found, actor=user)
    except OperationError as error:
        return refused(request, error, reverse("changes:meeting", args=[pk]))
    if not request.headers.get("HX-Request"):
        return redirect("changes:meeting", pk)
    row.refresh_from_db()
    fresh = next(one for one in cab.agenda(row, user) if one.pk == item_pk)
    members = list(row.members.order_by("name"))
    return render(request, "changes/meeting_item.html", _item_context(fresh, row, members, user, text))
