"""What must happen whenever people change or come in, whoever does it."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from .models import User
from .sessions import end_sessions


@receiver(post_save, sender=User)
def _end_sessions_of_deactivated(sender: type[User], instance: User, created: bool, **kwargs: Any) -> None:
    if not created and not instance.is_active:
        end_sessions(instance)


@receiver(user_logged_in)
def _remember_device(sender: type[User], request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """For the list of sessions on one's profile."""
    if request is not None:
        request.session["ip_address"] = request.META.get("REMOTE_ADDR") or None
        request.session["user_agent"] = request.META.get("HTTP_USER_AGENT", "")[:250]
        request.session["started_at"] = timezone.now().isoformat()
