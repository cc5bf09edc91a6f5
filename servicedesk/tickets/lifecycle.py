"""The engine that walks a process's lifecycle. The lifecycles themselves are data, one in each process app."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.people import access

from .errors import NotAllowedNow

#: What each need is called on screens; also the names of the fields that carry them.
NEEDS = {
    "reason": gettext_lazy("Reason"),
    "resolution": gettext_lazy("Resolution"),
    "resolution_code": gettext_lazy("Resolution code"),
}


@dataclass(frozen=True)
class State:
    """Where a ticket can stand."""

    slug: str
    label: Any
    category: str  #: one of StatusCategory
    customer_label: Any = None  #: plain words for the portal


@dataclass(frozen=True)
class Transition:
    """A step between states."""

    slug: str
    label: Any
    sources: frozenset[str]
    target: str
    action: str = "transition"  #: what people.access is asked about whoever takes it
    needs: tuple[str, ...] = ()  #: fields that must be given, of NEEDS
    primary: bool = False  #: the step most often taken next
    reopens: bool = False
    desk: bool = True  #: whether agents get a button for it


@dataclass(frozen=True)
class Lifecycle:
    """States and transitions of one process, and what follows by itself."""

    initial: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    #: state → transition taken when the customer writes in it
    on_customer_reply: dict[str, str] = field(default_factory=dict)
    #: state → transition taken when an agent takes the ticket in it
    on_take: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = set(self._states)
        named = {self.initial, *(t.target for t in self.transitions), *(s for t in self.transitions for s in t.sources)}
        named |= {*self.on_customer_reply, *self.on_take}
        if len(known) != len(self.states) or len(self._transitions) != len(self.transitions):
            raise ValueError("A lifecycle names a state or a transition twice.")
        if unknown := named - known:
            raise ValueError(f"A lifecycle names states it does not have: {sorted(unknown)}.")
        if unknown := {*self.on_customer_reply.values(), *self.on_take.values()} - set(self._transitions):
            raise ValueError(f"A lifecycle names transitions it does not have: {sorted(unknown)}.")
        if unknown := {need for t in self.transitions for need in t.needs} - set(NEEDS):
            raise ValueError(f"A lifecycle needs fields nobody can give: {sorted(unknown)}.")

    @cached_property
    def _states(self) -> dict[str, State]:
        return {state.slug: state for state in self.states}

    @cached_property
    def _transitions(self) -> dict[str, Transition]:
        return {transition.slug: transition for transition in self.transitions}

    def state(self, slug: str) -> State:
        """The state; raises KeyError for one this lifecycle does not have."""
        return self._states[slug]

    def transition(self, slug: str) -> Transition:
        """The transition; raises NotAllowedNow for one this lifecycle does not have."""
        try:
            return self._transitions[slug]
        except KeyError:
            raise NotAllowedNow(_("There is no step “%(step)s”.") % {"step": slug[:40]}) from None

    def leaving(self, status: str) -> Iterable[Transition]:
        """The transitions that leave ``status``, in the table's order."""
        return (t for t in self.transitions if status in t.sources)

    def open_to(self, user: Any, ticket: Any) -> list[Transition]:
        """The steps that ``user`` may take now."""
        return [t for t in self.leaving(ticket.status) if access.may(user, t.action, ticket)]

    def check(self, ticket: Any, slug: str) -> Transition:
        """The transition if it leaves the ticket's state; raises NotAllowedNow with a sentence if not."""
        transition = self.transition(slug)
        if ticket.status not in transition.sources:
            raise NotAllowedNow(
                _("“%(step)s” is not possible while %(number)s is “%(state)s”.")
                % {"step": transition.label, "number": ticket.number, "state": self.state(ticket.status).label}
            )
        return transition
