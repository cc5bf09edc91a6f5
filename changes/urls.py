from django.urls import path

from . import feeds
from .views import cab, calendar, change, measures

app_name = "changes"
urlpatterns = [
    path("desk/new/change/", change.new, name="new"),
    path("desk/changes/", calendar.page, name="calendar"),
    path("desk/changes/feed/", calendar.new_feed, name="new_feed"),
    path("desk/changes/measures/", measures.page, name="measures"),
    path("desk/changes/measures/csv/", measures.as_csv, name="measures_csv"),
    path("desk/changes/meetings/", cab.meetings, name="meetings"),
    path("desk/changes/meetings/new/", cab.plan, name="new_meeting"),
    path("desk/changes/meetings/<id:pk>/", cab.meeting, name="meeting"),
    path("desk/changes/meetings/<id:pk>/edit/", cab.plan, name="edit_meeting"),
    path("desk/changes/meetings/<id:pk>/act/", cab.act, name="meeting_act"),
    path("desk/changes/meetings/<id:pk>/<id:item_pk>/", cab.item, name="meeting_item"),
    path("changes/<str:token>.ics", feeds.feed, name="feed"),
    path("desk/<str:number>/plan/", change.plan, name="plan"),
    path("desk/<str:number>/window/", change.window, name="window"),
    path("desk/<str:number>/shift/", calendar.shift, name="shift"),
    path("desk/<str:number>/assess/", change.assess, name="assess"),
    path("desk/<str:number>/type/", change.change_type, name="type"),
    path("desk/<str:number>/plan-task/", change.task, name="task"),
    path("desk/<str:number>/drop-task/<id:pk>/", change.drop_task, name="drop_task"),
    path("desk/<str:number>/finish/", change.finish, name="finish"),
    path("desk/<str:number>/review/", change.review, name="review"),
    path("desk/<str:number>/blame/", change.blame, name="blame"),
]
