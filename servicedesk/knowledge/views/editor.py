"""Writing: a new article, a new version, pictures, and how it will look."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from servicedesk.desk.guard import agents_only, find_ticket
from servicedesk.tickets.errors import Conflict, Invalid, OperationError
from servicedesk.tickets.models import Ticket

from .. import operations
from ..beginnings import from_ticket
from ..differences import side_by_side
from ..forms import ArticleForm
from ..models import Article
from ..rendering import render as to_html
from .authors import find_article

LABELS = {"title": _("Title"), "summary": _("Summary"), "body": _("Text"), "keywords": _("Other words for it")}


def _with_images(body: str, images: list[Any]) -> str:
    shown = [f"![{image.name.rsplit('.', 1)[0]}](image:{image.pk})" for image in images]
    return "\n\n".join([body.rstrip(), *shown])


@agents_only
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin an article: empty, or from the resolution of the ticket that ``from`` names."""
    user: Any = request.user
    source: Ticket | None = None
    if named := request.GET.get("from", ""):
        source = find_ticket(user, named)
    initial: dict[str, Any] = {
        "language": user.language[:2] or "en", "owner": f"{user.name} <{user.email}>",
        "title": request.GET.get("title", "")[:200],
    }  # fmt: skip
    if source is not None:
        initial |= from_ticket(source)
    form = ArticleForm(request.POST if request.method == "POST" else None, request.FILES or None, initial=initial)
    if form.is_bound and form.is_valid():
        values = dict(form.cleaned_data)
        files = values.pop("files")
        for name in ("note", "base", "seen"):
            values.pop(name)
        try:
            row = operations.write(actor=user, source=source, **values)
        except Invalid as error:
            form.add_refusal(error)
        except OperationError as error:
            form.add_error(None, error.message)
        else:
            return _done(request, row, files)
    context = {"form": form, "source": source, "current": "knowledge", "is_new": True}
    return render(request, "knowledge/editor.html", context, status=422 if form.errors else 200)


def _done(request: HttpRequest, row: Article, files: list[Any]) -> HttpResponse:
    """The draft is kept; pictures that cannot be taken are named and lose nothing else."""
    if files:
        try:
            images = operations.add_images(row, actor=request.user, files=files)
            row = operations.edit(row, actor=request.user, body=_with_images(row.versions.first().body, images))  # type: ignore[union-attr]
        except OperationError as error:
            messages.error(request, error.message)
            return redirect("knowledge:edit", row.number)
    messages.success(request, _("Saved as a draft."))
    return redirect("knowledge:author", row.number)


@agents_only
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, number: str) -> HttpResponse:
    """Write a new version. What somebody else wrote meanwhile is shown beside one's own, and neither is lost."""
    row = find_article(number)
    newest = row.versions.get(number=row.latest)
    owner = row.owner
    initial = {
        **{name: getattr(newest, name) for name in operations.TEXTS}, "language": row.language, "category": row.category_id,
        "tags": ", ".join(row.tags), "audience": row.audience, "organisations": list(row.organisations.all()),
        "translation_of": row.translation_of.number if row.translation_of else "", "review_on": row.review_on,
        "owner": f"{owner.name} <{owner.email}>" if owner else "", "base": row.latest,
    }  # fmt: skip
    form = ArticleForm(request.POST if request.method == "POST" else None, request.FILES or None, initial=initial)
    conflict: list[tuple[Any, Any]] = []
    if form.is_bound and form.is_valid():
        values = form.touched()
        files = values.pop("files")
        try:
            if files:
                values["body"] = _with_images(
                    values["body"], operations.add_images(row, actor=request.user, files=files)
                )
            operations.edit(row, actor=request.user, **values)
            messages.success(request, _("Saved."))
            return redirect("knowledge:author", row.number)
        except Invalid as error:
            form.add_refusal(error)
        except Conflict as error:
            conflict = [
                (LABELS.get(name, name), side_by_side(theirs, error.yours[name]))
                for name, theirs in error.theirs.items()
            ]  # fmt: skip
            form.add_error(None, error.message)
        except OperationError as error:
            form.add_error(None, error.message)
    context = {
        "form": form, "article": row, "images": list(row.images.all()), "conflict": conflict, "current": "knowledge",
        "seen": form.data.get("seen", "") if form.is_bound else json.dumps(form.shown()),
        # The next save is on top of what was shown: nobody is asked twice about the same difference.
        "base": row.latest if conflict else form["base"].value(),
    }  # fmt: skip
    return render(request, "knowledge/editor.html", context, status=422 if form.errors else 200)


@agents_only
@require_POST
def images(request: HttpRequest, number: str) -> HttpResponse:
    """Take dropped or pasted pictures; answers with the Markdown that shows them."""
    row = find_article(number)
    try:
        added = operations.add_images(row, actor=request.user, files=request.FILES.getlist("files"))
    except OperationError as error:
        return JsonResponse({"detail": error.message}, status=error.status)
    return JsonResponse({"markdown": _with_images("", added).strip()}, status=201)


@agents_only
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """How a text will look."""
    return HttpResponse(to_html(request.POST.get("body", "")[: operations.MAX_BODY]))
