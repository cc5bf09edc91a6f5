from django.urls import path

from . import views

app_name = "catalog"
urlpatterns = [
    path("portal/catalogue/", views.catalogue, name="catalogue"),
    path("portal/catalogue/<slug:slug>/", views.shelf, name="shelf"),
    path("portal/services/<id:pk>/", views.service, name="service"),
]
