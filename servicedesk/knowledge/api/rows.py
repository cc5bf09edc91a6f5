"""What the addresses of knowledge show and take."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from servicedesk.api.fields import Named, Number, Reference, Strict, Text
from servicedesk.people.models import Organisation, User

from ..languages import CHOICES
from ..models import Article, Audience, Category, Kind, State, Where
from ..operations import MAX_BODY
from ..rendering import render


class ArticleRow(serializers.Serializer[Any]):
    """An article in a list."""

    number = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices)
    state = serializers.ChoiceField(State.choices)
    title = serializers.CharField()
    summary = serializers.CharField()
    language = serializers.CharField()
    category = Named(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    audience = serializers.ChoiceField(Audience.choices)
    updated_at = serializers.DateTimeField()


class ArticleDetail(ArticleRow):
    """An article, whole: what its readers see. Agents get the rest with ``drafts``."""

    body = serializers.CharField()
    html = serializers.SerializerMethodField()
    keywords = serializers.CharField()
    translation_of = serializers.CharField(source="translation_of.number", allow_null=True, default=None)
    published_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.CharField())
    def get_html(self, article: Article) -> str:
        return str(render(article.body))


class ArticleForAuthors(ArticleDetail):
    """An article as its authors see it; the texts are the newest version's."""

    organisations = Named(many=True)
    owner = Named(allow_null=True)
    review_on = serializers.DateField(allow_null=True)
    latest = serializers.IntegerField(help_text="The newest version: give it as ``base`` when you edit.")
    live = serializers.IntegerField(
        source="live.number", allow_null=True, default=None, help_text="The version that readers see."
    )
    source = serializers.CharField(source="seen_source", allow_null=True, default=None)  # type: ignore[assignment]
    replaced_by = serializers.CharField(source="replaced_by.number", allow_null=True, default=None)
    views = serializers.IntegerField()
    helped = serializers.IntegerField()
    not_helped = serializers.IntegerField()
    solved = serializers.IntegerField()
    deflected = serializers.IntegerField()


class FoundRow(ArticleRow):
    """An article that was found, with how good it fits."""

    score = serializers.FloatField()


class FoundAnswer(serializers.Serializer[Any]):
    corrected = serializers.CharField(
        help_text="The question as it was probably meant; empty where every word is known."
    )
    articles = FoundRow(many=True)


class VersionRow(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    title = serializers.CharField()
    summary = serializers.CharField()
    body = serializers.CharField()
    keywords = serializers.CharField()
    note = serializers.CharField()
    author = Named(allow_null=True)
    at = serializers.DateTimeField()


class FeedbackRow(serializers.Serializer[Any]):
    helped = serializers.BooleanField()
    comment = serializers.CharField()
    at = serializers.DateTimeField()


class ByNumber(Text):
    """Another article, by its number; null for none."""

    def __init__(self, **kwargs: Any):
        super().__init__(max_length=20, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        found = Article.objects.filter(number=super().to_internal_value(data).upper()).first()
        if found is None:
            raise serializers.ValidationError("There is no article with this number.")
        return found


class ArticleFields(Strict):
    """What can be written about an article."""

    title = Text(max_length=200, required=False)
    summary = Text(max_length=300, required=False, allow_blank=True)
    body = Text(
        max_length=MAX_BODY,
        required=False,
        help_text="Markdown. Pictures: ![words](image:12), articles: [words](KB-1001).",
    )
    keywords = Text(max_length=300, required=False, allow_blank=True)
    language = serializers.ChoiceField(CHOICES, required=False)
    category = Reference(queryset=Category.objects.all(), required=False, allow_null=True)
    tags = serializers.ListField(child=Text(max_length=60, allow_blank=True), max_length=40, required=False)
    audience = serializers.ChoiceField(Audience.choices, required=False)
    organisations = serializers.ListField(
        child=Reference(queryset=Organisation.objects.all()), max_length=200, required=False
    )
    owner = Reference(queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    review_on = serializers.DateField(required=False, allow_null=True)
    translation_of = ByNumber(required=False, allow_null=True)


class NewArticle(ArticleFields):
    title = Text(max_length=200)
    body = Text(max_length=MAX_BODY)


class ArticleEdit(ArticleFields):
    base = Number(
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text="The version you edited.",
    )
    note = Text(max_length=200, required=False, allow_blank=True)


class ArticleReason(Strict):
    reason = Text(max_length=500)


class ArticleRetire(ArticleReason):
    replaced_by = ByNumber(required=False, allow_null=True)


class ArticleRestore(Strict):
    version = Number(min_value=1, max_value=1_000_000)


class ArticleReviewed(Strict):
    review_on = serializers.DateField(required=False, allow_null=True)


class ArticleFeedback(Strict):
    helped = serializers.BooleanField()
    comment = Text(max_length=1000, required=False, allow_blank=True)


class ArticleDeflected(Strict):
    where = serializers.ChoiceField(Where.choices)
    words = Text(max_length=200, required=False, allow_blank=True)


class ArticleUse(Strict):
    ticket = Text(max_length=20)
    solved = serializers.BooleanField(required=False, default=False)


class MeasuresRow(serializers.Serializer[Any]):
    days = serializers.IntegerField()
    deflected = serializers.IntegerField()
    sent = serializers.IntegerField(help_text="Tickets that customers sent through the portal.")
    rate = serializers.FloatField(allow_null=True, help_text="Deflections among all who came, as a part of 1.")
    helped = serializers.IntegerField()
    not_helped = serializers.IntegerField()
    solved = serializers.IntegerField()


class InVainRow(serializers.Serializer[Any]):
    words = serializers.CharField()
    language = serializers.CharField()
    n_nothing = serializers.IntegerField()
    last_at = serializers.DateTimeField()


class ArticleCategoryRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()


class SynonymsRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    words = serializers.CharField()


class NewSynonyms(Strict):
    words = Text(max_length=400, help_text="With commas between them.")


class ImageRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    size = serializers.IntegerField()
