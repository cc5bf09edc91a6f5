"""The states of a request and the steps between them, as data.

Before them stands the draft: it lies in the basket (models/basket.py) and has
no number yet. Steps whose action is ``system`` follow from approvals and tasks.
"""

from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.lifecycle import Lifecycle, State, Transition

WAITING = frozenset({"waiting_customer", "waiting"})
AT_WORK = frozenset({"in_fulfilment"}) | WAITING
UNFINISHED = AT_WORK | {"submitted", "awaiting_approval"}

LIFECYCLE = Lifecycle(
    initial="submitted",
    states=(
        State("submitted", _("Submitted"), "open", _("We have received it")),
        State("awaiting_approval", _("Awaiting approval"), "waiting", _("Somebody has to approve it first")),
        State("in_fulfilment", _("In fulfilment"), "open", _("We are working on it")),
        State("waiting_customer", _("Waiting for customer"), "waiting", _("We are waiting for your answer")),
        State("waiting", _("Waiting"), "waiting", _("It has to wait for a moment")),
        State("fulfilled", _("Fulfilled"), "resolved", _("It is ready")),
        State("closed", _("Closed"), "closed", _("Closed")),
        State("rejected", _("Rejected"), "closed", _("It was not approved")),
        State("cancelled", _("Cancelled"), "closed", _("Withdrawn")),
    ),
    transitions=(
        Transition("begin", _("Start fulfilment"), frozenset({"submitted"}), "in_fulfilment", primary=True),
        Transition("resume", _("Resume"), WAITING, "in_fulfilment", primary=True),
        Transition(
            "fulfil", _("Fulfil"), AT_WORK | {"submitted"}, "fulfilled", needs=("resolution",), primary=True
        ),
        Transition(
            "wait_customer", _("Wait for customer"), frozenset({"in_fulfilment", "waiting"}), "waiting_customer",
            needs=("reason",),
        ),
        Transition("wait", _("Wait"), frozenset({"in_fulfilment", "waiting_customer"}), "waiting", needs=("reason",)),
        Transition("close", _("Close"), frozenset({"fulfilled"}), "closed", primary=True),
        Transition("confirm", _("Yes, I have it"), frozenset({"fulfilled"}), "closed", action="confirm", desk=False),
        Transition(
            "reopen", _("Reopen"), frozenset({"fulfilled"}), "in_fulfilment", action="reopen", needs=("reason",),
            reopens=True,
        ),
        Transition("cancel", _("Cancel"), UNFINISHED, "cancelled", needs=("reason",)),
        Transition(
            "withdraw", _("Withdraw"), UNFINISHED, "cancelled", action="withdraw", needs=("reason",), desk=False
        ),
        Transition(
            "ask_approval", _("Ask for approval"), frozenset({"submitted"}), "awaiting_approval", action="system",
            desk=False,
        ),
        Transition(
            "approve", _("Approved"), frozenset({"awaiting_approval"}), "in_fulfilment", action="system", desk=False
        ),
        Transition(
            "reject", _("Rejected"), frozenset({"awaiting_approval"}), "rejected", action="system", needs=("reason",),
            desk=False,
        ),
    ),
    on_customer_reply={"waiting_customer": "resume", "fulfilled": "reopen"},
    on_take={"submitted": "begin"},
)  # fmt: skip
