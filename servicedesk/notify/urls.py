from django.urls import path

from . import views

urlpatterns = [
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/read/", views.read_all, name="notifications_read"),
    path("notifications/<id:pk>/", views.go, name="notification"),
    path("profile/notifications/", views.preferences_page, name="notification_preferences"),
]
