"""Ways to get an account: an invitation by an admin, or signing up with an address at an allowed domain.

Both end in the same mailed link, good once and for 14 days; whoever opens it
has shown that the address is theirs.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from .models import Invitation, Organisation, User
from .models.access import digest


def send_account_mail(template: str, subject: str, to: str, language: str, context: dict[str, Any]) -> None:
    """Send a mail of ours about an account; plain text, marked as automatic."""
    with translation.override(language):
        body = render_to_string(f"people/mail/{template}.txt", {**context, "site_name": settings.SITE_NAME})
    EmailMultiAlternatives(
        subject=subject, body=body, to=[to],
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    ).send()  # fmt: skip


@transaction.atomic
def invite(invitation: Invitation, *, language: str = "en") -> str:
    """Give the invitation a fresh secret, mail its link, and return the link."""
    secret = secrets.token_urlsafe(32)
    invitation.email = invitation.email.strip().lower()
    invitation.hash = digest(secret)
    invitation.save()
    link = settings.SITE_URL + reverse("accept", args=[secret])
    with translation.override(language):
        subject = _("Your account at %(site)s") % {"site": settings.SITE_NAME}
    send_account_mail("invitation", subject, invitation.email, language, {"link": link, "invitation": invitation})
    return link


def organisation_for(email: str) -> Organisation | None:
    """The organisation whose mail domain the address has, or None."""
    domain = email.rsplit("@", 1)[-1].strip().lower()
    return Organisation.objects.filter(domains__contains=[domain]).first()


def sign_up(email: str, *, language: str) -> None:
    """Mail a link to a new address at an allowed domain; a known address is told that it has an account.

    The caller answers the same in every case: nobody learns here who has an account.
    """
    email = email.strip().lower()
    organisation = organisation_for(email)
    if User.objects.filter(email__iexact=email).exists():
        with translation.override(language):
            subject = _("You already have an account at %(site)s") % {"site": settings.SITE_NAME}
        link = settings.SITE_URL + reverse("password_reset")
        send_account_mail("known", subject, email, language, {"link": link})
    elif organisation is not None and organisation.allow_sign_up:
        Invitation.objects.filter(email=email, invited_by=None, accepted_at=None).delete()
        invite(Invitation(email=email, organisation=organisation), language=language)


def find_invitation(secret: str) -> Invitation | None:
    """The invitation with this secret if it is still good."""
    return Invitation.objects.filter(
        hash=digest(secret), accepted_at=None, expires_at__gt=timezone.now()
    ).first()  # fmt: skip


@transaction.atomic
def accept(invitation: Invitation, *, name: str, password: str, language: str, time_zone: str) -> User:
    """Make the account. Raises ValidationError for a weak password, ValueError when the link was used meanwhile."""
    row = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    if row.accepted_at is not None or User.objects.filter(email__iexact=row.email).exists():
        raise ValueError("used")
    user = User(email=row.email, name=name, role=row.role, organisation=row.organisation, language=language)
    user.time_zone = time_zone
    validate_password(password, user)
    user.set_password(password)
    user.save()
    row.accepted_at = timezone.now()
    row.save(update_fields=["accepted_at"])
    return user


def may_sign_up() -> bool:
    """Whether any organisation lets people sign themselves up."""
    return Organisation.objects.filter(allow_sign_up=True).exclude(domains=[]).exists()
