"""What is offered: categories, offerings, and the versions of each with its form, approval and fulfilment."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator, URLValidator
from django.db import models
from django.db.models import F, Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from servicedesk.icon_choices import ICONS
from servicedesk.people.models import Role
from servicedesk.tickets.models.ticket import SEARCH_CONFIG
from servicedesk.work.models import StepKind

MONEY: dict[str, Any] = {
    "max_digits": 10, "decimal_places": 2, "default": 0, "validators": [MinValueValidator(0)],
}  # fmt: skip
KEY = RegexValidator(r"^[a-z][a-z0-9_]{0,39}$", _("Small letters, digits and _, beginning with a letter."))


class Category(models.Model):
    """A shelf of the catalogue."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(unique=True, editable=False)
    description = models.CharField(_("description"), max_length=200, blank=True)
    icon = models.CharField(_("icon"), max_length=30, choices=ICONS, default="package")
    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)

    class Meta:
        verbose_name = _("catalogue category")
        verbose_name_plural = _("catalogue categories")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.slug = self.slug or free_slug(Category, self.name)
        super().save(*args, **kwargs)


def free_slug(model: Any, name: str) -> str:
    """A slug from the name that nothing has yet."""
    base = slugify(name)[:40] or "x"
    taken = set(model.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for n in range(1, 10_000) if (slug := base if n == 1 else f"{base}-{n}") not in taken)


class Offering(models.Model):
    """Something that can be ordered. What it asks and costs is in its versions."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(unique=True, editable=False)
    category = models.ForeignKey(
        Category, verbose_name=_("category"), on_delete=models.PROTECT, related_name="offerings"
    )
    service = models.ForeignKey(
        "services.Service", verbose_name=_("service"), on_delete=models.PROTECT, related_name="offerings",
        help_text=_("Whose team fulfils it, and who else may be entitled to it."),
    )  # fmt: skip
    icon = models.CharField(_("icon"), max_length=30, choices=ICONS, default="package")
    description = models.CharField(
        _("description"), max_length=200, help_text=_("One sentence on its card in the portal.")
    )
    keywords = models.CharField(
        _("other words for it"), max_length=200, blank=True, help_text=_("Found by search: notebook, computer, …")
    )
    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)
    is_retired = models.BooleanField(_("retired"), default=False, editable=False)
    organisations = models.ManyToManyField(
        "people.Organisation", verbose_name=_("organisations"), blank=True, related_name="offerings"
    )
    teams = models.ManyToManyField("people.Team", verbose_name=_("teams"), blank=True, related_name="offerings")
    roles = ArrayField(
        models.CharField(max_length=20, choices=Role.choices), verbose_name=_("roles"), default=list, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    search = models.GeneratedField(
        expression=SearchVector("name", weight="A", config=SEARCH_CONFIG)
        + SearchVector("keywords", weight="A", config=SEARCH_CONFIG)
        + SearchVector("description", weight="B", config=SEARCH_CONFIG),
        output_field=SearchVectorField(), db_persist=True,
    )  # fmt: skip

    class Meta:
        verbose_name = _("offering")
        verbose_name_plural = _("offerings")
        ordering = ["position", "name"]
        indexes = [GinIndex(fields=["search"], name="offering_search")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.slug = self.slug or free_slug(Offering, self.name)
        super().save(*args, **kwargs)


class VersionState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")


class OfferingVersion(models.Model):
    """What an offering asks, costs and sets going. Published ones do not change: a request keeps the one it was made with."""

    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"), editable=False)
    state = models.CharField(
        _("state"), max_length=9, choices=VersionState.choices, default=VersionState.DRAFT, editable=False
    )
    text = models.TextField(
        _("text above the form"), blank=True, max_length=5000, help_text=_("What one gets, and what to know. Markdown.")
    )
    price_once = models.DecimalField(_("price once"), **MONEY)
    price_monthly = models.DecimalField(_("price per month"), **MONEY)
    #: the lowest price one can come to, and whether it may be more; from the form, when it is published
    from_once = models.DecimalField(**MONEY, editable=False)
    from_monthly = models.DecimalField(**MONEY, editable=False)
    is_from = models.BooleanField(default=False, editable=False)
    delivery_seconds = models.PositiveIntegerField(
        _("delivery time"),
        null=True,
        blank=True,
        help_text=_("Working time from approval on, such as 8h or 24h (three days of eight hours)."),
    )
    most = models.PositiveSmallIntegerField(
        _("most at once"), default=1, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    approval_plan = models.ForeignKey(
        "approvals.ApprovalPlan", verbose_name=_("approval plan"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="offering_versions", help_text=_("None: it needs no approval."),
    )  # fmt: skip
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["offering", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["offering", "number"], name="version_once"),
            models.UniqueConstraint(fields=["offering"], condition=Q(state="draft"), name="one_draft"),
            models.UniqueConstraint(fields=["offering"], condition=Q(state="published"), name="one_published"),
            models.CheckConstraint(condition=Q(price_once__gte=0, price_monthly__gte=0), name="version_price_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.offering} · {self.number} ({self.get_state_display()})"


class FieldType(models.TextChoices):
    SECTION = "section", _("section (a heading)")
    TEXT = "text", _("text")
    LONG = "long", _("long text")
    NUMBER = "number", _("number")
    MONEY = "money", _("money")
    DATE = "date", _("date")
    CHOICE = "choice", _("one choice")
    MANY = "many", _("many choices")
    YES_NO = "yes_no", _("yes or no")
    PERSON = "person", _("person")
    ORGANISATION = "organisation", _("organisation")
    SERVICE = "service", _("service or asset")
    FILE = "file", _("files")


class QuestionRow(models.Model):
    """One question of a form, or the heading of a section. Whatever has a form has rows of this shape."""

    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)
    type = models.CharField(_("type"), max_length=12, choices=FieldType.choices, default=FieldType.TEXT)
    label = models.CharField(_("question"), max_length=150)
    key = models.CharField(
        _("key"), max_length=40, blank=True, validators=[KEY],
        help_text=_("Its name in conditions and {placeholders}. Left empty, it follows from the question."),
    )  # fmt: skip
    help = models.CharField(_("help"), max_length=300, blank=True)
    required = models.BooleanField(_("required"), default=False)
    default = models.CharField(
        _("filled in with"), max_length=300, blank=True, help_text=_("“me” for a person; yes or no; a date; an option.")
    )
    options = models.TextField(
        _("options"), max_length=5000, blank=True,
        help_text=_("One a line. With a price: Docking station | 180 | 0 (once, per month)."),
    )  # fmt: skip
    pattern = models.CharField(
        _("pattern"),
        max_length=200,
        blank=True,
        help_text=_("A regular expression that a text has to match as a whole."),
    )
    pattern_help = models.CharField(_("what the pattern means"), max_length=150, blank=True)
    minimum = models.CharField(
        _("at least"), max_length=20, blank=True, help_text=_("Number, date, length of a text, or count of choices.")
    )
    maximum = models.CharField(_("at most"), max_length=20, blank=True)
    show_if = models.CharField(
        _("show if"), max_length=500, blank=True, help_text=_("Such as: model is MacBook and home_office is yes")
    )

    class Meta:
        abstract = True
        verbose_name = _("question")
        verbose_name_plural = _("form")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.label


class FormField(QuestionRow):
    """One question of a version's form."""

    version = models.ForeignKey(OfferingVersion, on_delete=models.CASCADE, related_name="fields")

    class Meta(QuestionRow.Meta):
        pass


