"""What must happen whenever people change, whoever changes them."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from .models import User
from .sessions import end_sessions


@receiver(post_save, sender=User)
def _end_sessions_of_deactivated(sender: type[User], instance: User, created: bool, **kwargs: Any) -> None:
    if not created and not instance.is_active:
        end_sessions(instance)
