"""Everything that is done with articles. Each leaves its event."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.people import access
from servicedesk.tickets import files as checked_files
from servicedesk.tickets import outbox
from servicedesk.tickets.errors import Conflict, Invalid, NotAllowedNow
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.operations import core

from . import rendering
from .languages import LANGUAGES
from .models import Article, ArticleEvent, Audience, Image, Kind, State, Version
from .search import words as word_list

MAX_BODY = 100_000
MAX_IMAGES = 40
#: What reviewers and writers hear of (see telling.py).
TOLD = frozenset({"submitted", "published", "sent_back", "retired"})
#: Looked at again after so long, unless somebody says otherwise.
REVIEW_AFTER = datetime.timedelta(days=365)
#: What each version keeps, with its longest length.
TEXTS = {"title": 200, "summary": 300, "body": MAX_BODY, "keywords": 300}
#: What belongs to the article whatever its version.
ABOUT = ("language", "category", "tags", "audience", "organisations", "owner", "review_on", "translation_of")


def _agents_only(actor: Any) -> None:
    if actor is not None and not (actor.is_authenticated and actor.is_active and actor.is_agent):
        raise access.Forbidden(_("The people of the service desk write articles."))


def _lock(article: Article, actor: Any) -> Article:
    _agents_only(actor)
    return Article.objects.select_for_update(of=("self",)).get(pk=article.pk)


def _may_publish(actor: Any, article: Article, audience: str | None = None) -> None:
    for wanted in {article.audience, audience or article.audience}:
        if actor is not None and not access.may_publish(actor, wanted):
            raise access.Forbidden(_("Team leads, change managers and admins do this with what customers read."))


def _record(article: Article, kind: str, actor: Any, **data: Any) -> ArticleEvent:
    kept = {name: value for name, value in data.items() if value not in (None, "", [])}
    event = ArticleEvent.objects.create(article=article, kind=kind, actor=actor, data=kept)
    if kind in TOLD and not outbox.is_silent():
        from .tasks import tell_people

        transaction.on_commit(lambda: tell_people.delay(event.pk), robust=True)
    return event


def _texts(values: dict[str, Any], article: Article | None) -> dict[str, str]:
    """The texts among ``values``, checked; raises Invalid."""
    texts: dict[str, str] = {}
    for name, limit in TEXTS.items():
        if name in values:
            one_line = name != "body"
            needed = name in ("title", "body")
            texts[name] = core.text(values[name], name, limit=limit, one_line=one_line, required=needed)
    if "body" in texts:
        _check_body(texts["body"], article)
    return texts


def _check_body(body: str, article: Article | None) -> None:
    problems: list[str] = []
    shown, foreign = rendering.images_in(body)
    if foreign:
        text = _("Pictures are added to the article and not loaded from elsewhere: %(source)s")
        problems.append(text % {"source": ", ".join(source[:80] or "–" for source in foreign[:3])})
    there = set(Image.objects.filter(article=article, pk__in=shown).values_list("pk", flat=True)) if article else set()
    if missing := shown - there:
        problems.append(
            _("This article has no picture %(names)s.") % {"names": ", ".join(map(str, sorted(missing)[:5]))}
        )
    linked = rendering.articles_in(body)
    if article is not None and article.number in linked:
        problems.append(_("The article links to itself."))
    known = set(Article.objects.filter(number__in=linked).values_list("number", flat=True))
    if lost := linked - known:
        problems.append(_("There is no article %(names)s.") % {"names": ", ".join(sorted(lost)[:5])})
    if problems:
        raise Invalid({"body": problems})


def _circle(article: Article | None, other: Article | None, field: str) -> bool:
    """Whether going on from ``other`` by ``field`` comes back to ``article``."""
    pk, seen = other.pk if other is not None else None, set()
    while pk is not None and pk not in seen:
        if article is not None and pk == article.pk:
            return True
        seen.add(pk)
        pk = Article.objects.values_list(field, flat=True).get(pk=pk)
    return pk is not None


def _about(values: dict[str, Any], article: Article | None) -> dict[str, Any]:
    """What is set about the article, checked; raises Invalid."""
    about = {name: values[name] for name in ABOUT if name in values}
    if about.get("language", "en") not in LANGUAGES:
        raise Invalid({"language": _("This language is not known.")})
    if about.get("audience", Audience.AGENTS) not in Audience.values:
        raise Invalid({"audience": _("Choose who reads it.")})
    if "tags" in about:
        about["tags"] = core.tag_list(about["tags"])
    owner = about.get("owner")
    if owner is not None and not (owner.is_agent and owner.is_active):
        raise Invalid({"owner": _("An owner is somebody of the service desk.")})
    category = about.get("category")
    if category is not None and not category.is_active and (article is None or category.pk != article.category_id):
        raise Invalid({"category": _("%(name)s cannot be chosen any more.") % {"name": category}})
    audience = about.get("audience", article.audience if article else Audience.CUSTOMERS)
    if audience == Audience.ORGANISATIONS:
        chosen = about.get("organisations", list(article.organisations.all()) if article else [])
        if not chosen:
            raise Invalid({"organisations": _("Choose at least one organisation.")})
    original: Article | None = about.get("translation_of")
    if original is not None:
        language = about.get("language", article.language if article else "en")
        if original.translation_of is not None:
            original = about["translation_of"] = original.translation_of
        assert original is not None
        if (article is not None and original.pk == article.pk) or _circle(article, original, "translation_of"):  # type: ignore[union-attr]
            raise Invalid({"translation_of": _("An article is no translation of itself.")})
        if article is not None and article.translations.exists():
            raise Invalid({"translation_of": _("Other articles are translations of this one.")})
        if original.language == language:  # type: ignore[union-attr]
            raise Invalid({"translation_of": _("A translation is in another language than its original.")})
    return about


def _save_about(row: Article, about: dict[str, Any]) -> dict[str, list[Any]]:
    organisations = about.pop("organisations", None)
    changes = {
        name: [core.described(getattr(row, name)), core.described(value)]
        for name, value in about.items() if getattr(row, name) != value
    }  # fmt: skip
    for name, value in about.items():
        setattr(row, name, value)
    if organisations is not None:
        before = {o.pk: o.name for o in row.organisations.all()} if row.pk else {}
        if set(before) != {o.pk for o in organisations}:
            changes["organisations"] = [sorted(before.values()), sorted(o.name for o in organisations)]
    for name in ("review_on",):
        if name in changes:
            changes[name] = [str(value) if value else None for value in changes[name]]
    return changes


def _new_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('knowledge_article_number')")
        return f"KB-{cursor.fetchone()[0]}"


@transaction.atomic
def write(
    *, actor: Any, kind: str = Kind.ARTICLE, source: Ticket | None = None, at: datetime.datetime | None = None,
    **values: Any,
) -> Article:  # fmt: skip
    """Begin an article as a draft: TEXTS (title and body needed) and ABOUT. Raises Invalid."""
    _agents_only(actor)
    if unknown := set(values) - {*TEXTS, *ABOUT}:
        raise Invalid({name: _("There is no such field.") for name in unknown})
    texts = _texts({"title": None, "body": None} | values, None)
    about = _about(values, None)
    organisations = about.pop("organisations", [])
    at = at or timezone.now()
    row = Article(
        number=_new_number(), kind=kind, source=source, created_by=actor, created_at=at, updated_at=at,
        **{"owner": actor, **about}, **texts,
    )  # fmt: skip
    _save(row)
    row.organisations.set(organisations)
    Version.objects.create(article=row, number=1, author=actor, at=at, **texts)
    _record(row, "written", actor, source=source.number if source else None)
    return row


def _save(row: Article) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "one_translation_for_a_language" in str(error):
            raise Invalid({"translation_of": _("This article has a translation into this language already.")}) from None
        raise


@transaction.atomic
def edit(
    article: Article, *, actor: Any, base: int | None = None, note: str = "", at: datetime.datetime | None = None,
    **values: Any,
) -> Article:  # fmt: skip
    """Change texts (a new version, which readers see once it is published) and what is set about the article.

    ``base`` is the version that was edited; when a newer one changed the same text, Conflict shows both and nothing is
    saved. Who may not publish for the audience cannot change it, the language or the organisations of what is live.
    """
    row = _lock(article, actor)
    if unknown := set(values) - {*TEXTS, *ABOUT}:
        raise Invalid({name: _("There is no such field.") for name in unknown})
    if row.state == State.RETIRED:
        raise NotAllowedNow(_("%(number)s is retired. Bring it back first.") % {"number": row.number})
    texts, about = _texts(values, row), _about(values, row)
    latest = Version.objects.get(article=row, number=row.latest)
    if base is not None and base != row.latest:
        texts = _meanwhile(row, latest, base, texts)
    changed = {name: value for name, value in texts.items() if getattr(latest, name) != value}
    organisations = about.get("organisations")
    if row.is_readable and {"audience", "organisations", "language"} & set(about):
        before = (row.audience, row.language, set(row.organisations.values_list("pk", flat=True)))
        wanted = {o.pk for o in organisations} if organisations is not None else before[2]
        if before != (about.get("audience", row.audience), about.get("language", row.language), wanted):
            _may_publish(actor, row, about.get("audience"))
    changes = _save_about(row, about)
    if organisations is not None:
        row.organisations.set(organisations)
    at = at or timezone.now()
    if not changed and not changes:
        return row
    if changed:
        row.latest += 1
        kept = {name: changed.get(name, getattr(latest, name)) for name in TEXTS}
        Version.objects.create(
            article=row, number=row.latest, author=actor, at=at,
            note=core.text(note, "note", limit=200, one_line=True, required=False), **kept,
        )  # fmt: skip
        row.state = State.DRAFT
        if not row.live_id:
            for name, value in kept.items():
                setattr(row, name, value)
    row.updated_at = at
    _save(row)
    _record(row, "edited", actor, version=row.latest if changed else None, changes=changes)
    if row.is_readable and {"language", "audience", "tags", "organisations"} & set(changes):
        word_list.index(row)
    return row


def _meanwhile(row: Article, latest: Version, base: int, texts: dict[str, str]) -> dict[str, str]:
    """The texts that may still be saved on top of what others wrote since ``base``; raises Invalid or Conflict."""
    old = Version.objects.filter(article=row, number=base).first()
    if old is None:
        raise Invalid({"base": _("This article never had the version %(version)s.") % {"version": base}})
    own = {name: value for name, value in texts.items() if getattr(old, name) != value}
    mixed = [name for name in own if getattr(latest, name) not in (getattr(old, name), own[name])]
    if mixed:
        raise Conflict(
            _("Version %(new)d was written since you began with version %(old)d. Nothing was saved; both texts are shown.")
            % {"new": row.latest, "old": base},
            theirs={name: getattr(latest, name) for name in mixed}, yours={name: own[name] for name in mixed},
        )  # fmt: skip
    return own


@transaction.atomic
def submit(article: Article, *, actor: Any) -> Article:
    """Ask for a review: draft → in review."""
    row = _lock(article, actor)
    if row.state != State.DRAFT:
        raise NotAllowedNow(_("Only a draft is put forward for review."))
    row.state = State.REVIEW
    row.save(update_fields=["state"])
    _record(row, "submitted", actor, version=row.latest)
    return row


@transaction.atomic
def send_back(article: Article, *, actor: Any, reason: str) -> Article:
    """It is not ready: in review → draft, with what is missing."""
    row = _lock(article, actor)
    if row.state != State.REVIEW:
        raise NotAllowedNow(_("It is not in review."))
    words = core.text(reason, "reason", limit=500)
    row.state = State.DRAFT
    row.save(update_fields=["state"])
    _record(row, "sent_back", actor, reason=words)
    return row


@transaction.atomic
def publish(article: Article, *, actor: Any, at: datetime.datetime | None = None) -> Article:
    """Show the newest version to the audience: from draft or review. See access.may_publish."""
    row = _lock(article, actor)
    if row.state not in (State.DRAFT, State.REVIEW):
        raise NotAllowedNow(_("There is nothing new to publish."))
    _may_publish(actor, row)
    version = Version.objects.get(article=row, number=row.latest)
    at = at or timezone.now()
    for name in TEXTS:
        setattr(row, name, getattr(version, name))
    row.live, row.state = version, State.PUBLISHED
    row.published_at = row.updated_at = at
    if row.review_on is None or row.review_on <= timezone.localdate(at):
        row.review_on = timezone.localdate(at) + REVIEW_AFTER
    row.reminded_on = None
    row.save()
    _record(row, "published", actor, version=row.latest)
    word_list.index(row)
    return row


@transaction.atomic
def discard(article: Article, *, actor: Any) -> Article:
    """Drop what was written since the live version; the texts stay in the history."""
    row = _lock(article, actor)
    if not row.has_changes:
        raise NotAllowedNow(_("There are no changes that wait to be published."))
    live = row.live
    assert live is not None
    row.latest += 1
    Version.objects.create(
        article=row, number=row.latest, author=actor, note=_("Back to version %(n)d") % {"n": live.number},
        **{name: getattr(live, name) for name in TEXTS},
    )  # fmt: skip
    row.live = Version.objects.get(article=row, number=row.latest)
    row.state, row.updated_at = State.PUBLISHED, timezone.now()
    row.save()
    _record(row, "discarded", actor, version=live.number)
    return row


@transaction.atomic
def restore(article: Article, *, actor: Any, number: int) -> Article:
    """Make an old version the newest draft; raises Invalid for one that never was."""
    row = _lock(article, actor)
    old = Version.objects.filter(article=row, number=number).first()
    if old is None:
        raise Invalid({"version": _("This article never had the version %(version)s.") % {"version": number}})
    if number == row.latest:
        raise NotAllowedNow(_("This is the newest version already."))
    words = _("Restored from version %(n)d") % {"n": number}
    return edit(row, actor=actor, note=words, **{name: getattr(old, name) for name in TEXTS})


@transaction.atomic
def retire(article: Article, *, actor: Any, reason: str, replaced_by: Article | None = None) -> Article:
    """Take it away from its readers, who go to ``replaced_by`` if there is one; the record stays."""
    row = _lock(article, actor)
    if row.state == State.RETIRED:
        raise NotAllowedNow(_("It is retired already."))
    _may_publish(actor, row)
    words = core.text(reason, "reason", limit=500)
    if replaced_by is not None and _circle(row, replaced_by, "replaced_by"):
        raise Invalid({"replaced_by": _("Readers would be sent in a circle.")})
    row.state, row.replaced_by, row.updated_at = State.RETIRED, replaced_by, timezone.now()
    row.save()
    _record(row, "retired", actor, reason=words, replaced_by=replaced_by.number if replaced_by else None)
    word_list.index(row)
    return row


@transaction.atomic
def bring_back(article: Article, *, actor: Any) -> Article:
    """A retired article as a draft again; published from there."""
    row = _lock(article, actor)
    if row.state != State.RETIRED:
        raise NotAllowedNow(_("It is not retired."))
    # Not readable before somebody publishes it again.
    row.state, row.live, row.replaced_by, row.updated_at = State.DRAFT, None, None, timezone.now()
    row.save()
    _record(row, "brought_back", actor)
    return row


@transaction.atomic
def reviewed(article: Article, *, actor: Any, review_on: datetime.date | None = None) -> Article:
    """It is still right: the next look is in a year, or on ``review_on``."""
    row = _lock(article, actor)
    if not row.is_readable:
        raise NotAllowedNow(_("It is not published."))
    today = timezone.localdate()
    if review_on is not None and review_on <= today:
        raise Invalid({"review_on": _("Choose a day to come.")})
    row.review_on, row.reminded_on, row.updated_at = review_on or today + REVIEW_AFTER, None, timezone.now()
    row.save(update_fields=["review_on", "reminded_on", "updated_at"])
    _record(row, "reviewed", actor, review_on=str(row.review_on))
    return row


@transaction.atomic
def add_images(article: Article, *, actor: Any, files: Sequence[Any]) -> list[Image]:
    """Keep pictures for the article: PNG, JPEG, GIF or WebP by their content. Raises Invalid (field ``files``)."""
    row = _lock(article, actor)
    found = checked_files.check(list(files))
    if not found:
        raise Invalid({"files": _("Choose a picture.")})
    wrong = [f["name"] for f in found if f["content_type"] not in checked_files.INLINE_TYPES]
    if wrong:
        raise Invalid({"files": _("%(names)s: only PNG, JPEG, GIF and WebP pictures.") % {"names": ", ".join(wrong)}})
    if row.images.count() + len(found) > MAX_IMAGES:
        raise Invalid({"files": _("An article has at most %(n)d pictures.") % {"n": MAX_IMAGES}})
    return [Image.objects.create(article=row, added_by=actor, **values) for values in found]


def viewed(article: Article) -> None:
    """Count one reading."""
    Article.objects.filter(pk=article.pk).update(views=F("views") + 1)
