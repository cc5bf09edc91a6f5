"""The help centre: read by customers, and where articles are public by everybody."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.people import access
from servicedesk.text import asked
from servicedesk.tickets import registry
from servicedesk.tickets.errors import Invalid, OperationError

from .. import operations, uses
from ..beside import LIKELY
from ..forms import FeedbackForm
from ..front import LINE, most_read
from ..languages import LANGUAGES
from ..models import Article, Category, Feedback, Image
from ..models.use import Where
from ..rendering import render as to_html
from ..search import finding

SHELF = 200
SUGGESTED = 4
#: An article is offered to somebody who types only when it answers so much of what they typed.
SURE = 0.4


def language_of(request: HttpRequest) -> str:
    """The reader's language: of their profile, or of their browser."""
    user: Any = request.user
    return (getattr(user, "language", "") or get_language() or "en")[:2]


def find_article(user: Any, number: str) -> Article:
    """The article with this number if ``user`` may read it; raises Http404."""
    if len(number) > 20 or "\x00" in number:
        raise Http404
    rows = access.readable(user, Article.objects.select_related("category", "live", "translation_of"))
    return get_object_or_404(rows, number=number.upper())


def successor(user: Any, number: str) -> Article | None:
    """Where the readers of a retired article go: the first readable one of those that replaced it."""
    row = Article.objects.filter(number=number.upper()[:20], state="retired").select_related("replaced_by").first()
    seen: set[int] = set()
    while row is not None and row.replaced_by is not None and row.pk not in seen:
        seen.add(row.pk)
        row = row.replaced_by
        if access.readable(user, Article.objects.filter(pk=row.pk)).exists():
            return row
    return None


def reports() -> list[Any]:
    """The forms behind *still need help?*."""
    return [process for process in registry.all_processes() if process.report_url]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Search, shelves, what helps most, what is new."""
    mine = access.readable(request.user, Article.objects.all())
    language = language_of(request)
    # An article and its translations are one thing to read.
    readable = mine.order_by().filter(category__is_active=True).annotate(family=Coalesce("translation_of", "pk"))
    counts = dict(readable.values("category").annotate(n=Count("family", distinct=True)).values_list("category", "n"))
    shelves = list(Category.objects.filter(pk__in=counts))
    for shelf in shelves:
        shelf.n = counts[shelf.pk]  # type: ignore[attr-defined]
    newest = finding.in_language(mine.only(*LINE, "published_at"), language).order_by("-published_at", "-pk")
    context = {
        "shelves": shelves, "most": most_read(request.user, 6), "current": "help",
        "newest": finding.one_language(list(newest[:12]), language)[:6],
    }  # fmt: skip
    return render(request, "knowledge/help.html", context)


@require_safe
def shelf(request: HttpRequest, pk: int) -> HttpResponse:
    """The articles of one category."""
    row = get_object_or_404(Category, pk=pk, is_active=True)
    rows = access.readable(request.user, Article.objects.filter(category=row)).only(*LINE)
    rows = finding.in_language(rows, language_of(request))
    articles = finding.one_language(list(rows.order_by("title", "pk")[:SHELF]), language_of(request))
    if not articles:
        raise Http404
    return render(request, "knowledge/shelf.html", {"shelf": row, "articles": articles, "current": "help"})


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What a question finds; what finds nothing is kept for authors."""
    words = asked(request.GET.get("q"))
    if not words:
        return redirect("knowledge:help")
    found = finding.find(request.user, words, limit=finding.MOST)
    finding.remember(words, len(found.articles), language_of(request))
    context = {"words": words, "found": found, "reports": reports(), "current": "help"}
    return render(request, "knowledge/search.html", context)


def _also(user: Any, article: Article, family: int) -> list[Any]:
    """Others about the same, but for its own translations."""
    found = finding.find(user, article.title, limit=4, highlight=False).articles
    return [other for other in found if (other.translation_of_id or other.pk) != family][:3]


