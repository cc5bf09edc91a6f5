from django.urls import path

from . import views

app_name = "incidents"
urlpatterns = [
    path("desk/new/incident/", views.new, name="new"),
    path("desk/<str:number>/major/", views.major, name="major"),
    path("desk/<str:number>/stand-down/", views.stand_down, name="stand_down"),
    path("desk/<str:number>/resolve-children/", views.resolve_children, name="resolve_children"),
    path("portal/report/problem/", views.report, name="report"),
]
