from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import FieldType
from servicedesk.tickets.models import Ticket


class Order(models.Model):
    """What was ordered in one go. Its token makes an order that is sent twice one order."""

    token = models.UUIDField(unique=True, default=uuid.uuid4)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders")
    placed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")

    def __str__(self) -> str:
        return str(self.token)


class ServiceRequest(Ticket):
    """A request from a user for something that is a normal part of service delivery (ITIL 4).

    The requester is whoever it is for. Prices are those of the day it was ordered.
    """

    offering = models.ForeignKey(
        "catalog.Offering", verbose_name=_("offering"), on_delete=models.PROTECT, related_name="requests"
    )
    offering_version = models.ForeignKey(
        "catalog.OfferingVersion", on_delete=models.PROTECT, related_name="requests", editable=False
    )
    order = models.ForeignKey(Order, null=True, on_delete=models.SET_NULL, related_name="requests", editable=False)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("ordered by"), on_delete=models.PROTECT, related_name="ordered_requests",
        editable=False,
    )  # fmt: skip
    ordered_on = models.DateField(_("ordered on"), editable=False)
    bundle = models.ForeignKey(
        "self", verbose_name=_("part of"), null=True, on_delete=models.PROTECT, related_name="parts", editable=False
    )
    quantity = models.PositiveSmallIntegerField(_("quantity"), default=1)
    price_once = models.DecimalField(_("price once"), max_digits=12, decimal_places=2, default=0)
    price_monthly = models.DecimalField(_("price per month"), max_digits=12, decimal_places=2, default=0)
    #: with what its parts cost, as far as it was known when it was ordered: what approvers decide about
    total_once = models.DecimalField(max_digits=12, decimal_places=2, default=0, editable=False)
    total_monthly = models.DecimalField(max_digits=12, decimal_places=2, default=0, editable=False)
    cost_centre = models.ForeignKey(
        "people.CostCentre", verbose_name=_("cost centre"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="requests",
    )  # fmt: skip
    #: the last month that is charged; null while it runs on
    monthly_until = models.DateField(_("charged until"), null=True, blank=True)

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        constraints = [
            models.CheckConstraint(condition=Q(price_once__gte=0, price_monthly__gte=0), name="request_price_positive"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="request_quantity_positive"),
        ]
        indexes = [models.Index(fields=["cost_centre", "ordered_on"], name="request_costs")]


class Answer(models.Model):
    """One answer, typed, so that requests can be found by it."""

    request = models.ForeignKey(ServiceRequest, on_delete=models.CASCADE, related_name="answers")
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=40)
    label = models.CharField(max_length=150)
    type = models.CharField(max_length=12, choices=FieldType.choices)
    text = models.TextField(blank=True)  # of every type: as a person reads it
    number = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    date = models.DateField(null=True)
    flag = models.BooleanField(null=True)
    options = ArrayField(models.CharField(max_length=120), null=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    organisation = models.ForeignKey("people.Organisation", null=True, on_delete=models.SET_NULL, related_name="+")
    service = models.ForeignKey("services.Service", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["request", "key"], name="answer_once")]
        indexes = [
            models.Index(fields=["key", "number"], condition=Q(number__isnull=False), name="answer_number"),
            models.Index(fields=["key", "date"], condition=Q(date__isnull=False), name="answer_date"),
            models.Index("key", models.functions.Left("text", 100), name="answer_text"),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.text[:60]}"
