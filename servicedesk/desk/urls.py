from django.urls import path

from .views import lists, oncall, ticket

app_name = "desk"
urlpatterns = [
    path("", lists.queue, name="queue"),
    path("filters/", lists.filters, name="filters"),
    path("pulse/", lists.pulse, name="pulse"),
    path("search/", lists.search_page, name="search"),
    path("search/beside/", lists.search_beside, name="search_beside"),
    path("people/", lists.people, name="people"),
    path("keys/", lists.keyboard, name="keys"),
    path("bulk/", lists.bulk, name="bulk"),
    path("bulk/teams/", lists.bulk_teams, name="bulk_teams"),
    path("on-call/", oncall.on_call, name="on_call"),
    path("<str:number>/", ticket.ticket_page, name="ticket"),
    path("<str:number>/say/", ticket.say, name="say"),
    path("<str:number>/beside/", ticket.beside, name="beside"),
    path("<str:number>/pulse/", ticket.ticket_pulse, name="ticket_pulse"),
    path("<str:number>/step/<slug:slug>/", ticket.step, name="step"),
    path("<str:number>/edit/<slug:name>/", ticket.edit, name="edit"),
    path("<str:number>/act/<slug:name>/", ticket.act, name="act"),
]
