from django.urls import path

from . import views

app_name = "problems"
urlpatterns = [
    path("desk/new/problem/", views.new, name="new"),
    path("desk/candidates/", views.found, name="candidates"),
    path("desk/candidates/<id:pk>/accept/", views.accept, name="accept"),
    path("desk/candidates/<id:pk>/dismiss/", views.dismiss, name="dismiss"),
    path("desk/<str:number>/timeline/", views.timeline, name="timeline"),
    path("desk/<str:number>/merge/", views.merge, name="merge"),
    path("desk/<str:number>/undo-resolving/", views.undo_resolving, name="undo_resolving"),
    path("desk/<str:number>/analysis/", views.analysis, name="analysis"),
    path("desk/<str:number>/why/", views.why, name="why"),
    path("desk/<str:number>/why/<id:pk>/", views.why, name="why_below"),
    path("desk/<str:number>/drop-why/<id:pk>/", views.drop_why, name="drop_why"),
    path("desk/<str:number>/link-many/", views.link_many, name="link_many"),
    path("desk/<str:number>/publish/", views.publish, name="publish"),
    path("desk/<str:number>/resolve-incidents/", views.resolve_incidents, name="resolve_incidents"),
]
