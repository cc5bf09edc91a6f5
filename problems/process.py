"""How problems present themselves to the ticket layer."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.tickets.errors import NotAllowedNow
from servicedesk.tickets.registry import Process

from .lifecycle import LIFECYCLE
from .models import Problem


def _guard(row: Any, slug: str, actor: Any, at: Any) -> None:
    if slug not in ("find_cause", "accept"):
        return
    problem = Problem.objects.get(pk=row.pk)
    if slug == "find_cause" and not problem.root_cause:
        raise NotAllowedNow(_("Write down the root cause first."))
    if slug == "accept" and not problem.workaround:
        raise NotAllowedNow(_("A known error has a workaround; write it down first."))


def _context(ticket: Any, user: Any) -> dict[str, Any]:
    from .showing import desk_context

    return desk_context(ticket, user)


PROBLEM = Process(
    kind="problem",
    prefix="PRB",
    label=gettext_lazy("Problem"),
    label_plural=gettext_lazy("Problems"),
    model=Problem,
    lifecycle=LIFECYCLE,
    new_url="problems:new",
    raise_from=(gettext_lazy("Raise a problem"), "problems:new"),
    raise_from_many=True,
    icon="search",
    panel="problems/panel.html",
    context=_context,
    guard=_guard,
    for_customers=False,
)
