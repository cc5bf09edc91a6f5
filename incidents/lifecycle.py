"""The states of an incident and the steps between them, as data."""

from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.lifecycle import Lifecycle, State, Transition

WORKING = frozenset({"new", "in_progress"})
WAITING = frozenset({"waiting_customer", "waiting_supplier", "waiting_problem", "waiting_change"})
UNFINISHED = WORKING | WAITING


def _wait(slug: str, label: object) -> Transition:
    target = f"waiting_{slug}"
    return Transition(f"wait_{slug}", label, UNFINISHED - {target}, target, needs=("reason",))


LIFECYCLE = Lifecycle(
    initial="new",
    states=(
        State("new", _("New"), "open", _("We have received it")),
        State("in_progress", _("In progress"), "open", _("We are working on it")),
        State("waiting_customer", _("Waiting for customer"), "waiting", _("We are waiting for your answer")),
        State("waiting_supplier", _("Waiting for supplier"), "waiting", _("We are waiting for a supplier")),
        State("waiting_problem", _("Waiting for problem"), "waiting", _("We are looking for the cause")),
        State("waiting_change", _("Waiting for change"), "waiting", _("A fix is planned")),
        State("resolved", _("Resolved"), "resolved", _("We think it is solved")),
        State("closed", _("Closed"), "closed", _("Closed")),
        State("cancelled", _("Cancelled"), "closed", _("Withdrawn")),
    ),
    transitions=(
        Transition("start", _("Start work"), frozenset({"new"}), "in_progress", primary=True),
        Transition("resume", _("Resume work"), WAITING, "in_progress", primary=True),
        Transition(
            "resolve", _("Resolve"), UNFINISHED, "resolved", needs=("resolution_code", "resolution"), primary=True
        ),
        _wait("customer", _("Wait for customer")),
        _wait("supplier", _("Wait for supplier")),
        _wait("problem", _("Wait for problem")),
        _wait("change", _("Wait for change")),
        Transition("close", _("Close"), frozenset({"resolved"}), "closed", primary=True),
        Transition("confirm", _("Yes, it is solved"), frozenset({"resolved"}), "closed", action="confirm", desk=False),
        Transition(
            "reopen", _("Reopen"), frozenset({"resolved"}), "in_progress", action="reopen", needs=("reason",),
            reopens=True,
        ),
        Transition(
            "reopen_closed", _("Reopen"), frozenset({"closed", "cancelled"}), "in_progress", needs=("reason",),
            reopens=True,
        ),
        Transition("cancel", _("Cancel"), UNFINISHED, "cancelled", needs=("reason",)),
        Transition(
            "withdraw", _("Withdraw"), UNFINISHED, "cancelled", action="withdraw", needs=("reason",), desk=False
        ),
    ),
    on_customer_reply={"waiting_customer": "resume", "resolved": "reopen"},
    on_take={"new": "start"},
)  # fmt: skip
