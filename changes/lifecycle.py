"""The states of a change and the steps between them, as data.

Steps whose action is ``system`` follow from approvals and from operations that ask for more than a reason.
"""

from django.utils.translation import gettext_lazy as _

from servicedesk.tickets.lifecycle import Lifecycle, State, Transition

BEFORE = frozenset({"draft", "assess", "authorise", "scheduled"})

LIFECYCLE = Lifecycle(
    initial="draft",
    states=(
        State("draft", _("Draft"), "open", _("It is being prepared")),
        State("assess", _("Assess"), "open", _("It is being assessed")),
        State("authorise", _("Authorise"), "waiting", _("Somebody has to approve it first")),
        State("scheduled", _("Scheduled"), "waiting", _("It is planned")),
        State("implementing", _("Implementing"), "open", _("We are working on it")),
        State("review", _("Review"), "open", _("It is done, we look back at it")),
        State("closed", _("Closed"), "closed", _("Closed")),
        State("rejected", _("Rejected"), "closed", _("It was not approved")),
        State("cancelled", _("Cancelled"), "closed", _("Withdrawn")),
    ),
    transitions=(
        Transition("submit", _("Submit for assessment"), frozenset({"draft"}), "assess", primary=True),
        Transition("ask_approval", _("Ask for approval"), frozenset({"assess"}), "authorise", primary=True),
        Transition("ask_ecab", _("Ask the ECAB"), frozenset({"draft"}), "authorise", primary=True),
        Transition("schedule", _("Schedule"), frozenset({"draft"}), "scheduled", primary=True),
        Transition("start", _("Start implementing"), frozenset({"scheduled"}), "implementing", primary=True),
        Transition(
            "revise", _("Back to draft"), frozenset({"assess", "authorise", "scheduled"}), "draft", needs=("reason",)
        ),
        Transition(
            "revise_rejected", _("Revise"), frozenset({"rejected", "cancelled"}), "draft", needs=("reason",),
            reopens=True,
        ),
        Transition("cancel", _("Cancel"), BEFORE, "cancelled", needs=("reason",)),
        Transition("approve", _("Approved"), frozenset({"authorise"}), "scheduled", action="system", desk=False),
        Transition(
            "reject", _("Rejected"), frozenset({"authorise"}), "rejected", action="system", needs=("reason",), desk=False
        ),
        Transition("reassess", _("Assess again"), frozenset({"scheduled"}), "assess", action="system", desk=False),
        Transition("complete", _("Implemented"), frozenset({"implementing"}), "closed", action="system", desk=False),
        Transition("finish", _("Implemented"), frozenset({"implementing"}), "review", action="system", desk=False),
        Transition("close", _("Close"), frozenset({"review"}), "closed", action="system", desk=False),
    ),
)  # fmt: skip
