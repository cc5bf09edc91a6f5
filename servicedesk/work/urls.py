"""Where outside systems say how their task went."""

from django.urls import path

from .views import callback

app_name = "work"
urlpatterns = [path("tasks/callback/<str:token>/", callback, name="callback")]
