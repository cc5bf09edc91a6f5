"""Articles, their versions, and the shelves they stand on."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.icon_choices import ICONS

from ..languages import CHOICES


class Category(models.Model):
    """A shelf of the help centre."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    icon = models.CharField(_("icon"), max_length=30, choices=ICONS, default="life-buoy")
    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("knowledge category")
        verbose_name_plural = _("knowledge categories")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class State(models.TextChoices):
    """Where the newest text of an article stands; readers see the published one until then."""

    DRAFT = "draft", _("Draft")
    REVIEW = "review", _("In review")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")


class Audience(models.TextChoices):
    """Who reads an article once it is published."""

    PUBLIC = "public", _("Everybody, without logging in")
    CUSTOMERS = "customers", _("Customers who are logged in")
    ORGANISATIONS = "organisations", _("Certain organisations")
    AGENTS = "agents", _("Agents only")


class Kind(models.TextChoices):
    ARTICLE = "article", _("Article")
    KNOWN_ERROR = "known_error", _("Known error")


class Article(models.Model):
    """Something worth knowing. Title, summary and text are those of the live version, or of the newest before there is one."""

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.ARTICLE, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    body = models.TextField(_("text"))
    keywords = models.CharField(_("other words for it"), max_length=300, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=CHOICES, default="en")
    category = models.ForeignKey(
        Category, verbose_name=_("category"), null=True, blank=True, on_delete=models.PROTECT, related_name="articles"
    )
    tags = ArrayField(models.CharField(max_length=40), verbose_name=_("tags"), default=list, blank=True)
    audience = models.CharField(_("who reads it"), max_length=14, choices=Audience.choices, default=Audience.CUSTOMERS)
    organisations = models.ManyToManyField("people.Organisation", verbose_name=_("organisations"), blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="owned_articles",
    )  # fmt: skip
    review_on = models.DateField(_("look at it again on"), null=True, blank=True)
    reminded_on = models.DateField(null=True, editable=False)
    #: the version that readers see, and the number of the newest
    live = models.ForeignKey("Version", null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    latest = models.PositiveIntegerField(default=1, editable=False)
    #: in another language: the article it says the same as
    translation_of = models.ForeignKey(
        "self", verbose_name=_("translation of"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="translations",
    )  # fmt: skip
    #: of a retired one: where its readers go
    replaced_by = models.ForeignKey(
        "self", verbose_name=_("replaced by"), null=True, blank=True, on_delete=models.SET_NULL, related_name="replaces"
    )
    #: the ticket it was written from; of a known error its problem
    source = models.ForeignKey("tickets.Ticket", null=True, on_delete=models.SET_NULL, related_name="articles")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    views = models.PositiveIntegerField(default=0, editable=False)
    helped = models.PositiveIntegerField(default=0, editable=False)
    not_helped = models.PositiveIntegerField(default=0, editable=False)
    solved = models.PositiveIntegerField(default=0, editable=False)
    deflected = models.PositiveIntegerField(default=0, editable=False)
    #: what the live version is found by: stems of its language with weights, and plain words for the word list
    search = SearchVectorField(null=True, editable=False)
    words = SearchVectorField(null=True, editable=False)

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(live__isnull=False), name="published_article_is_live"
            ),
            models.UniqueConstraint(
                fields=["source"], condition=Q(kind="known_error"), name="one_article_for_a_known_error"
            ),
            models.UniqueConstraint(
                fields=["translation_of", "language"], condition=Q(translation_of__isnull=False),
                name="one_translation_for_a_language",
            ),
            models.CheckConstraint(condition=~Q(translation_of=F("id")), name="article_translates_another"),
            models.CheckConstraint(condition=~Q(replaced_by=F("id")), name="article_replaced_by_another"),
        ]  # fmt: skip
        indexes = [
            GinIndex(fields=["search"], name="article_search"),
            models.Index(fields=["state", "-updated_at"], name="article_state"),
            models.Index(fields=["category", "title"], name="article_category"),
            models.Index(fields=["review_on"], condition=Q(live__isnull=False), name="article_review"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def is_readable(self) -> bool:
        """Whether its audience sees it now."""
        return self.live_id is not None and self.state != State.RETIRED

    @property
    def has_changes(self) -> bool:
        """Whether it is published and a newer text waits."""
        return self.live_id is not None and self.state in (State.DRAFT, State.REVIEW)


class Version(models.Model):
    """One text of an article; never changed."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    keywords = models.CharField(max_length=300, blank=True)
    note = models.CharField(_("what changed"), max_length=200, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["article", "number"], name="article_version_once")]

    def __str__(self) -> str:
        return f"{self.article_id} v{self.number}"


class ArticleEvent(models.Model):
    """What was done with an article, beside its texts."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.article_id} {self.kind}"


class Image(models.Model):
    """A picture in an article; its readers are the article's."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="images")
    file = models.FileField(upload_to="articles/%Y/%m/")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
