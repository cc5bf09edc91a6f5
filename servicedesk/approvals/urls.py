from django.urls import path

from . import views

app_name = "approvals"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("<id:pk>/", views.one, name="one"),
    path("<id:pk>/delegate/", views.delegate, name="delegate"),
    path("link/<str:token>/", views.link, name="link"),
]
