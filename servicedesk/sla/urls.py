from django.urls import path

from . import views

urlpatterns = [path("on-call/<str:token>.ics", views.feed, name="on_call_feed")]