@require_safe
def article(request: HttpRequest, number: str) -> HttpResponse:
    """One article, with feedback and the way on to the desk."""
    try:
        row = find_article(request.user, number)
    except Http404:
        other = successor(request.user, number)
        if other is None:
            raise
        messages.info(request, _("%(number)s was replaced by this article.") % {"number": number.upper()})
        return redirect("knowledge:article", other.number)
    operations.viewed(row)
    user: Any = request.user
    mine = None
    if user.is_authenticated:
        mine = Feedback.objects.filter(article=row, user=user).first()
    family = row.translation_of_id or row.pk
    related = Article.objects.filter(Q(translation_of=family) | Q(pk=family))
    others = access.readable(user, related).only("number", "language")
    words = asked(request.GET.get("q"))
    context = {
        "article": row, "text": to_html(row.body), "mine": mine, "form": FeedbackForm(), "words": words,
        "others": [(other, LANGUAGES[other.language][0]) for other in others.exclude(pk=row.pk).order_by("language")[:20]],
        "also": _also(user, row, family), "reports": reports(), "current": "help",
    }  # fmt: skip
    return render(request, "knowledge/article.html", context)


def _visitor(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        return ""
    if request.session.session_key is None:
        request.session.create()
    return str(request.session.session_key or "")


@require_POST
def feedback(request: HttpRequest, number: str) -> HttpResponse:
    """Helped or not, and what is missing."""
    row = find_article(request.user, number)
    form = FeedbackForm(request.POST)
    here = reverse("knowledge:article", args=[row.number])
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect(here + "#feedback")
    try:
        uses.feedback(row, user=request.user, visitor=_visitor(request), **form.cleaned_data)
        messages.success(request, _("Thank you. The authors read it."))
    except OperationError as error:
        messages.error(request, error.message)
    return redirect(here + "#feedback")


@require_POST
def solved(request: HttpRequest, number: str) -> HttpResponse:
    """*This solved it*: nothing needs to be sent."""
    row = find_article(request.user, number)
    where = request.POST.get("where", Where.SEARCH)
    if not request.user.is_authenticated:
        # Who has no account counts once for each article while their browser remembers.
        known = request.session.get("solved_with", [])
        if row.number in known:
            return redirect("knowledge:thanks")
        request.session["solved_with"] = [*known, row.number][-50:]
    try:
        uses.deflect(row, user=request.user, where=where, words=request.POST.get("words", ""))
    except Invalid as error:
        messages.error(request, error.message)
        return redirect("knowledge:article", row.number)
    return redirect("knowledge:thanks")


@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """Nothing was sent, because nothing had to be."""
    return render(request, "knowledge/thanks.html", {"current": "help"})


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Articles and known errors for what somebody is typing; a part of a page."""
    words = asked(request.GET.get("q"))
    where = request.GET.get("where", "")
    rows: list[Any] = []
    if len(words) >= 3:
        rows = finding.find(
            request.user,
            words,
            limit=2 if where == Where.REQUEST else SUGGESTED,
            highlight=False,
            least=LIKELY if where == "desk" else SURE,
        ).articles
    texts = dict(Article.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "body"))
    shown = [(row, to_html(texts[row.pk])) for row in rows]
    context = {
        "rows": shown,
        "words": words,
        "where": where if where in Where.values else Where.REPORT,
        "desk": where == "desk",
    }
    return render(request, "knowledge/suggested.html", context)


@require_safe
def image(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A picture of an article that one may read; of a draft for the people of the service desk."""
    user: Any = request.user
    row = get_object_or_404(Image.objects.select_related("article"), pk=pk)
    if not (user.is_authenticated and user.is_active and user.is_agent):
        if not access.readable(user, Article.objects.filter(pk=row.article_id)).exists():
            raise Http404
    try:
        file = row.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, filename=row.name, content_type=row.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=86400"
    return response
