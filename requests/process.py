"""How requests present themselves to the ticket layer and to plans of tasks."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.tickets.errors import NotAllowedNow
from servicedesk.tickets.registry import Process
from servicedesk.work.process import Planned

from .lifecycle import LIFECYCLE
from .models import ServiceRequest


def _guard(row: Any, slug: str, actor: Any, at: Any) -> None:
    if slug == "fulfil":
        from .operations.fulfilling import open_steps

        if left := open_steps(row):
            names = ", ".join(step.title for step in left[:3])
            raise NotAllowedNow(_("Not all its steps are over: %(names)s.") % {"names": names})


def _followed(row: Any, event: Any) -> None:
    if event.kind != "opened":
        from .operations.fulfilling import moved

        moved(row, event)


def _above(ticket: Any) -> int | None:
    return ServiceRequest.objects.filter(pk=ticket.pk).values_list("bundle_id", flat=True).first()


def _context(ticket: Any, user: Any) -> dict[str, Any]:
    from .showing import desk_context

    return desk_context(ticket, user)


def _customer_context(ticket: Any, user: Any) -> dict[str, Any]:
    from .showing import customer_context

    return customer_context(ticket, user)


def _finished(row: Any, at: Any) -> None:
    from .operations.fulfilling import all_steps_over

    all_steps_over(row, at=at)


def _order(row: Any, step: Any, at: Any) -> Any:
    from .operations.bundles import order_part

    return order_part(row, step, at)


def _progressed(row: Any, at: Any) -> None:
    from .operations.fulfilling import follow_tasks

    follow_tasks(row, at=at)


def _payload(row: Any) -> dict[str, Any]:
    from .showing import answers_as_json

    return {"answers": answers_as_json(row)}


REQUEST = Process(
    kind="request",
    prefix="REQ",
    label=gettext_lazy("Request"),
    label_plural=gettext_lazy("Requests"),
    model=ServiceRequest,
    lifecycle=LIFECYCLE,
    new_url="requests:new",
    icon="package",
    panel="requests/panel.html",
    context=_context,
    customer_panel="requests/customer.html",
    customer_context=_customer_context,
    guard=_guard,
    followed=_followed,
    above=_above,
)
PLANNED = Planned(kind="request", finished=_finished, order=_order, progressed=_progressed, payload=_payload)
