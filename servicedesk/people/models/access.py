from __future__ import annotations

import datetime
import hashlib
import secrets

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .user import Role


def digest(secret: str) -> str:
    """How tokens are stored: they are long and random, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


class UserSession(AbstractBaseSession):
    """A browser's session, tied to its person so that it can be listed and ended."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="sessions", editable=False
    )
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=250, blank=True)
    started_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    @classmethod
    def get_session_store_class(cls):  # type: ignore[no-untyped-def]
        from ..sessions import SessionStore

        return SessionStore


class ApiToken(models.Model):
    """A named key to the API. Only its hash is kept; the key is shown once."""

    PREFIX = "sd_"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def issue(cls, user: models.Model, name: str) -> tuple[ApiToken, str]:
        """Make a token; returns it and the key, which nobody can see again."""
        key = cls.PREFIX + secrets.token_urlsafe(32)
        return cls.objects.create(user=user, name=name, hash=digest(key), hint=key[:7] + "…"), key

    @classmethod
    def find(cls, key: str) -> ApiToken | None:
        """The live token with this key and its person, or None."""
        return (
            cls.objects.select_related("user").filter(hash=digest(key), revoked_at=None, user__is_active=True).first()
        )


def invitation_end() -> datetime.datetime:
    return timezone.now() + datetime.timedelta(days=14)


class Invitation(models.Model):
    """A mailed way in for one address, good once and for 14 days."""

    email = models.EmailField(_("e-mail"))
    organisation = models.ForeignKey(
        "people.Organisation", verbose_name=_("organisation"), null=True, blank=True, on_delete=models.CASCADE
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.CUSTOMER)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("good until"), default=invitation_end)
    accepted_at = models.DateTimeField(_("accepted"), null=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.email
