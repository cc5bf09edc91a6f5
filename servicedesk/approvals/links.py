"""The link in an approver's mail: signed, good once and for 30 days. Opening it decides nothing; a button does."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.urls import reverse

from .models import Approver

SALT = "servicedesk.approvals"
DAYS = 30


def link_for(approver: Approver) -> str:
    """The whole address."""
    token = signing.dumps([approver.pk, approver.nonce], salt=SALT)
    return settings.SITE_URL + reverse("approvals:link", args=[token])


def find_by_token(token: str) -> tuple[Approver | None, bool]:
    """(the approver, whether the link is still the one that was mailed last); (None, False) for a forged or old one."""
    try:
        pk, nonce = signing.loads(token, salt=SALT, max_age=DAYS * 86400)
    except (signing.BadSignature, ValueError, TypeError):
        return None, False
    approver = Approver.objects.select_related("step__approval__ticket", "user", "in_place_of").filter(pk=pk).first()
    return approver, approver is not None and approver.nonce == nonce
