from django.urls import path

from . import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("tickets/", views.tickets, name="tickets"),
    path("find/", views.find, name="find"),
    path("<str:number>/", views.ticket_page, name="ticket"),
    path("<str:number>/answer/", views.answer, name="answer"),
    path("<str:number>/confirm/", views.confirm, name="confirm"),
    path("<str:number>/watch/", views.watch, name="watch"),
    path("<str:number>/<slug:slug>/", views.step, name="step"),
]
