"""The processes that use the ticket layer. Each registers itself; nothing here names one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .lifecycle import Lifecycle


@dataclass(frozen=True)
class Process:
    """What the shared layer must know of an ITIL process."""

    kind: str  #: value of Ticket.kind
    prefix: str  #: of its numbers: INC
    label: Any
    label_plural: Any
    model: Any  #: the Django model, a child of Ticket
    lifecycle: Lifecycle
    #: fields beyond Ticket's own that operations may change
    fields: tuple[str, ...] = ()
    #: URL names of the desk's form for a new one and of the customers' form; empty for none
    new_url: str = ""
    report_url: str = ""
    #: (words, URL name) of its form when it is raised from a ticket of another process, which it gets as ``?for=NUMBER``
    raise_from: tuple[Any, str] | None = None
    #: whether that form takes several ``for``, so that it can be raised from what is selected in a queue
    raise_from_many: bool = False
    icon: str = "ticket"
    #: template drawn in the ticket page's side column
    panel: str = ""
    #: adds the process's own entries to the ticket page's context
    context: Callable[[Any, Any], dict[str, Any]] = field(default=lambda ticket, user: {})
    #: the same for the customers' page
    customer_panel: str = ""
    customer_context: Callable[[Any, Any], dict[str, Any]] = field(default=lambda ticket, user: {})
    #: asked before a step is taken: (locked ticket, step's slug, actor, at); raises NotAllowedNow with a sentence
    guard: Callable[[Any, str, Any, Any], None] = field(default=lambda ticket, slug, actor, at: None)
    #: called in the operation's transaction after the status changed: (locked ticket, event); what follows in the process
    followed: Callable[[Any, Any], None] = field(default=lambda ticket, event: None)
    #: the ticket above this one (a task's request), whose row is always locked first; None for none
    above: Callable[[Any], int | None] = field(default=lambda ticket: None)
    #: whether customers have such tickets; others have no requester and no organisation
    for_customers: bool = True

    @property
    def sequence(self) -> str:
        """The PostgreSQL sequence of its numbers, made by the process's first migration."""
        return f"ticket_number_{self.prefix.lower()}"


_processes: dict[str, Process] = {}


def register(process: Process) -> None:
    """Called from a process's AppConfig.ready; raises ValueError for a second one of the same kind."""
    other = _processes.get(process.kind)
    if other is not None and other.model is not process.model:
        raise ValueError(f"Two processes call themselves {process.kind}.")
    _processes[process.kind] = process


def get(kind: str) -> Process:
    """The process; raises KeyError for an unknown kind."""
    return _processes[kind]


def all_processes() -> Iterable[Process]:
    """Every process in the order of registration, those that customers open first."""
    return sorted(_processes.values(), key=lambda process: not process.for_customers)


def raisable_from(process: Process) -> list[tuple[Any, str]]:
    """(words, URL name) of what can be raised from a ticket of this process; nothing from pieces of work under one."""
    if not (process.for_customers or process.raise_from):
        return []
    return [other.raise_from for other in _processes.values() if other.raise_from is not None and other is not process]


def raisable_from_many() -> list[tuple[Any, str]]:
    """(words, URL name) of what can be raised from several tickets at once."""
    return [other.raise_from for other in _processes.values() if other.raise_from is not None and other.raise_from_many]


def states() -> dict[str, Any]:
    """Every state of every process by slug."""
    return {state.slug: state for process in _processes.values() for state in process.lifecycle.states}
