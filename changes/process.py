"""How changes present themselves to the ticket layer and to plans of tasks."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.registry import Process
from servicedesk.work.process import Planned

from .lifecycle import LIFECYCLE
from .models import Change


def _guard(row: Any, slug: str, actor: Any, at: Any) -> None:
    from .operations.following import guard

    guard(row, slug, at)


def _followed(row: Any, event: Any) -> None:
    if event.kind != "opened":
        from .operations.following import followed

        followed(row, event)


def _context(ticket: Any, user: Any) -> dict[str, Any]:
    from .showing import desk_context

    return desk_context(ticket, user)


CHANGE = Process(
    kind="change",
    prefix="CHG",
    label=_("Change"),
    label_plural=_("Changes"),
    model=Change,
    lifecycle=LIFECYCLE,
    new_url="changes:new",
    raise_from=(_("Raise a change"), "changes:new"),
    icon="git-merge",
    panel="changes/panel.html",
    context=_context,
    guard=_guard,
    followed=_followed,
    for_customers=False,
)
PLANNED = Planned(
    kind="change", finished=lambda row, at: None, order=lambda row, step, at: None,
    begins=lambda row: row.status == "implementing",
)  # fmt: skip
