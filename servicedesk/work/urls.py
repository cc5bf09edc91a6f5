"""Adding tasks, tasks over REST, and where outside systems say how theirs went."""

from django.urls import include, path

from . import views
from .api import router

app_name = "work"
urlpatterns = [
    path("desk/<str:number>/task/", views.task, name="task"),
    path("api/v1/tasks/callback/<str:token>/", views.callback, name="callback"),
    path("api/v1/", include(router.urls)),
]
