"""What authors should know: what was searched in vain, what readers miss, what knowledge saves."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from servicedesk.desk.guard import agents_only

from .. import uses
from ..models import Article, Deflection, Feedback, SearchedFor
from ..search.finding import in_vain as searched_in_vain

PAGE = 50


def _pk(request: HttpRequest) -> int:
    raw = request.POST.get("pk", "")
    if not raw.isdigit() or len(raw) > 17:
        raise Http404
    return int(raw)


@agents_only
@require_http_methods(["GET", "POST"])
def in_vain(request: HttpRequest) -> HttpResponse:
    """Questions that found nothing; done with one, it is gone until it is asked in vain again."""
    if request.method == "POST":
        SearchedFor.objects.filter(pk=_pk(request)).update(done_at=timezone.now())
        return redirect("knowledge:in_vain")
    context = {"rows": searched_in_vain(), "current": "knowledge", "tab": "in_vain"}
    return render(request, "knowledge/in_vain.html", context)


@agents_only
@require_http_methods(["GET", "POST"])
def comments(request: HttpRequest) -> HttpResponse:
    """What readers wrote, unread first."""
    if request.method == "POST":
        Feedback.objects.filter(pk=_pk(request)).update(seen_at=timezone.now())
        return redirect("knowledge:comments")
    rows = Feedback.objects.exclude(comment="").select_related("article", "user")
    page = Paginator(rows.order_by(F("seen_at").desc(nulls_first=True), "-at"), PAGE).get_page(request.GET.get("page"))
    return render(request, "knowledge/comments.html", {"page": page, "current": "knowledge", "tab": "comments"})


@agents_only
@require_safe
def measures(request: HttpRequest) -> HttpResponse:
    """Deflections and their rate, and the articles that do most."""
    best = Article.objects.filter(live__isnull=False).defer("body", "search", "words")
    context = {
        "spans": [uses.measures(days) for days in (7, 30, 90)],
        "best": best.filter(deflected__gt=0).order_by("-deflected", "-views")[:15],
        "worst": best.filter(not_helped__gt=0).order_by(F("helped") - F("not_helped"), "-views")[:10],
        "latest": Deflection.objects.select_related("article")[:15], "current": "knowledge", "tab": "measures",
    }  # fmt: skip
    return render(request, "knowledge/measures.html", context)