class PlannedTask(models.Model):
    """One step of a version's fulfilment."""

    version = models.ForeignKey(OfferingVersion, on_delete=models.CASCADE, related_name="tasks")
    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)
    key = models.CharField(
        _("key"), max_length=40, blank=True, validators=[KEY],
        help_text=_("Its name in “after”. Left empty, it follows from the title."),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=7, choices=StepKind.choices, default=StepKind.TASK)
    title = models.CharField(_("title"), max_length=150, help_text=_("May say {key} for an answer."))
    shown = models.CharField(
        _("what the customer reads"), max_length=150, blank=True, help_text=_("Empty: the customer does not see it.")
    )
    team = models.ForeignKey(
        "people.Team", verbose_name=_("team"), null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("Left empty, the service's team gets it."),
    )  # fmt: skip
    instructions = models.TextField(
        _("instructions"), max_length=5000, blank=True, help_text=_("Markdown; {key} stands for an answer.")
    )
    after = models.CharField(
        _("after"), max_length=300, blank=True, help_text=_("Keys of steps that have to be over, with commas between.")
    )
    due_seconds = models.PositiveIntegerField(
        _("due"), null=True, blank=True, help_text=_("Working time from its beginning, such as 4h or 16h.")
    )
    only_if = models.CharField(
        _("only if"), max_length=500, blank=True, help_text=_("A condition on the answers; empty: always.")
    )
    url = models.CharField(
        _("webhook address"), max_length=500, blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    secret = models.CharField(_("webhook secret"), max_length=120, blank=True)
    offering = models.ForeignKey(
        Offering, verbose_name=_("offering"), null=True, blank=True, on_delete=models.PROTECT, related_name="bundled_in",
        help_text=_("What is ordered in a step that is another request."),
    )  # fmt: skip
    values = models.TextField(
        _("answers for it"), max_length=3000, blank=True,
        help_text=_("One a line: key = {answer_of_this_form}, or key = a text."),
    )  # fmt: skip
    covered = models.BooleanField(
        _("approval covers it"),
        default=True,
        help_text=_("Approved with this request; otherwise it is approved on its own."),
    )

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("fulfilment")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.kind == StepKind.WEBHOOK and not self.url:
            raise ValidationError({"url": _("Give the address that is called.")})
        if self.kind == StepKind.ORDER and self.offering_id is None:
            raise ValidationError({"offering": _("Choose what is ordered.")})


#: Sorts offerings as the catalogue shows them.
SHELF_ORDER = (F("category__position").asc(), F("category__name").asc(), F("position").asc(), F("name").asc())
