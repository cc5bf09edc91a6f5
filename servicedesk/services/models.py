"""The services of the organisation and what they depend on; every process speaks of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


class Criticality(models.IntegerChoices):
    """How much the organisation loses when the service is down; 1 is the most."""

    MISSION = 1, _("Mission critical")
    BUSINESS = 2, _("Business critical")
    OPERATIONAL = 3, _("Business operational")
    ADMINISTRATIVE = 4, _("Administrative")


class Stage(models.TextChoices):
    """Where a service stands in the portfolio (ITIL 4): planned, offered, gone."""

    PIPELINE = "pipeline", _("Pipeline")
    ACTIVE = "active", _("Active")
    RETIRED = "retired", _("Retired")


class Health(models.TextChoices):
    """How a service does right now, as customers read it."""

    OPERATIONAL = "operational", _("Works normally")
    DEGRADED = "degraded", _("Works with trouble")
    OUTAGE = "outage", _("Does not work")
    MAINTENANCE = "maintenance", _("Under maintenance")


class Service(models.Model):
    """Something the organisation runs for its users."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    description = models.CharField(_("description"), max_length=250, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="owned_services",
    )  # fmt: skip
    team = models.ForeignKey(
        "people.Team", verbose_name=_("team"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="services", help_text=_("Gets new tickets about this service."),
    )  # fmt: skip
    criticality = models.PositiveSmallIntegerField(
        _("criticality"), choices=Criticality.choices, default=Criticality.OPERATIONAL
    )
    depends_on = models.ManyToManyField(
        "self", verbose_name=_("depends on"), through="Dependency", symmetrical=False, related_name="supports"
    )
    organisations = models.ManyToManyField(
        "people.Organisation", verbose_name=_("organisations entitled"), blank=True, related_name="services",
        help_text=_("Whose members may order what it offers. None chosen: everybody."),
    )  # fmt: skip
    # By name, not by import: service levels stand above services.
    support_hours = models.ForeignKey(
        "sla.Calendar", verbose_name=_("support hours"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="services", help_text=_("Shown to customers with the service."),
    )  # fmt: skip
    agreement = models.ForeignKey(
        "sla.Agreement", verbose_name=_("agreement"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="services", help_text=_("What is promised for this service: its goals are shown with it."),
    )  # fmt: skip
    cost_centre = models.ForeignKey(
        "people.CostCentre", verbose_name=_("cost centre"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="services", help_text=_("Pays for orders of people who have none of their own."),
    )  # fmt: skip
    status = models.CharField(_("status"), max_length=12, choices=Health.choices, default=Health.OPERATIONAL)
    stage = models.CharField(
        _("portfolio stage"), max_length=8, choices=Stage.choices, default=Stage.ACTIVE,
        help_text=_("Only active services can be chosen, and only what they offer can be ordered."),
    )  # fmt: skip
    #: follows from the stage
    is_active = models.BooleanField(_("active"), default=True, editable=False)

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.is_active and self.stage == Stage.ACTIVE and self._state.adding:
            self.stage = Stage.RETIRED
        self.is_active = self.stage == Stage.ACTIVE
        if (fields := kwargs.get("update_fields")) is not None and "stage" in fields:
            kwargs["update_fields"] = {*fields, "is_active"}
        super().save(*args, **kwargs)


class Dependency(models.Model):
    """That one service needs another to work."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="dependencies")
    needs = models.ForeignKey(
        Service, verbose_name=_("depends on"), on_delete=models.CASCADE, related_name="dependents"
    )

    class Meta:
        verbose_name = _("dependency")
        verbose_name_plural = _("dependencies")
        constraints = [
            models.UniqueConstraint(fields=["service", "needs"], name="dependency_once"),
            models.CheckConstraint(
                condition=~models.Q(service=models.F("needs")), name="dependency_not_itself",
                violation_error_message=_("A service cannot depend on itself."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.service} → {self.needs}"

    def clean(self) -> None:
        """Refuse a circle: impact would never end."""
        if self.service_id and self.needs_id and self.service_id in needed_by(self.needs_id):
            raise ValidationError({"needs": _("%(name)s already depends on this service.") % {"name": self.needs.name}})


def needed_by(service_id: int) -> set[int]:
    """Ids of the service and everything it depends on, directly or through others."""
    edges: dict[int, list[int]] = {}
    for a, b in Dependency.objects.values_list("service_id", "needs_id"):
        edges.setdefault(a, []).append(b)
    seen, todo = {service_id}, [service_id]
    while todo:
        for nearby in edges.get(todo.pop(), []):
            if nearby not in seen:
                seen.add(nearby)
                todo.append(nearby)
    return seen
