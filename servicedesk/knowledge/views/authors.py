"""For those who write: the library, one article with what can be done, its history."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from servicedesk.desk.guard import agents_only, refused
from servicedesk.people import access
from servicedesk.text import asked
from servicedesk.tickets.errors import Invalid, OperationError
from servicedesk.tickets.models import Ticket

from .. import operations
from ..differences import side_by_side
from ..forms import ReasonForm, RetireForm
from ..languages import LANGUAGES
from ..models import Article, Category, State, Version
from ..reminding import due
from ..rendering import render as to_html
from ..search import finding
from ..words import describe

PAGE = 50
#: the views of the library: slug → words
SHOWN = {
    "": gettext_lazy("All"), "mine": gettext_lazy("Mine"), "draft": gettext_lazy("Drafts"),
    "review": gettext_lazy("In review"), "published": gettext_lazy("Published"), "due": gettext_lazy("To look at again"),
    "retired": gettext_lazy("Retired"),
}  # fmt: skip


def find_article(number: str) -> Article:
    """The article with this number, whatever its state; raises Http404."""
    if len(number) > 20 or "\x00" in number:
        raise Http404
    rows = Article.objects.select_related("category", "owner", "live", "translation_of", "replaced_by", "created_by")
    return get_object_or_404(rows, number=number.upper())


def source_of(article: Article, user: Any) -> Ticket | None:
    """The ticket it was written from, if ``user`` sees it."""
    return access.visible(user, Ticket.objects.filter(pk=article.source_id)).first() if article.source_id else None


@agents_only
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Every article, narrowed by state, category, language and words."""
    user: Any = request.user
    rows = Article.objects.select_related("category", "owner").defer("body", "search", "words")
    shown = request.GET.get("show", "")
    if shown == "mine":
        rows = rows.filter(owner=user).exclude(state=State.RETIRED)
    elif shown == "due":
        rows = rows.filter(due(timezone.localdate()))
    elif shown in State.values:
        rows = rows.filter(state=shown)
    else:
        shown = ""
    category = request.GET.get("category", "")
    if category.isdigit() and len(category) < 18:
        rows = rows.filter(category=int(category))
    language = request.GET.get("language", "")
    if language in LANGUAGES:
        rows = rows.filter(language=language)
    words = asked(request.GET.get("q"))
    if words:
        # What is published by its words, the rest by its title.
        found = [row.pk for row in finding.find(user, words, limit=100, highlight=False).articles]
        rows = rows.filter(Q(pk__in=found) | Q(title__icontains=words) | Q(number__iexact=words))
    page = Paginator(rows.order_by("-updated_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "shown": shown, "views": SHOWN.items(), "words": words, "category": category, "chosen_language": language,
        "categories": Category.objects.all(), "languages": LANGUAGES.items(), "current": "knowledge", "tab": "articles",
        "waiting": Article.objects.filter(state=State.REVIEW).count(),
        "due": Article.objects.filter(due(timezone.localdate())).count(), "today": timezone.localdate(),
    }  # fmt: skip
    return render(request, "knowledge/library.html", context)


@agents_only
@require_safe
def article(request: HttpRequest, number: str) -> HttpResponse:
    """The newest text, what stands about it, and what can be done."""
    row = find_article(number)
    user: Any = request.user
    newest = Version.objects.select_related("author").get(article=row, number=row.latest)
    context = {
        "article": row, "newest": newest, "text": to_html(newest.body), "current": "knowledge",
        "organisations": list(row.organisations.all()), "may_publish": access.may_publish(user, row.audience),
        "events": [(event, describe(event)) for event in row.events.select_related("actor")[:30]],
        "tongue": LANGUAGES[row.language][0], "source": source_of(row, user), "today": timezone.localdate(),
        "translations": list(row.translations.only("number", "title", "language")[:20]),
        "comments": row.feedback.exclude(comment="").select_related("user")[:20],
        "uses": access.visible(user, row.uses.select_related("ticket").order_by("-at"), "ticket__")[:20],
    }  # fmt: skip
    return render(request, "knowledge/author.html", context)


@agents_only
@require_safe
def history(request: HttpRequest, number: str) -> HttpResponse:
    """The versions, and two of them side by side."""
    row = find_article(number)
    versions = list(row.versions.select_related("author")[:200])

    def chosen(name: str, default: int) -> Version:
        raw = request.GET.get(name, "")
        wanted = int(raw) if raw.isdigit() and len(raw) < 9 else default
        return get_object_or_404(Version, article=row, number=wanted)

    right = chosen("right", row.latest)
    left = chosen("left", max(1, right.number - 1))
    names = [
        ("title", _("Title")),
        ("summary", _("Summary")),
        ("keywords", _("Other words for it")),
        ("body", _("Text")),
    ]
    parts = [
        (label, side_by_side(getattr(left, name), getattr(right, name)))
        for name, label in names if getattr(left, name) != getattr(right, name)
    ]  # fmt: skip
    context = {
        "article": row,
        "versions": versions,
        "left": left,
        "right": right,
        "parts": parts,
        "current": "knowledge",
    }
    return render(request, "knowledge/history.html", context)


@agents_only
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """What is done with an article; sending back and retiring ask why."""
    row = find_article(number)
    if name in ("send_back", "retire"):
        return _ask(request, row, name)
    if request.method != "POST":
        raise Http404
    here = reverse("knowledge:author", args=[row.number])
    user: Any = request.user
    try:
        match name:
            case "submit":
                operations.submit(row, actor=user)
                text = _("Put forward for review.")
            case "publish":
                operations.publish(row, actor=user)
                text = _("Published.")
            case "discard":
                operations.discard(row, actor=user)
                text = _("The changes were dropped; they stay in the history.")
            case "reviewed":
                operations.reviewed(row, actor=user)
                text = _("Good for another year.")
            case "bring_back":
                operations.bring_back(row, actor=user)
                text = _("It is a draft again.")
            case "restore":
                raw = request.POST.get("version", "")
                operations.restore(row, actor=user, number=int(raw) if raw.isdigit() and len(raw) < 9 else 0)
                text = _("Restored as the newest draft.")
            case _:
                raise Http404
    except OperationError as error:
        return refused(request, error, here)
    messages.success(request, text)
    return redirect(here)


def _ask(request: HttpRequest, row: Article, name: str) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form: Any = ReasonForm(data) if name == "send_back" else RetireForm(data)
    if form.is_bound and form.is_valid():
        try:
            operation = operations.send_back if name == "send_back" else operations.retire
            operation(row, actor=request.user, **form.cleaned_data)  # type: ignore[operator]
            messages.success(request, _("Sent back.") if name == "send_back" else _("Retired."))
            return redirect("knowledge:author", row.number)
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
    title = _("Send it back") if name == "send_back" else _("Retire this article")
    context = {"article": row, "form": form, "title": title, "current": "knowledge"}
    return render(request, "knowledge/ask.html", context, status=422 if form.errors else 200)
