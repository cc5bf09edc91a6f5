"""Tasks over REST, and where outside systems say how theirs went."""

from django.urls import path

from .api import router
from .views import callback

app_name = "work"
urlpatterns = [path("tasks/callback/<str:token>/", callback, name="callback"), *router.urls]
