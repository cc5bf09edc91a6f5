"""Articles beside a ticket: looking for one, putting it into a reply, saying that it solved it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.desk.guard import agents_only, find_ticket, refused
from servicedesk.people import access
from servicedesk.text import asked
from servicedesk.tickets.errors import NotAllowedNow, OperationError

from .. import uses
from ..beside import context, readable_by_requester
from ..models import Article
from ..rendering import outside


@agents_only
@require_safe
def articles(request: HttpRequest, number: str) -> HttpResponse:
    """The part beside the ticket, for what an agent typed."""
    ticket = find_ticket(request.user, number)
    words = asked(request.GET.get("q"))
    return render(request, "knowledge/beside.html", context(ticket, request.user, words))


@agents_only
@require_POST
def use(request: HttpRequest, number: str) -> HttpResponse:
    """``how``: link or text gives what goes into the message; solved and drop change the list.

    What the requester may not read goes into notes only (``kind``).
    """
    user: Any = request.user
    ticket = find_ticket(user, number)
    article = get_object_or_404(
        access.readable(user, Article.objects.all()), number=request.POST.get("article", "")[:20]
    )
    how = request.POST.get("how", "")
    try:
        if how in ("link", "text"):
            public = request.POST.get("kind") == "reply"
            if public and not readable_by_requester(ticket).filter(pk=article.pk).exists():
                raise NotAllowedNow(
                    _("%(number)s is not for the requester to read. Put it into a note.") % {"number": article.number}
                )
            uses.use(article, ticket, actor=user)
            return JsonResponse({"text": text_for(article, how)})
        if how == "solved":
            uses.use(article, ticket, actor=user, solved=True)
        elif how == "drop":
            uses.take_back(article, ticket, actor=user)
        else:
            raise Http404
    except OperationError as error:
        if how in ("link", "text"):
            return JsonResponse({"detail": error.message}, status=error.status)
        return refused(request, error, reverse("desk:ticket", args=[number]))
    if not request.headers.get("HX-Request"):
        return redirect("desk:ticket", number)
    return render(request, "knowledge/beside.html", context(ticket, user))


def text_for(article: Article, how: str) -> str:
    """What goes into a message: a link with the title, or the article itself."""
    url = settings.SITE_URL + reverse("knowledge:article", args=[article.number])
    if how == "link":
        return f"[{article.title}]({url})"
    return f"**{article.title}**\n\n{outside(article.body, settings.SITE_URL)}"
