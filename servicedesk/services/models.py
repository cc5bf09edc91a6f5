"""The services of the organisation and what they depend on; every process speaks of them."""

from __future__ import annotations

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
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Inactive services cannot be chosen."))

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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
