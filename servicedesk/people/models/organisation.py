from __future__ import annotations

import re

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

DOMAIN = re.compile(r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$")


def validate_domain(value: str) -> None:
    """Raise ValidationError unless ``value`` is a mail domain, in whatever case."""
    if not DOMAIN.match(value.strip().lower()):
        raise ValidationError(_("“%(value)s” is not a mail domain such as example.org."), params={"value": value})


class Organisation(models.Model):
    """A customer: the people who ask belong to one."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    domains = ArrayField(
        models.CharField(max_length=253, validators=[validate_domain]),
        verbose_name=_("mail domains"),
        default=list,
        blank=True,
        help_text=_("People with an address at one of these belong here. Separate several with commas."),
    )
    allow_sign_up = models.BooleanField(
        _("sign-up by mail domain"),
        default=False,
        help_text=_("Whoever can read mail at one of the domains may make an account."),
    )
    shared_tickets = models.BooleanField(
        _("members see each other's tickets"),
        default=False,
        help_text=_("Otherwise each member sees only tickets that they asked for or watch."),
    )
    contact = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("contact"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="contact_for",
    )

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]
        indexes = [GinIndex(fields=["domains"], name="organisation_domains")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.domains = sorted({domain.strip().lower() for domain in self.domains or []})
        taken = Organisation.objects.exclude(pk=self.pk).filter(domains__overlap=self.domains).first()
        if self.domains and taken:
            raise ValidationError({"domains": _("One of these domains belongs to %(name)s.") % {"name": taken.name}})
