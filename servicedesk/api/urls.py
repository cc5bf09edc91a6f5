from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from . import approvals, views

router = SimpleRouter()
router.register("people", views.People, "api-people")
router.register("teams", views.Teams, "api-teams")
router.register("organisations", views.Organisations, "api-organisations")
router.register("services", views.Services, "api-services")
router.register("categories", views.Categories, "api-categories")
router.register("approvals", approvals.Approvals, "api-approvals")
router.register("resolution-codes", views.ResolutionCodes, "api-resolution-codes")

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="api-docs"),
    *router.urls,
]
