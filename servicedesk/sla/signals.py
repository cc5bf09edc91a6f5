"""What service levels listen to: every event, every recorded past, every change of what is promised."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save

from servicedesk.tickets.models import Category
from servicedesk.tickets.outbox import event_recorded, history_recorded

from . import configuring, engine
from .models import Agreement, Calendar, EscalationRule, Goal, Holiday, Metric, SpecialDay


def _event(event: Any, ticket: Any, **kwargs: Any) -> None:
    engine.on_event(event, ticket)


def _history(tickets: Any, **kwargs: Any) -> None:
    engine.on_history(tickets)


def _calendar(instance: Any, **kwargs: Any) -> None:
    calendar_id = instance.pk if isinstance(instance, Calendar) else instance.calendar_id
    configuring.changed(Agreement.objects.filter(goals__calendar=calendar_id))


def _metric(instance: Any, **kwargs: Any) -> None:
    configuring.changed(Agreement.objects.filter(metric=instance))


def _agreement(instance: Any, **kwargs: Any) -> None:
    configuring.changed(Agreement.objects.filter(pk=instance.pk))


def _part(instance: Any, origin: Any = None, **kwargs: Any) -> None:
    if getattr(origin, "model", type(origin)) is Agreement:
        return  # the agreement itself is being deleted, and its parts with it
    configuring.changed(Agreement.objects.filter(pk=instance.agreement_id))


def _category(instance: Any, **kwargs: Any) -> None:
    # A branch that moved may match other goals.
    configuring.changed(Agreement.objects.filter(goals__resolved__icontains='"category_id"'))


def connect() -> None:
    """Called once, when Django is ready."""
    event_recorded.connect(_event, dispatch_uid="sla")
    history_recorded.connect(_history, dispatch_uid="sla")
    listeners = {
        Calendar: _calendar, Holiday: _calendar, SpecialDay: _calendar, Metric: _metric, Agreement: _agreement,
        Goal: _part, EscalationRule: _part, Category: _category,
    }  # fmt: skip
    for model, listener in listeners.items():
        for signal in (post_save, post_delete):
            if model is Agreement and signal is post_delete:
                continue  # only one without clocks can be deleted
            signal.connect(listener, sender=model, dispatch_uid=f"sla {model.__name__} {signal is post_save}")
