from django.contrib.auth import views as auth_views
from django.urls import path, register_converter
from django.urls.converters import IntConverter

from . import views


class Id(IntConverter):
    """A row's number; longer ones than a bigint are no address of ours."""

    regex = "[0-9]{1,18}"


register_converter(Id, "id")

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.LoginView.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("password/reset/", views.PasswordResetView.as_view(), name="password_reset"),
    path(
        "password/reset/sent/",
        auth_views.PasswordResetDoneView.as_view(template_name="people/password_reset_sent.html"),
        name="password_reset_done",
    ),
    path(
        "password/reset/<str:uidb64>/<str:token>/",
        views.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path("sign-up/", views.sign_up, name="sign_up"),
    path("welcome/<str:secret>/", views.accept, name="accept"),
    path("profile/", views.profile, name="profile"),
    path("profile/theme/", views.theme, name="theme"),
    path("profile/password/", views.password, name="password_change"),
    path("profile/sessions/", views.sessions, name="sessions"),
    path("profile/sessions/end/", views.sessions_end, name="sessions_end"),
    path("profile/absences/", views.absences, name="absences"),
    path("profile/absences/<id:pk>/end/", views.absence_end, name="absence_end"),
    path("profile/tokens/", views.tokens, name="tokens"),
    path("profile/tokens/<id:pk>/revoke/", views.token_revoke, name="token_revoke"),
]
