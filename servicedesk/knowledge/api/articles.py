"""Articles over REST: readers get what they may read, agents write; the same operations and rules as the screens."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from servicedesk.api.fields import Strict
from servicedesk.api.guard import agents_only
from servicedesk.api.pagination import Cursor
from servicedesk.people import access
from servicedesk.tickets.errors import Invalid
from servicedesk.tickets.models import Ticket

from .. import operations, uses
from ..models import Article, Category, SearchedFor, Synonyms, Version
from ..search import finding
from .rows import (
    ArticleCategoryRow,
    ArticleDeflected,
    ArticleDetail,
    ArticleEdit,
    ArticleFeedback,
    ArticleForAuthors,
    ArticleReason,
    ArticleRestore,
    ArticleRetire,
    ArticleReviewed,
    ArticleRow,
    ArticleUse,
    FeedbackRow,
    FoundAnswer,
    ImageRow,
    InVainRow,
    MeasuresRow,
    NewArticle,
    NewSynonyms,
    SynonymsRow,
    VersionRow,
)

DRAFTS = OpenApiParameter(
    "drafts",
    OpenApiTypes.BOOL,
    description="For agents: all, with their newest texts.",
)
WORDS = OpenApiParameter(
    "q", OpenApiTypes.STR, description="What is searched for, in one's own words; at most 200 characters."
)


class Articles(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The knowledge base."""

    queryset = Article.objects.select_related("category", "owner", "live", "translation_of", "replaced_by").defer(
        "search", "words"
    )
    serializer_class = ArticleRow
    pagination_class = Cursor
    lookup_field = "number"
    lookup_value_regex = "[A-Za-z0-9-]{1,20}"

    def wants_drafts(self) -> bool:
        """Whether an author asks."""
        user: Any = self.request.user
        return user.is_agent and self.request.query_params.get("drafts", "") in ("1", "true")

    def get_queryset(self) -> QuerySet[Article]:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        return rows if self.wants_drafts() else access.readable(self.request.user, rows)

    def article(self, *, writing: bool = True) -> Article:
        """The article of the address; for writing any, which agents do."""
        if writing:
            agents_only(self.request)
        rows = Articles.queryset.all() if writing else self.get_queryset()
        return get_object_or_404(rows, number=str(self.kwargs["number"]).upper())

    def sent(self, request: Request, asked: type[Strict]) -> dict[str, Any]:
        """What was sent, checked."""
        body = asked(data=request.data)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def shown(self, article: Article, code: int = status.HTTP_200_OK) -> Response:
        """The article as its authors see it now."""
        row = Articles.queryset.get(pk=article.pk)
        newest = Version.objects.get(article=row, number=row.latest)
        for name in operations.TEXTS:
            setattr(row, name, getattr(newest, name))
        user: Any = self.request.user
        source = access.visible(user, Ticket.objects.filter(pk=row.source_id)).first() if row.source_id else None
        row.seen_source = source.number if source else None  # type: ignore[attr-defined]
        return Response(ArticleForAuthors(row, context=self.get_serializer_context()).data, status=code)

    @extend_schema(parameters=[DRAFTS], responses=ArticleRow(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Articles that one may read, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=[DRAFTS], responses={200: ArticleDetail})
    def retrieve(self, request: Request, number: str) -> Response:
        """One article; with ``drafts`` everything about it."""
        row = self.article(writing=False)
        if self.wants_drafts():
            return self.shown(row)
        return Response(ArticleDetail(row, context=self.get_serializer_context()).data)

    @extend_schema(parameters=[WORDS], responses=FoundAnswer)
    @action(detail=False, methods=["get"])
    def search(self, request: Request) -> Response:
        """Find articles in one's own words; typing errors and synonyms are allowed for."""
        words = " ".join(request.query_params.get("q", "").replace("\x00", "").split())
        if len(words) > 200:
            raise serializers.ValidationError({"q": [_("At most 200 characters.")]})
        user: Any = request.user
        found = finding.find(user, words, limit=20, highlight=False)
        finding.remember(words, len(found.articles), user.language[:2])
        return Response(FoundAnswer(found).data)

    @extend_schema(request=NewArticle, responses={201: ArticleForAuthors})
    def create(self, request: Request) -> Response:
        """Begin an article as a draft."""
        agents_only(request)
        return self.shown(
            operations.write(actor=request.user, **self.sent(request, NewArticle)), status.HTTP_201_CREATED
        )

    @extend_schema(request=ArticleEdit, responses=ArticleForAuthors)
    def partial_update(self, request: Request, number: str) -> Response:
        """Write a new version, or change what is set about it."""
        row = self.article()
        return self.shown(operations.edit(row, actor=request.user, **self.sent(request, ArticleEdit)))

    @extend_schema(request=None, responses=ArticleForAuthors)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, number: str) -> Response:
        """Ask for a review."""
        return self.shown(operations.submit(self.article(), actor=request.user))

    @extend_schema(request=ArticleReason, responses=ArticleForAuthors)
    @action(detail=True, methods=["post"], url_path="send-back")
    def send_back(self, request: Request, number: str) -> Response:
        """It is not ready yet."""
        row = self.article()
        return self.shown(operations.send_back(row, actor=request.user, **self.sent(request, ArticleReason)))

    @extend_schema(request=None, responses=ArticleForAuthors)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, number: str) -> Response:
        """Show the newest version to its audience."""
        return self.shown(operations.publish(self.article(), actor=request.user))

    @extend_schema(request=None, responses=ArticleForAuthors)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, number: str) -> Response:
        """Drop what waits to be published."""
        return self.shown(operations.discard(self.article(), actor=request.user))

    @extend_schema(request=ArticleRestore, responses=ArticleForAuthors)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, number: str) -> Response:
        """Make an old version the newest draft."""
        row = self.article()
        return self.shown(
            operations.restore(row, actor=request.user, number=self.sent(request, ArticleRestore)["version"])
        )

    @extend_schema(request=ArticleRetire, responses=ArticleForAuthors)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, number: str) -> Response:
        """Take it away from its readers."""
        row = self.article()
        return self.shown(operations.retire(row, actor=request.user, **self.sent(request, ArticleRetire)))

    @extend_schema(request=None, responses=ArticleForAuthors)
    @action(detail=True, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, number: str) -> Response:
        """A retired one as a draft again."""
        return self.shown(operations.bring_back(self.article(), actor=request.user))

    @extend_schema(request=ArticleReviewed, responses=ArticleForAuthors)
    @action(detail=True, methods=["post"])
    def reviewed(self, request: Request, number: str) -> Response:
        """It is still right."""
        row = self.article()
        return self.shown(operations.reviewed(row, actor=request.user, **self.sent(request, ArticleReviewed)))

    @extend_schema(responses=VersionRow(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def versions(self, request: Request, number: str) -> Response:
        """Its texts, newest first; at most 200."""
        row = self.article()
        return Response(VersionRow(row.versions.select_related("author")[:200], many=True).data)

    @extend_schema(
        request={
            "multipart/form-data": {"type": "object", "properties": {"files": {"type": "string", "format": "binary"}}}
        },
        responses={201: ImageRow(many=True)},
    )
    @action(detail=True, methods=["post"], pagination_class=None, parser_classes=[MultiPartParser])
    def images(self, request: Request, number: str) -> Response:
        """Add pictures (PNG, JPEG, GIF, WebP); shown by ``![words](image:ID)`` in the text."""
        row = self.article()
        if not request.content_type.startswith("multipart/"):
            raise UnsupportedMediaType(request.content_type)
        added = operations.add_images(row, actor=request.user, files=request.FILES.getlist("files"))
        return Response(ImageRow(added, many=True).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ArticleFeedback, responses=FeedbackRow)
    @action(detail=True, methods=["post"])
    def feedback(self, request: Request, number: str) -> Response:
        """Whether it helped; one's last word counts."""
        row = self.article(writing=False)
        return Response(FeedbackRow(uses.feedback(row, user=request.user, **self.sent(request, ArticleFeedback))).data)

    @extend_schema(request=ArticleDeflected, responses={204: None})
    @action(detail=True, methods=["post"])
    def solved(self, request: Request, number: str) -> Response:
        """*This solved it*: nothing needs to be sent."""
        row = self.article(writing=False)
        uses.deflect(row, user=request.user, **self.sent(request, ArticleDeflected))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ArticleUse, responses={204: None})
    @action(detail=True, methods=["post"])
    def use(self, request: Request, number: str) -> Response:
        """It was used for a ticket, or is what solved it."""
        agents_only(request)
        row = get_object_or_404(access.readable(request.user, Articles.queryset.all()), number=number.upper())
        values = self.sent(request, ArticleUse)
        ticket = access.visible(request.user, Ticket.objects.filter(number=values["ticket"].upper())).first()
        if ticket is None:
            raise serializers.ValidationError({"ticket": [_("There is no ticket with this number that you see.")]})
        uses.use(row, ticket, actor=request.user, solved=values["solved"])
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=MeasuresRow(many=True))
    @action(detail=False, methods=["get"], pagination_class=None)
    def measures(self, request: Request) -> Response:
        """Deflections and what else knowledge did in the last 7, 30 and 90 days."""
        agents_only(request)
        return Response(MeasuresRow([uses.measures(days) for days in (7, 30, 90)], many=True).data)

    @extend_schema(responses=InVainRow(many=True))
    @action(detail=False, methods=["get"], url_path="in-vain", pagination_class=None)
    def in_vain(self, request: Request) -> Response:
        """What was searched for and not found, most often first; at most 100."""
        agents_only(request)
        rows: QuerySet[SearchedFor] = finding.in_vain()
        return Response(InVainRow(rows, many=True).data)


