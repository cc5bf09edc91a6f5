from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class BasketItem(models.Model):
    """Something not ordered yet: a draft, or what lies in the basket. No number, no clock, nobody's work."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="basket")
    offering = models.ForeignKey("catalog.Offering", on_delete=models.CASCADE, related_name="+")
    #: whose it was filled in with; a newer one is noticed
    version = models.ForeignKey("catalog.OfferingVersion", on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveSmallIntegerField(_("quantity"), default=1)
    #: what was typed: field → values
    data = models.JSONField(default=dict)
    in_basket = models.BooleanField(default=False)  # otherwise a draft
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("basket item")
        verbose_name_plural = _("basket items")
        ordering = ["pk"]
        indexes = [models.Index(fields=["user", "in_basket"], name="basket_user")]

    def __str__(self) -> str:
        return f"{self.offering_id} for {self.user_id}"


def storage_name(instance: BasketFile, filename: str) -> str:
    """As attachments: a random place."""
    name = uuid.uuid4().hex
    return f"{name[:2]}/{name[2:4]}/{name}"


class BasketFile(models.Model):
    """A file that waits for its request."""

    item = models.ForeignKey(BasketItem, on_delete=models.CASCADE, related_name="files")
    key = models.CharField(max_length=40)
    file = models.FileField(upload_to=storage_name, max_length=120)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