class ArticleCategories(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The shelves of the help centre."""

    queryset = Category.objects.filter(is_active=True)
    serializer_class = ArticleCategoryRow
    pagination_class = Cursor


class SynonymGroups(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Words that mean the same: agents read, admins keep them."""

    queryset = Synonyms.objects.all()
    serializer_class = SynonymsRow
    pagination_class = Cursor
    lookup_value_regex = r"\d{1,17}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        user: Any = request.user
        agents_only(request)
        if request.method not in ("GET", "HEAD", "OPTIONS") and not user.is_admin:
            raise access.Forbidden(_("Admins keep the synonyms."))

    @extend_schema(request=NewSynonyms, responses={201: SynonymsRow})
    def create(self, request: Request) -> Response:
        """Add a group: ``vpn, remote access, tunnel``."""
        body = NewSynonyms(data=request.data)
        body.is_valid(raise_exception=True)
        row = Synonyms(**body.validated_data)
        try:
            row.full_clean()
        except ValidationError as error:
            raise Invalid(error.message_dict) from None
        row.save()
        return Response(SynonymsRow(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a group away."""
        self.get_object().delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


router = SimpleRouter()
router.register("articles", Articles, "api-articles")
router.register("article-categories", ArticleCategories, "api-article-categories")
router.register("synonyms", SynonymGroups, "api-synonyms")
urlpatterns = router.urls
